/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces for which the rules change, and those that are renamed to where others hold. */
#include "registry_fixture.h"

#include "lib/log.h"

/* The row of ifIndex 3 is gone and its program let go; what was counted is still there. */
static void assert_not_asked_for(void)
{
	assert_calls("detach;");
	assert_int_equal(registry_rows(registry)->watched.count, 1);
	assert_int_equal(registry_rows(registry)->shown.count, 0);
	assert_int_equal(registry_rows(registry)->counted.count, 0);
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
	assert_int_equal(grown(), 1);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_int_equal(fake_open_sources, 1);
}

static void test_renamed_out_of_the_rules(void **state)
{
	(void)state;
	count_eth0(NULL);
	grown();
	later(1000);
	present(3, "lan0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_not_asked_for();

	/* Renamed back, it goes on where it stopped. */
	later(1000);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("attach eth0 any;");
	assert_true(counted(3));
	assert_int_equal(row(3)->discontinuity, unit_now);
}

/* Without counters there is nothing to keep. */
static void test_renamed_out_of_the_rules_before_its_turn(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	present(3, "lan0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_rows(registry)->watched.count, 0);
	assert_int_equal(registry_rows(registry)->shown.count, 0);
	assert_false(registry_step(registry, 0));
	assert_calls("");
}

static void test_renamed_within_the_rules(void **state)
{
	(void)state;
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
	later(1000);
	present(3, "eth7", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_calls("");
	assert_string_equal(row(3)->netdev.name, "eth7");
	assert_true(counted(3));
	assert_int_equal(row(3)->last_change, unit_now - 1000);
	assert_int_equal(row(3)->discontinuity, unit_now - 1000);
}

static void test_rules_say_off(void **state)
{
	(void)state;
	count_eth0(NULL);
	grown();
	later(1000);
	configure("eth0", "off", NULL);
	assert_not_asked_for();

	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_rows(registry)->watched.count, 1);
	configure("eth0", "count", NULL);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_true(counted(3));
	assert_int_equal(grown(), 1);
	later(1000);
	registry_step(registry, 0);
	assert_calls("attach eth0 any;"); /* to the same source, with its values */
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

/* The next dump lets those go that have nothing to keep. */
static void test_rules_say_off_before_its_turn(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	configure("eth0", "off", NULL);
	assert_int_equal(registry_rows(registry)->shown.count, 0);
	assert_false(registry_step(registry, 0));
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_rows(registry)->watched.count, 0);
	assert_calls("");
}

static void test_rules_say_native_where_generic_is(void **state)
{
	(void)state;
	fake_answer.mode = XDP_MODE_GENERIC;
	count_eth0(NULL);
	later(1000);
	configure("eth0", "count", "native");
	assert_calls("detach;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_true(counted(3));

	fake_answer.mode = XDP_MODE_NATIVE;
	registry_step(registry, 0);
	assert_calls("attach eth0 native;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

static void test_rules_that_mean_the_same(void **state)
{
	static const char *const hooks[] = { "any", "native" };

	(void)state;
	count_eth0("native");
	later(1000);
	for (size_t i = 0; i < LENGTH(hooks); i++) {
		configure("eth*", i ? "auto" : "count", hooks[i]);
		assert_false(registry_step(registry, 0));
		assert_calls("");
		assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
		assert_int_equal(row(3)->last_change, unit_now - 1000);
	}
	/* A generic hook is another one. */
	configure("eth*", "count", "generic");
	assert_calls("detach;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_renamed_out_of_the_rules),
		TEST(test_renamed_out_of_the_rules_before_its_turn),
		TEST(test_renamed_within_the_rules),
		TEST(test_rules_say_off),
		TEST(test_rules_say_off_before_its_turn),
		TEST(test_rules_say_native_where_generic_is),
		TEST(test_rules_that_mean_the_same),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
