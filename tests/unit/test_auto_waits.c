/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule auto leaves the hook free where somebody's program was, whatever came of observing it,
 * and over restarts, for it leaves a mark.
 */
#include "registry_fixture.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"

static const struct netdev eth0 = { .ifindex = 3, .name = "eth0", .mtu = 1500 };

/* The program 50 of eth0, of which nothing can be counted. */
static void refuse_eth0(void)
{
	fake_answer.trace_err = fake_answer.map_err = -EPERM;
	fake_answer.text = fake_answer.map_text = "no";
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("open;map eth0 50;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_true(fake_pins.at[3].foreign);
}

static void assert_waits(void)
{
	present(3, "eth0", 0, XDP_MODE_NONE);
	later(RETRY_MS);
	assert_nothing_new(0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
}

static void assert_counts(const char *calls)
{
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls(calls);
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
}

/* What is pinned stays; no program does. */
static void restart(bool persist)
{
	registry_free(registry, persist);
	fake_calls[0] = '\0';
	assert_int_equal(registry_new(&registry, &fake_common, &fake_pins), 0);
	registry_set_rules(registry, &rules);
	settle();
}

static void test_first_program_goes(void **state)
{
	(void)state;
	refuse_eth0();
	assert_waits();
	configure("eth0", "auto", "native");
	assert_nothing_new(0, XDP_MODE_NONE);
}

static void test_another_and_the_same_again(void **state)
{
	static const uint32_t next[] = { 51, 50 };

	(void)state;
	refuse_eth0();
	for (size_t i = 0; i < LENGTH(next); i++) {
		assert_waits();
		present(3, "eth0", next[i], XDP_MODE_NATIVE);
		registry_step(registry, 0);
		fake_calls[0] = '\0';
		assert_row(3, IFACE_FAILED, SOURCE_NONE, next[i], XDP_MODE_NATIVE);
	}
	assert_waits();
}

/* It goes again before the agent comes to look at it. */
static void test_goes_before_its_turn(void **state)
{
	(void)state;
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_waits();
}

static void test_waits_after_a_restart(void **state)
{
	(void)state;
	refuse_eth0();
	restart(true);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("open;"); /* the counters that were left, without a value */
	registry_adopt(registry, INT64_MAX);
	registry_sweep(registry, INT64_MAX);
	assert_waits();
}

/* Killed before there was anything but the mark. */
static void test_the_mark_is_enough(void **state)
{
	(void)state;
	fake_pins.at[3].foreign = true;
	configure("eth0", "auto", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_adopt(registry, INT64_MAX);
	registry_sweep(registry, INT64_MAX);
	assert_waits();
	assert_calls("");
}

static void test_no_pins(void **state)
{
	(void)state;
	registry_free(registry, true);
	assert_int_equal(registry_new(&registry, &fake_common, NULL), 0);
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_waits();
	assert_false(fake_pins.at[3].foreign);
}

static void test_mark_that_cannot_be_made(void **state)
{
	(void)state;
	fake_answer.mark_err = -EACCES;
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	assert_string_equal(unit_logged,
			    "warning: eth0: cannot mark beside its pins that somebody's program "
			    "was there; after a restart auto will not wait for it: Permission "
			    "denied\n");
	assert_waits();
}

/* Somebody has removed it with the pins. */
static void test_mark_is_made_again(void **state)
{
	(void)state;
	refuse_eth0();
	fake_pins.at[3].foreign = false;
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_true(fake_pins.at[3].foreign);
}

static void test_other_rules_make_no_mark(void **state)
{
	static const char *const sources[] = { "count", "observe", "map" };

	(void)state;
	for (size_t i = 0; i < LENGTH(sources); i++) {
		configure("eth0", sources[i], NULL);
		present(3, "eth0", 50, XDP_MODE_NATIVE);
		assert_false(fake_pins.at[3].foreign);
	}
	present(3, "eth0", 0, XDP_MODE_NONE);
	configure("eth0", "auto", NULL);
	assert_counts("open;attach eth0 any;");
}

static void test_a_plan_makes_none_and_heeds_it(void **state)
{
	(void)state;
	registry_only_look(registry);
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_false(fake_pins.at[3].foreign);

	restart(true);
	registry_only_look(registry);
	fake_pins.at[3].foreign = true;
	assert_waits();
	assert_true(fake_pins.at[3].foreign);
	registry_gone(registry, 3);
	settle();
	assert_true(fake_pins.at[3].foreign);
	assert_calls("");
}

/* An operator has the interface counted; then the hook is ours. */
static void test_count_ends_it(void **state)
{
	(void)state;
	refuse_eth0();
	assert_waits();
	configure("eth0", "count", NULL);
	assert_counts("attach eth0 any;");
	assert_nothing_new(FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_false(fake_pins.at[3].foreign);
	configure("eth0", "auto", NULL);
	assert_nothing_new(FIRST_PROG_ID, XDP_MODE_NATIVE);

	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("detach;attach eth0 any;");
}

static void test_interface_goes(void **state)
{
	(void)state;
	refuse_eth0();
	registry_gone(registry, 3);
	settle();
	assert_calls("discard;");
	assert_false(fake_pins.at[3].foreign);
	fake_answer.trace_err = fake_answer.map_err = 0;
	fake_answer.text = "";
	assert_counts("open;attach eth0 any;");
}

/* No source was opened for it, and messages were lost. */
static void test_another_interface_with_its_number(void **state)
{
	struct netdev netdev = eth0;

	(void)state;
	configure("eth*", "auto", NULL);
	netdev.prog_id = 50;
	netdev.mode = XDP_MODE_NATIVE;
	registry_present(registry, &netdev);
	settle();
	assert_true(fake_pins.at[3].foreign);
	netdev = eth0;
	netdev.address = 1;
	strcpy(netdev.name, "eth1");
	registry_present(registry, &netdev);
	settle();
	assert_false(fake_pins.at[3].foreign);
	registry_step(registry, 0);
	assert_calls("open;attach eth1 any;");
}

static void test_nothing_stays_without_persistence(void **state)
{
	(void)state;
	refuse_eth0();
	restart(false);
	assert_false(fake_pins.at[3].foreign);
}

/* Gone while no agent ran. */
static void test_sweep_takes_it(void **state)
{
	(void)state;
	fake_pins.at[4].foreign = true;
	fake_answer.gone = 4;
	registry_sweep(registry, INT64_MAX);
	assert_calls("forget 4;");
	assert_false(fake_pins.at[4].foreign);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_program_goes),
		TEST(test_another_and_the_same_again),
		TEST(test_goes_before_its_turn),
		TEST(test_waits_after_a_restart),
		TEST(test_the_mark_is_enough),
		TEST(test_no_pins),
		TEST(test_mark_that_cannot_be_made),
		TEST(test_mark_is_made_again),
		TEST(test_other_rules_make_no_mark),
		TEST(test_a_plan_makes_none_and_heeds_it),
		TEST(test_count_ends_it),
		TEST(test_interface_goes),
		TEST(test_another_interface_with_its_number),
		TEST(test_nothing_stays_without_persistence),
		TEST(test_sweep_takes_it),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("auto_waits", tests, NULL, NULL);
}
