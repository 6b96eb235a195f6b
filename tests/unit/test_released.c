/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator has released, and whose pins are kept. */
#include "registry_fixture.h"

#include "lib/log.h"

static void assert_eth0_released(void)
{
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_contains(row(3)->reason.text, "released by the operator");
	assert_true(counted(3)); /* what was counted stays to be seen */
	registry_adopt(registry, INT64_MAX);
	assert_false(registry_step(registry, 0));
	later(RETRY_MS);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_int_equal(rows_failed(registry_rows(registry)), 0);
}

static void retake_eth0(void)
{
	fake_pins.at[3].released = false;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "about to attach the counter program");
	assert_false(registry_step(registry, 0));
	assert_calls("attach eth0 any;");
	assert_int_equal(row(3)->status, IFACE_ACTIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

static void test_released_while_counted(void **state)
{
	int64_t began = unit_now;

	(void)state;
	count_eth0(NULL);
	later(1000);
	fake_pins.at[3].released = true;
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_calls("detach;");
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, began);
	assert_eth0_released();
	retake_eth0();
}

static void test_released_before_the_start(void **state)
{
	(void)state;
	fake_pins.at[3] = (struct fake_pinned){
		.prog_id = 900, .kept = true, .released = true, .discontinuity = 500
	};
	configure("eth0", "count", NULL);
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	assert_calls("take off 3;open;");
	assert_int_equal(row(3)->discontinuity, 500);
	assert_eth0_released();
	retake_eth0();
}

/* There is nothing to show, so nothing is made. */
static void test_released_before_it_was_counted(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	fake_pins.at[3].released = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_false(counted(3));
}

/* To whom the hook was released. */
static void test_released_to_somebody(void **state)
{
	(void)state;
	count_eth0(NULL);
	fake_pins.at[3].released = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("detach;");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
}

static void test_pins_of_ours_are_kept(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_int_equal(fake_keeps, 0);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_int_equal(fake_keeps, 1);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_int_equal(fake_keeps, 1);
}

/* So are those of counters that nobody writes into at present. */
static void test_pins_without_a_program_are_kept(void **state)
{
	(void)state;
	count_eth0(NULL);
	fake_pins.at[3].released = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(fake_keeps, 1);
	fake_pins.at[3].released = false;
	configure("eth0", "off", NULL);
	assert_int_equal(fake_keeps, 2);
	assert_calls("detach;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_released_while_counted),
		TEST(test_released_before_the_start),
		TEST(test_released_before_it_was_counted),
		TEST(test_released_to_somebody),
		TEST(test_pins_of_ours_are_kept),
		TEST(test_pins_without_a_program_are_kept),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("released", tests, NULL, NULL);
}
