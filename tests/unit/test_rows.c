/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a row tells: counters, times, and the generation of the set that it is in. */
#include "registry_fixture.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"

static void test_reading(void **state)
{
	struct counters counters;

	(void)state;
	count_eth0(NULL);
	assert_int_equal(registry_read(registry, row(3), &counters, NULL), 0);
	assert_calls("read;");
	assert_int_equal(counters.action[2].rx_packets, 7);
	assert_int_equal(counters.action[2].rx_bytes, 700);
}

static void test_reading_by_cpu(void **state)
{
	struct cpu_counters none, *each = NULL;
	struct counters counters;

	(void)state;
	count_eth0(NULL);
	fake_answer.each = &none;
	assert_int_equal(registry_read(registry, row(3), &counters, &each), 0);
	assert_ptr_equal(each, &none);
	assert_calls("read;");
	assert_int_equal(counters.action[2].rx_packets, 7);
}

static void test_failed_reading(void **state)
{
	struct counters counters, before;

	(void)state;
	count_eth0(NULL);
	grown();
	later(1000);
	memset(&counters, 0x5a, sizeof(counters));
	before = counters;
	fake_answer.read_err = -EIO;
	assert_int_equal(registry_read(registry, row(3), &counters, NULL), -EIO);
	assert_memory_equal(&counters, &before, sizeof(counters));
	assert_row(3, IFACE_FAILED, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "cannot read the counter map: Input/output error");
	assert_false(counted(3));
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
	assert_int_equal(grown(), 1);
	assert_contains(unit_logged,
			"warning: eth0: cannot read the counter map: Input/output error");

	/* It is tried again, and is failed as long as that fails; which is told once. */
	unit_log_clear();
	later(1000);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_row(3, IFACE_FAILED, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_string_equal(unit_logged, "");
	assert_int_equal(grown(), 0);

	/* Nothing is lost by it. */
	fake_answer.read_err = 0;
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_true(counted(3));
	assert_int_equal(row(3)->discontinuity, unit_now - 2000);
	assert_calls("read;read;read;");
	assert_int_equal(grown(), 1);
}

/* What is not pinned any more, or is again. */
static void test_what_the_source_has_to_say(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_string_equal(row(3)->reason.text, "");
	unit_log_clear();
	for (int i = 0; i < 3; i++) {
		reason_set(&row(3)->source->note, 0, "cannot pin %d", i / 2);
		present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
		assert_string_equal(row(3)->reason.text, row(3)->source->note.text);
		assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	}
	reason_clear(&row(3)->source->note);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "");
	assert_string_equal(unit_logged, "");
}

static void test_one_failed_reading_harms_no_other(void **state)
{
	struct counters counters;

	(void)state;
	count_two();
	fake_answer.read_err = -EIO;
	registry_read(registry, row(2), &counters, NULL);
	assert_false(counted(2));
	assert_true(counted(3));
	assert_int_equal(row(3)->status, IFACE_ACTIVE);
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
}

/* Each event of a life, and what it moves. */
static void test_times_and_generation(void **state)
{
	struct netdev netdev = { .ifindex = 3, .name = "eth0", .mtu = 9000, .mode = XDP_MODE_NONE };
	int64_t appeared, attached, foreign;

	(void)state;
	configure("eth0", "count", NULL);
	assert_int_equal(grown(), 0);
	appeared = later(10);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(row(3)->last_change, appeared);
	assert_int_equal(row(3)->discontinuity, 0);
	assert_int_equal(registry_rows(registry)->last_change, appeared);
	assert_int_equal(grown(), 1);

	attached = later(10);
	registry_step(registry, 0);
	assert_int_equal(row(3)->last_change, attached);
	assert_int_equal(row(3)->discontinuity, attached);
	assert_int_equal(registry_rows(registry)->last_change, attached);
	assert_int_equal(grown(), 1);

	/* The MTU is in no column. */
	later(10);
	netdev.prog_id = FIRST_PROG_ID;
	netdev.mode = XDP_MODE_NATIVE;
	registry_present(registry, &netdev);
	settle();
	assert_int_equal(row(3)->netdev.mtu, 9000);
	assert_int_equal(row(3)->last_change, attached);
	assert_int_equal(registry_rows(registry)->last_change, attached);
	assert_int_equal(grown(), 0);

	/* A program that nobody counts: no count was lost by that, for there are no counters. */
	foreign = later(10);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, foreign);
	assert_int_equal(row(3)->discontinuity, attached);
	assert_int_equal(grown(), 1);
	foreign = later(10);
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, foreign);
	assert_int_equal(registry_rows(registry)->last_change, foreign);
	assert_int_equal(grown(), 0);
	foreign = later(10);
	present(3, "eth0", 51, XDP_MODE_GENERIC);
	assert_int_equal(row(3)->last_change, foreign);
	assert_int_equal(row(3)->program_changes, 3); /* ours, 50, 51 */

	later(10);
	registry_gone(registry, 3);
	settle();
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
	assert_int_equal(grown(), 1);
}

static void test_last_change_is_told_to_the_source(void **state)
{
	(void)state;
	later(10);
	count_eth0(NULL);
	assert_int_equal(row(3)->source->last_change, unit_now);
	later(10);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->source->last_change, unit_now);
}

static void test_reset_moves_the_discontinuity(void **state)
{
	struct counters counters;
	int64_t began = unit_now;

	(void)state;
	count_eth0(NULL);
	grown();
	later(1000);
	registry_read(registry, row(3), &counters, NULL);
	assert_int_equal(row(3)->discontinuity, began);
	fake_answer.folded = later(1000);
	registry_read(registry, row(3), &counters, NULL);
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(row(3)->last_change, began);
	assert_int_equal(grown(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reading),
		TEST(test_reading_by_cpu),
		TEST(test_failed_reading),
		TEST(test_what_the_source_has_to_say),
		TEST(test_one_failed_reading_harms_no_other),
		TEST(test_times_and_generation),
		TEST(test_last_change_is_told_to_the_source),
		TEST(test_reset_moves_the_discontinuity),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
