/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule map: a program's map is read as long as it is known to be of one interface alone. */
#include "map_rules_fixture.h"

#include <errno.h>

#include "lib/log.h"

static void test_waits_for_a_program(void **state)
{
	(void)state;
	configure("eth0", "map", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_waits_for_a_program(false);
	assert_nothing_new(0, XDP_MODE_NONE);

	present(3, "eth0", 50, XDP_MODE_GENERIC);
	assert_step("open;map eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_GENERIC);
	assert_int_equal(row(3)->program_changes, 1);
}

/* A pattern asks for no row. */
static void test_no_row_without_a_program(void **state)
{
	(void)state;
	configure("eth*", "map", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_null(row(3));
}

static void test_active(void **state)
{
	(void)state;
	read_eth0();
	assert_string_equal(row(3)->reason.text, "");
	assert_string_equal(row(3)->program.name, "prog50");
	assert_contains(unit_logged,
			"info: eth0: reading the map of program 'prog50' (id 50, native)\n");
	later(1000);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_map_is_read();
	assert_int_equal(row(3)->last_change, unit_now - 1000);
	assert_int_equal(row(3)->discontinuity, unit_now - 1000);
	assert_int_equal(fake_keeps, 1);
}

static void test_what_is_not_pinned_is_said(void **state)
{
	(void)state;
	refuse_map(0, "not pinned: no bpffs");
	begin_eth0("map", "open;map eth0 50;");
	assert_map_is_read();
	assert_string_equal(row(3)->reason.text, "not pinned: no bpffs");
	assert_contains(unit_logged, "(id 50, native): not pinned: no bpffs\n");
}

static void test_no_map(void **state)
{
	(void)state;
	refuse_map(-ENOENT, "it has none");
	begin_eth0("map", "open;map eth0 50;");
	assert_map_is_not_read(NO_MAP "it has none");
	assert_contains(unit_logged, "warning: eth0: " NO_MAP "it has none\n");

	/* Nothing but time may help. */
	later(RETRY_MS - 1);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	later(1);
	refuse_map(0, "");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_step("map eth0 50;");
	assert_map_is_read();
	assert_true(counted(3));
}

static void test_source_cannot_be_opened(void **state)
{
	(void)state;
	fake_answer.open_err = -ENOSPC;
	fake_answer.text = "cannot make the counter map";
	begin_eth0("map", "open;");
	assert_map_is_not_read(NO_MAP "cannot make the counter map");
}

static void test_program_is_exchanged(void **state)
{
	(void)state;
	read_eth0();
	later(1000);
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 51, XDP_MODE_NATIVE);
	assert_step("map eth0 51;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 51, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 1);
	assert_int_equal(row(3)->discontinuity, unit_now);

	/* By one without a map. */
	refuse_map(-ENOENT, "it has none");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	assert_step("map eth0 50;");
	assert_map_is_not_read(NO_MAP "it has none");
}

static void test_program_goes(void **state)
{
	(void)state;
	read_eth0();
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("end reading;");
	assert_waits_for_a_program(true);
	later(RETRY_MS);
	assert_nothing_new(0, XDP_MODE_NONE);
	tell_and_step(50, "map eth0 50;");
}

/* The counter program makes way, and comes back. */
static void test_map_and_count_in_turn(void **state)
{
	(void)state;
	count_eth0(NULL);
	configure("eth0", "map", NULL);
	assert_calls("detach;");
	assert_waits_for_a_program(true);
	tell_and_step(50, "map eth0 50;");
	assert_map_is_read();

	configure("eth0", "count", NULL);
	assert_calls("end reading;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "is attached already and is left alone");
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_step("attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_true(counted(3));
}

static void test_off_ends_it(void **state)
{
	(void)state;
	read_eth0();
	configure("eth0", "off", NULL);
	assert_calls("end reading;");
	assert_null(row(3));
	configure("eth0", "map", NULL);
	assert_step("map eth0 50;");
}

/* The program is not ours: all that a release ends is the reading. */
static void test_released(void **state)
{
	(void)state;
	read_eth0();
	fake_pins.at[3].released = true;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "released by the operator");
	assert_true(counted(3));
	assert_nothing_new(50, XDP_MODE_NATIVE);

	/* Nor does a program of another interface bring it back. */
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	fake_pins.at[3].released = false;
	tell_and_step(50, "map eth0 50;");
}

/* A program of theirs that is in our link would go with it. */
static void test_foreign_program_in_our_link(void **state)
{
	(void)state;
	count_eth0(NULL);
	fake_answer.held = 50;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	configure("eth0", "map", NULL);
	assert_calls("");
	assert_map_is_not_read(
		"program 'prog50' (id 50, native) is left alone: it is in the link of the counter "
		"program, and would go with it; attach it by itself");
}

/* --- whose the map is --- */

/* With a map that more programs than one count in. */
static void fail_eth0_by_sharing(void)
{
	refuse_map(-EBUSY, COUNTED_BY_TWO);
	begin_eth0("map", "open;map eth0 50;");
	assert_map_is_not_read(NO_MAP COUNTED_BY_TWO);
}

/* Whoever else counts in it may be on the way out: each dump is a try. */
static void test_shared_map_is_tried_again_at_once(void **state)
{
	(void)state;
	fail_eth0_by_sharing();
	unit_log_clear();
	for (int i = 0; i < 3; i++) {
		later(1);
		present(3, "eth0", 50, XDP_MODE_NATIVE);
		assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
		assert_step("map eth0 50 from now on;");
		assert_map_is_not_read(NO_MAP COUNTED_BY_TWO);
	}
	assert_string_equal(unit_logged, ""); /* which is no news */
	refuse_map(0, "");
	tell_and_step(50, "map eth0 50 from now on;");
	assert_map_is_read();
}

/* What fails for another reason then has to wait again. */
static void test_no_longer_shared_but_wrong(void **state)
{
	(void)state;
	fail_eth0_by_sharing();
	refuse_map(-EINVAL, "it is no counter map");
	tell_and_step(50, "map eth0 50 from now on;");
	assert_map_is_not_read(NO_MAP "it is no counter map");
	later(RETRY_MS - 1);
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

/* Nor has it to do with what the next rule asks for. */
static void test_no_longer_shared_but_counted(void **state)
{
	(void)state;
	fail_eth0_by_sharing();
	fake_answer.attach_err = -EOPNOTSUPP;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_step("attach eth0 any;");
	later(RETRY_MS - 1);
	assert_nothing_new(0, XDP_MODE_NONE);
}

static void test_one_program_on_two_interfaces(void **state)
{
	(void)state;
	configure("eth0", "map", NULL);
	present(4, "eth1", 50, XDP_MODE_NATIVE); /* not watched */
	tell_and_step(50, "");
	assert_map_is_not_read(NO_MAP ON_TWO);

	/* Nobody has to look at eth0 again. */
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	assert_step("open;map eth0 50 from now on;");
	assert_map_is_read();
}

static void test_both_are_watched(void **state)
{
	(void)state;
	configure("eth*", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	while (registry_step(registry, 0))
		;
	assert_calls("");
	for (unsigned int ifindex = 3; ifindex <= 4; ifindex++) {
		assert_row(ifindex, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
		assert_string_equal(row(ifindex)->reason.text, NO_MAP ON_TWO);
	}
	registry_gone(registry, 4);
	settle();
	assert_false(registry_step(registry, 0));
	assert_calls("open;map eth0 50 from now on;");
	assert_map_is_read();
}

/* Until then what it counted was of eth0 alone; that stays. */
static void test_program_comes_to_a_second_interface(void **state)
{
	(void)state;
	read_eth0();
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_step("");
	assert_map_is_not_read(NO_MAP ON_TWO);
	present(4, "eth1", 0, XDP_MODE_NONE);
	assert_step("map eth0 50 from now on;");
	assert_map_is_read();
}

/* A program that comes to another interface may count in the same map: the source knows. */
static void test_program_of_another_interface_shares_the_map(void **state)
{
	(void)state;
	read_eth0();
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	assert_calls("");
	assert_map_is_read();

	fake_answer.map_shared = true;
	refuse_map(-EBUSY, COUNTED_BY_TWO);
	present(4, "eth1", 52, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	assert_step("map eth0 50;");
	assert_map_is_not_read(NO_MAP COUNTED_BY_TWO);

	fake_answer.map_shared = false;
	refuse_map(0, "");
	registry_gone(registry, 4);
	settle();
	assert_step("map eth0 50 from now on;");
	assert_map_is_read();
}

/* What is no map's business is not decided again. */
static void test_other_interfaces_do_not_matter(void **state)
{
	(void)state;
	refuse_map(-ENOENT, "it has none");
	begin_eth0("map", "open;map eth0 50;");
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	assert_false(registry_step(registry, 0));
	registry_gone(registry, 4);
	settle();
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_map_is_not_read(NO_MAP "it has none");
}

/* A reading has found out first. */
static void test_shared_when_read(void **state)
{
	struct counters counters;

	(void)state;
	read_eth0();
	unit_log_clear();
	fake_answer.read_err = -EBUSY;
	fake_answer.map_shared = true;
	refuse_map(-EBUSY, COUNTED_BY_TWO);
	assert_int_equal(registry_read(registry, row(3), &counters, NULL), -EBUSY);
	assert_calls("read;end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(unit_logged, "");
	assert_step("map eth0 50;");
	assert_map_is_not_read(NO_MAP COUNTED_BY_TWO);
	assert_string_equal(unit_logged, "warning: eth0: " NO_MAP COUNTED_BY_TWO "\n");
	refuse_map(0, "");
	fake_answer.map_shared = false;
	tell_and_step(50, "map eth0 50 from now on;");
	assert_map_is_read();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_waits_for_a_program),
		TEST(test_no_row_without_a_program),
		TEST(test_active),
		TEST(test_what_is_not_pinned_is_said),
		TEST(test_no_map),
		TEST(test_source_cannot_be_opened),
		TEST(test_program_is_exchanged),
		TEST(test_program_goes),
		TEST(test_map_and_count_in_turn),
		TEST(test_off_ends_it),
		TEST(test_released),
		TEST(test_foreign_program_in_our_link),
		TEST(test_shared_map_is_tried_again_at_once),
		TEST(test_no_longer_shared_but_wrong),
		TEST(test_no_longer_shared_but_counted),
		TEST(test_one_program_on_two_interfaces),
		TEST(test_both_are_watched),
		TEST(test_program_comes_to_a_second_interface),
		TEST(test_program_of_another_interface_shares_the_map),
		TEST(test_other_interfaces_do_not_matter),
		TEST(test_shared_when_read),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("map_rules", tests, NULL, NULL);
}
