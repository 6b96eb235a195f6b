/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an earlier run left behind: taken into use again, or taken away. */
#include "registry_fixture.h"

#include <errno.h>
#include <stdio.h>

#include "lib/log.h"

/* --- our program --- */

/* What ifIndex 3 was left with by an earlier run: our program 900, and the times of its counters.
 */
static void leave_eth0_behind(void)
{
	fake_pins.at[3] = (struct fake_pinned){
		.prog_id = 900, .kept = true, .discontinuity = 500, .last_change = 400
	};
	configure("eth0", "count", NULL);
}

static void test_adopts_what_was_left_behind(void **state)
{
	(void)state;
	leave_eth0_behind();
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 900, XDP_MODE_NATIVE);
	assert_calls("");
	later(10);
	registry_adopt(registry, INT64_MAX);
	assert_calls("open;adopt eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, 900, XDP_MODE_NATIVE);
	assert_true(counted(3));
	assert_string_equal(row(3)->program.name, "prog900");
	assert_int_equal(row(3)->program_changes, 0);
	assert_int_equal(row(3)->discontinuity, 500);
	assert_int_equal(row(3)->last_change, 400);
	assert_false(registry_step(registry, 0));
	assert_string_equal(unit_logged, "info: eth0: counting (native)\n");

	present(3, "eth0", 900, XDP_MODE_NATIVE);
	assert_calls("");
	assert_int_equal(row(3)->last_change, 400);
}

/* All that was left is adopted before anything is attached: attaching takes its time. */
static void test_adopts_all_at_once(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	fake_pins.at[4].prog_id = 900;
	fake_pins.at[5].prog_id = 901;
	present(3, "a", 0, XDP_MODE_NONE);
	present(4, "b", 900, XDP_MODE_NATIVE);
	present(5, "c", 901, XDP_MODE_GENERIC);
	registry_adopt(registry, INT64_MAX);
	assert_calls("open;adopt b any;open;adopt c any;");
	assert_row(5, IFACE_ACTIVE, SOURCE_COUNT, 901, XDP_MODE_GENERIC);
	assert_false(registry_step(registry, 0));
	assert_calls("open;attach a any;");
}

/* A record without times, of a crash between two steps. */
static void test_adopts_without_known_times(void **state)
{
	(void)state;
	leave_eth0_behind();
	fake_pins.at[3].last_change = 0;
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	later(10);
	registry_adopt(registry, INT64_MAX);
	assert_int_equal(row(3)->last_change, unit_now);
}

static void test_refused_pin_is_told(void **state)
{
	(void)state;
	leave_eth0_behind();
	fake_pins.at[3].why = "pin /x/3/link is left alone: it is yours";
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	registry_adopt(registry, INT64_MAX);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 900, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text,
			    "program 'prog900' (id 900, native) is attached already and is left "
			    "alone: pin /x/3/link is left alone: it is yours");
	assert_false(counted(3));
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
}

/* What is pinned says nothing of another program. */
static void test_foreign_program_beside_a_pin(void **state)
{
	(void)state;
	leave_eth0_behind();
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_adopt(registry, INT64_MAX);
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "detach it to have the interface counted");
}

static void test_released_and_cannot_be_opened(void **state)
{
	(void)state;
	leave_eth0_behind();
	fake_pins.at[3] = (struct fake_pinned){ .kept = true, .released = true };
	fake_answer.open_err = -EINVAL;
	fake_answer.text = "not today";
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("open;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_contains(unit_logged, "warning: eth0: not today\n");
	assert_false(counted(3));
}

/* Only the adoption itself is no change. */
static void test_foreign_program_in_our_link_after_an_adoption(void **state)
{
	(void)state;
	leave_eth0_behind();
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	registry_adopt(registry, INT64_MAX);
	assert_int_equal(row(3)->last_change, 400);
	fake_answer.held = 50;
	later(1000);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, unit_now);
	later(1000);
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, 900, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, unit_now);
}

