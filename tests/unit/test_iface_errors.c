/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces have a row because errors were counted on them. */
#include "registry_fixture.h"

#include <string.h>

#include "lib/log.h"

static unsigned int events;

static void note(const struct event *event, void *context)
{
	(void)event;
	(void)context;
	events++;
}

static int setup(void **state)
{
	events = 0;
	if (fixture_setup(state))
		return -1;
	configure("eth*", "observe", NULL);
	registry_on_event(registry, note, NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	present(4, "eth1", 0, XDP_MODE_NONE);
	present(5, "lo", 0, XDP_MODE_NONE);
	return 0;
}

static void assert_shown(unsigned int ifindex)
{
	assert_row(ifindex, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(ifindex)->reason.text, "no program is attached");
	assert_true(fake_errors[ifindex].counted);
	assert_false(counted(ifindex));
}

static void test_errors_make_a_row(void **state)
{
	grown();
	(void)state;
	registry_find_errors(registry);
	assert_null(row(3));
	assert_int_equal(grown(), 0);

	fake_errors[3].had = fake_errors[5].had = true;
	registry_find_errors(registry);
	assert_shown(3);
	assert_null(row(4));
	assert_null(row(5)); /* no rule */
	assert_int_equal(grown(), 1);
	registry_find_errors(registry);
	assert_int_equal(grown(), 0);
	assert_int_equal(events, 0); /* there is no program, and nothing failed */
	assert_calls("");
}

static void test_row_stays(void **state)
{
	(void)state;
	fake_errors[3].had = true;
	registry_find_errors(registry);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_false(registry_step(registry, 0));
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	configure("eth*", "off", NULL);
	assert_null(row(3));
}

static void test_errors_of_before(void **state)
{
	(void)state;
	fake_errors[6].had = fake_errors[6].counted = true;
	present(6, "eth2", 0, XDP_MODE_NONE);
	assert_shown(6);

	fake_errors[5].had = true;
	configure("*", "map", NULL);
	present(5, "lo", 0, XDP_MODE_NONE);
	assert_shown(5);
}

static void test_errors_of_before_the_restart(void **state)
{
	(void)state;
	fake_errors[3].had = fake_errors[3].counted = true;
	registry_free(registry, true);
	assert_int_equal(registry_new(&registry, &fake_common, &fake_pins), 0);
	configure("eth*", "observe", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_adopt(registry, INT64_MAX);
	registry_sweep(registry, INT64_MAX);
	assert_shown(3);
}

/* An ifIndex may be given again. */
static void test_interface_is_gone(void **state)
{
	(void)state;
	for (unsigned int i = 3; i <= 5; i++)
		fake_errors[i].had = fake_errors[i].counted = true;
	registry_find_errors(registry);
	registry_gone(registry, 3);
	settle();
	registry_gone(registry, 5);
	settle();
	assert_false(fake_errors[3].counted);
	assert_true(fake_errors[4].counted);
	assert_false(fake_errors[5].counted);
	present(5, "eth5", 0, XDP_MODE_NONE);
	assert_null(row(5));
}

static void test_released(void **state)
{
	(void)state;
	fake_pins.at[3].released = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_null(row(3));
	fake_errors[3].had = true;
	registry_find_errors(registry);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text,
			    "released by the operator; xdp-stats retake ends that");
}

static void test_only_looking(void **state)
{
	(void)state;
	registry_free(registry, true);
	assert_int_equal(registry_new(&registry, &fake_common, &fake_pins), 0);
	registry_only_look(registry);
	registry_set_rules(registry, &rules);
	settle();
	fake_errors[3].had = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_null(row(3));
	registry_gone(registry, 3);
	settle();
	assert_true(fake_errors[3].had);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_errors_make_a_row), TEST(test_row_stays),
		TEST(test_errors_of_before),  TEST(test_errors_of_before_the_restart),
		TEST(test_interface_is_gone), TEST(test_released),
		TEST(test_only_looking),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("iface_errors", tests, NULL, NULL);
}
