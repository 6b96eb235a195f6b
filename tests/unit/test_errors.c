/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames in error: whose are counted, and for how long they are kept. */
#include "registry_fixture.h"

#include <errno.h>

#include "lib/log.h"

/* They are counted wherever there is a program, whether it is counted or not. */
static void test_errors_of_rows(void **state)
{
	struct xdp_errors errors;

	(void)state;
	fake_answer.observe_err = -ENODATA;
	add_rules_to(&rules, "eth*", "observe", NULL);
	registry_set_rules(registry, &rules);
	settle();
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(4, "eth1", 0, XDP_MODE_NONE);
	present(5, "lo", 51, XDP_MODE_NATIVE);
	while (registry_step(registry, 0))
		;
	assert_false(counted(3));
	assert_true(fake_errors[3].counted);
	assert_int_equal(registry_read_errors(registry, row(3), &errors), 0);
	assert_int_equal(errors.exceptions, 7);
	assert_false(fake_errors[4].counted); /* no row */
	assert_false(fake_errors[5].counted); /* no rule */
}

static void test_errors_are_kept(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_true(fake_errors[3].counted);
	configure("eth0", "off", NULL);
	assert_null(row(3));
	assert_true(fake_errors[3].counted);
	registry_free(registry, true);
	assert_true(fake_errors[3].counted);

	fake_errors[4].counted = true;
	assert_int_equal(registry_new(&registry, &fake_common, &fake_pins), 0);
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_sweep(registry, INT64_MAX);
	assert_true(fake_errors[3].counted);
	assert_false(fake_errors[4].counted);
}

static void test_errors_of_what_is_gone(void **state)
{
	(void)state;
	count_eth0(NULL);
	registry_gone(registry, 3);
	settle();
	assert_false(fake_errors[3].counted);
	assert_calls("discard;");
	fake_answer.next_prog_id = FIRST_PROG_ID;
	count_eth0(NULL);
	registry_dump_begin(registry);
	registry_dump_end(registry);
	settle();
	assert_false(fake_errors[3].counted);
	assert_calls("discard;");
	fake_answer.next_prog_id = FIRST_PROG_ID;
	count_eth0(NULL);
	registry_free(registry, false);
	assert_false(fake_errors[3].counted);
	assert_int_equal(registry_new(&registry, &fake_common, &fake_pins), 0);
}

static void test_errors_of_ports(void **state)
{
	(void)state;
	configure("bond0", "observe", NULL);
	present(3, "bond0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	present_port(4, "eth1", 3);
	present_port(5, "eth2", 9);
	assert_int_equal(fake_errors[4].bond, 3);
	assert_int_equal(fake_errors[5].bond, 0);
	present_port(4, "eth1", 0);
	assert_int_equal(fake_errors[4].bond, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_errors_of_rows),
		TEST(test_errors_are_kept),
		TEST(test_errors_of_what_is_gone),
		TEST(test_errors_of_ports),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