static void test_sweeps_what_is_not_to_be_counted(void **state)
{
	(void)state;
	for (unsigned int ifindex = 3; ifindex < 10; ifindex++)
		fake_pins.at[ifindex] =
			(struct fake_pinned){ .prog_id = 900 + ifindex, .kept = true };
	fake_pins.at[9].prog_id = 0;
	add_rules_to(&rules, "eth3", "count", NULL);
	add_rules_to(&rules, "eth4", "auto", NULL);
	add_rules_to(&rules, "eth5", "off", NULL);
	registry_set_rules(registry, &rules);
	settle();
	for (unsigned int ifindex = 3; ifindex < 8; ifindex++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "eth%u", ifindex);
		present(ifindex, name, 900 + ifindex, XDP_MODE_NATIVE);
	}
	registry_adopt(registry, INT64_MAX);
	assert_calls("open;adopt eth3 any;open;adopt eth4 any;");
	fake_answer.gone = 8;
	registry_sweep(registry, INT64_MAX);
	assert_calls("forget 8;take off 7;take off 6;take off 5;");
	assert_int_equal(fake_open_sources, 2);
}

/* --- an observer --- */

/* An earlier run counted; now the rule says that whatever is there is to be observed. */
static void test_counter_program_left_by_an_earlier_run(void **state)
{
	(void)state;
	fake_pins.at[3] = (struct fake_pinned){
		.prog_id = 900, .kept = true, .kind = SOURCE_COUNT, .discontinuity = 500
	};
	configure("eth0", "observe", NULL);
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	assert_calls("take off 3;open;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_true(counted(3)); /* with what the earlier run counted */
	assert_int_equal(row(3)->discontinuity, 500);
	registry_adopt(registry, INT64_MAX);
	assert_nothing_new(0, XDP_MODE_NONE);
}

/* ifIndex 3 is observed by the pinned observer of its program 50. */
static void leave_eth0_observed(void)
{
	fake_pins.at[3] = (struct fake_pinned){
		.observed = 50,
		.kept = true,
		.kind = SOURCE_OBSERVE,
		.discontinuity = 500,
		.last_change = 400,
	};
	configure("eth0", "observe", NULL);
}

static void test_adopts_an_observer(void **state)
{
	(void)state;
	leave_eth0_observed();
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("");
	later(10);
	registry_adopt(registry, INT64_MAX);
	assert_calls("open;resume eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
	assert_int_equal(row(3)->discontinuity, 500);
	assert_int_equal(row(3)->last_change, 400);
	assert_int_equal(row(3)->program_changes, 0);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, 400);
}

/* What was resumed once has a history of its own from then on. */
static void test_changes_after_an_adoption(void **state)
{
	(void)state;
	leave_eth0_observed();
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_adopt(registry, INT64_MAX);
	later(10);
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, unit_now);
	later(10);
	registry_step(registry, 0);
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->source->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

static void test_adopts_an_observer_that_missed_frames(void **state)
{
	(void)state;
	leave_eth0_observed();
	fake_answer.missed = true;
	later(10);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_adopt(registry, INT64_MAX);
	assert_calls("open;resume eth0 50;");
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(row(3)->last_change, unit_now);
}

/* To load an observer takes its time; what is loaded already is served first. */
static void test_adopts_all_before_it_loads_any(void **state)
{
	(void)state;
	configure("*", "observe", NULL);
	fake_pins.at[4] =
		(struct fake_pinned){ .observed = 50, .kept = true, .kind = SOURCE_OBSERVE };
	fake_pins.at[5] =
		(struct fake_pinned){ .observed = 51, .kept = true, .kind = SOURCE_OBSERVE };
	present(3, "a", 50, XDP_MODE_NATIVE);
	present(4, "b", 50, XDP_MODE_NATIVE);
	present(5, "c", 51, XDP_MODE_GENERIC);
	registry_adopt(registry, INT64_MAX);
	assert_calls("open;resume b 50;open;resume c 51;");
	assert_int_equal(row(3)->status, IFACE_WAITING);
	assert_false(registry_step(registry, 0));
	assert_calls("open;observe a 50;");
}

/* The pinned one is of a program that is no longer there. */
static void test_program_was_replaced_while_no_agent_ran(void **state)
{
	(void)state;
	leave_eth0_observed();
	later(10);
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	registry_adopt(registry, INT64_MAX);
	registry_step(registry, 0);
	assert_calls("open;observe eth0 51;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 51, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(row(3)->last_change, unit_now);
}

static void test_program_was_detached_while_no_agent_ran(void **state)
{
	(void)state;
	leave_eth0_observed();
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("open;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_true(counted(3));
	assert_int_equal(row(3)->discontinuity, 500);
	registry_adopt(registry, INT64_MAX);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	registry_sweep(registry, INT64_MAX);
	assert_calls("unobserve 3;"); /* it keeps that program in memory */
}

/* What was shown before a restart is shown after it, even if only a pattern asks for it. */
static void test_row_of_a_pattern_comes_back_with_its_counters(void **state)
{
	static const char *const sources[] = { "observe", "auto" };

	(void)state;
	for (unsigned int i = 0; i < LENGTH(sources); i++) {
		unsigned int ifindex = 3 + 2 * i;

		fake_pins.at[ifindex] = (struct fake_pinned){ .kept = true,
							      .kind = SOURCE_OBSERVE,
							      .discontinuity = 500 };
		configure("eth*", sources[i], NULL);
		present(ifindex, "eth0", 0, XDP_MODE_NONE);
		assert_calls("open;");
		assert_row(ifindex, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
		assert_string_equal(row(ifindex)->reason.text, "no program is attached");
		assert_true(counted(ifindex));
		assert_int_equal(row(ifindex)->discontinuity, 500);
	}
	/* Where nothing was counted there is nothing to show. */
	fake_pins.at[4].kept = true;
	configure("eth*", "observe", NULL);
	present(4, "eth1", 0, XDP_MODE_NONE);
	assert_null(row(4));
}

static void test_sweeps_observers_that_nobody_wants(void **state)
{
	char name[IFNAMSIZ];

	(void)state;
	for (unsigned int ifindex = 3; ifindex < 10; ifindex++)
		fake_pins.at[ifindex] = (struct fake_pinned){ .observed = 50 + ifindex,
							      .kept = true,
							      .kind = SOURCE_OBSERVE };
	add_rules_to(&rules, "eth3", "observe", NULL);
	add_rules_to(&rules, "eth4", "auto", NULL);
	add_rules_to(&rules, "eth5", "count", NULL);
	add_rules_to(&rules, "eth6", "map", NULL);
	add_rules_to(&rules, "eth7", "off", NULL);
	add_rules_to(&rules, "eth8", "observe", NULL);
	registry_set_rules(registry, &rules);
	settle();
	for (unsigned int ifindex = 3; ifindex < 9; ifindex++) {
		snprintf(name, sizeof(name), "eth%u", ifindex);
		present(ifindex, name, ifindex == 8 ? 99 : 50 + ifindex, XDP_MODE_NATIVE);
	}
	registry_adopt(registry, INT64_MAX);
	assert_calls("open;resume eth3 53;open;resume eth4 54;open;map eth6 56;"
		     "open;observe eth8 99;");
	fake_answer.gone = 9;
	registry_sweep(registry, INT64_MAX);
	assert_calls("forget 9;unobserve 7;unobserve 6;unobserve 5;");
}

static void test_sweeps_none_that_waits_for_its_turn(void **state)
{
	(void)state;
	leave_eth0_observed();
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_sweep(registry, INT64_MAX);
	assert_calls("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_adopts_what_was_left_behind),
		TEST(test_adopts_all_at_once),
		TEST(test_adopts_without_known_times),
		TEST(test_refused_pin_is_told),
		TEST(test_foreign_program_beside_a_pin),
		TEST(test_released_and_cannot_be_opened),
		TEST(test_foreign_program_in_our_link_after_an_adoption),
		TEST(test_sweeps_what_is_not_to_be_counted),
		TEST(test_counter_program_left_by_an_earlier_run),
		TEST(test_adopts_an_observer),
		TEST(test_changes_after_an_adoption),
		TEST(test_adopts_an_observer_that_missed_frames),
		TEST(test_adopts_all_before_it_loads_any),
		TEST(test_program_was_replaced_while_no_agent_ran),
		TEST(test_program_was_detached_while_no_agent_ran),
		TEST(test_row_of_a_pattern_comes_back_with_its_counters),
		TEST(test_sweeps_observers_that_nobody_wants),
		TEST(test_sweeps_none_that_waits_for_its_turn),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("adoption", tests, NULL, NULL);
}
