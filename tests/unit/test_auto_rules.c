/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule auto: what is counted, what is observed, and what is waited for. */
#include "registry_fixture.h"

#include <errno.h>

#include "lib/log.h"

static void test_auto_counts_where_nothing_is(void **state)
{
	(void)state;
	configure("eth0", "auto", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_nothing_new(FIRST_PROG_ID, XDP_MODE_NATIVE);

	/* Ours was taken off by somebody; there was never another. */
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("detach;attach eth0 any;");
}

static void test_auto_observes_what_is_there(void **state)
{
	(void)state;
	observe_eth0("auto");
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

/* Its owner may be about to bring it back. */
static void test_auto_waits_where_one_was_observed(void **state)
{
	(void)state;
	observe_eth0("auto");
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("end observing;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_true(counted(3));
	later(RETRY_MS);
	assert_nothing_new(0, XDP_MODE_NONE);
	configure("eth0", "auto", NULL);
	assert_nothing_new(0, XDP_MODE_NONE);

	present(3, "eth0", 51, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("observe eth0 51;");
}

static void test_auto_waits_after_a_restart(void **state)
{
	(void)state;
	fake_pins.at[3] =
		(struct fake_pinned){ .kept = true, .kind = SOURCE_OBSERVE, .discontinuity = 500 };
	configure("eth0", "auto", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("open;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_true(counted(3));
	assert_int_equal(row(3)->discontinuity, 500);
	registry_adopt(registry, INT64_MAX);
	assert_nothing_new(0, XDP_MODE_NONE);
}

static void test_auto_counts_after_a_restart(void **state)
{
	(void)state;
	fake_pins.at[3] = (struct fake_pinned){ .kept = true, .kind = SOURCE_COUNT };
	configure("eth0", "auto", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
}

/* Somebody has taken our program off and attached another. */
static void test_auto_observes_instead_of_counting(void **state)
{
	(void)state;
	configure("eth0", "auto", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("detach;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("observe eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 2);
}

/* Nor has it a map that could be read instead. */
static void test_auto_where_it_cannot_be_observed(void **state)
{
	(void)state;
	fake_answer.observe_err = fake_answer.map_err = -ENODATA;
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("open;observe eth0 50;map eth0 50;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_nothing_new(50, XDP_MODE_NATIVE);

	/* Nothing of it was ever counted; it is waited for all the same, see test_auto_waits.c. */
	assert_nothing_new(0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
}

static void test_auto_keeps_the_counter_program(void **state)
{
	(void)state;
	fake_pins.at[3] =
		(struct fake_pinned){ .prog_id = 900, .kept = true, .kind = SOURCE_COUNT };
	configure("eth0", "auto", NULL);
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	registry_adopt(registry, INT64_MAX);
	assert_calls("open;adopt eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, 900, XDP_MODE_NATIVE);
	assert_nothing_new(900, XDP_MODE_NATIVE);
}

/* Somebody has put a program into our link, and takes it out again. */
static void test_auto_and_a_foreign_program_in_our_link(void **state)
{
	(void)state;
	configure("eth0", "auto", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
	fake_answer.held = 50;
	assert_nothing_new(50, XDP_MODE_NATIVE); /* to let our link go would take it away */
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_nothing_new(FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_auto_counts_where_nothing_is),
		TEST(test_auto_observes_what_is_there),
		TEST(test_auto_waits_where_one_was_observed),
		TEST(test_auto_waits_after_a_restart),
		TEST(test_auto_counts_after_a_restart),
		TEST(test_auto_observes_instead_of_counting),
		TEST(test_auto_where_it_cannot_be_observed),
		TEST(test_auto_keeps_the_counter_program),
		TEST(test_auto_and_a_foreign_program_in_our_link),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("auto_rules", tests, NULL, NULL);
}
