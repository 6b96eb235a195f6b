/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is served of a map in which somebody else's program counts, as long as it does so alone. */
#include "map_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/cpus.h"
#include "lib/util.h"

static enum source_kind pinned_source_kind(void)
{
	_cleanup_pinned_ struct pinned pinned = pinned_open(&fixture_common, pins, left.ifindex);

	return pinned_kind(&pinned);
}

/* On its first day the counter shows all that the program has counted. */
static void test_absolute_values_first(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		start_theirs(types[i]);
		run_theirs(3);
		open_source();
		assert_int_equal(source_status(source).discontinuity, 0);
		use_map();
		assert_int_not_equal(source_status(source).discontinuity, 0);
		assert_false(source_status(source).resumed);
		assert_int_equal(source_status(source).last_kind, SOURCE_MAP);
		assert_int_equal(pinned_source_kind(), SOURCE_MAP);
		assert_read(3);
		run_theirs(4);
		assert_read(7);
		assert_peek(7);
		fixture_assert_hook("left", left.prog_id, 0);
	}
}

/* But not where other interfaces have counted in it, too. */
static void test_frames_of_others_are_not_served(void **state)
{
	struct reason reason = { "not set" };

	(void)state;
	FOR_EACH_TYPE(i)
	{
		start_theirs(types[i]);
		run_theirs(3);
		open_source();
		assert_int_equal(source_use_map(source, &left, NULL, UINT32_MAX, &reason), 0);
		assert_read(0);
		run_theirs(4);
		assert_read(4);
		assert_peek(4);
	}
}

/* From the second change on all is folded, whatever a map holds when it comes. */
static void test_carried_over(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		int64_t before;

		open_source();
		count_ours(3);
		assert_read(3);
		start_theirs(types[i]);
		run_theirs(10);
		before = wait_for_the_clock();
		use_map();
		assert_true(source_status(source).discontinuity > before);
		assert_read(3);
		run_theirs(4);
		before = wait_for_the_clock();
		source_detach(source);
		assert_true(source_status(source).discontinuity > before);
		assert_read(7);
		run_theirs(5); /* which nobody asks for */
		assert_read(7);
		detach_theirs();
		count_ours(2);
		assert_read(9);
		attach_theirs();
		use_map();
		assert_read(9);
		run_theirs(1);
		assert_read(10);
		assert_peek(10);
	}
}

static void test_program_is_exchanged(void **state)
{
	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	run_theirs(3);
	end_theirs(); /* the last reading is of their map, though nobody else has it any more */
	start_theirs(BPF_MAP_TYPE_ARRAY);
	run_theirs(20);
	assert_false(source_uses_map(source, left.prog_id, NULL));
	use_map();
	assert_theirs(true);
	assert_read(3);
	run_theirs(1);
	assert_read(4);
}

static void test_reset_is_folded(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		int64_t before;

		start_theirs(types[i]);
		open_source();
		use_map();
		run_theirs(3);
		assert_read(3);
		before = wait_for_the_clock();
		reset_map(map_fd);
		run_theirs(1);
		assert_read(4);
		assert_peek(4);
		assert_true(source_status(source).discontinuity > before);
		before = wait_for_the_clock();
		run_theirs(1);
		assert_read(5);
		assert_int_equal(source_status(source).discontinuity, before);
	}
}

#define CARRIED "not known by CPU: values are carried over from another map or from before a reset"

/* What each CPU counted is known or not; why by xdp-stats. */
static void assert_by_cpu(const char *why)
{
	struct cpu_counters *each, *peeked;
	struct counters served, sum;
	struct reason reason = { "" };

	assert_int_equal(source_read(source, &served, &each), 0);
	assert_int_equal(peek(&served, &peeked, &reason), 0);
	assert_string_equal(reason.text, why);
	assert_int_equal(each == NULL, *why != '\0');
	assert_int_equal(peeked == NULL, *why != '\0');
	if (each) {
		counters_sum(&sum, each->slot, each->cpus);
		assert_memory_equal(&sum, &served, sizeof(sum));
		assert_memory_equal(each->slot, peeked->slot,
				    XDP_STATS_ACTIONS * each->cpus * sizeof(*each->slot));
	}
	free(each);
	free(peeked);
}

static void test_by_cpu(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		bool array = types[i] == BPF_MAP_TYPE_ARRAY && cpus_count() > 1;

		start_theirs(types[i]);
		run_theirs(3);
		open_source();
		assert_by_cpu("");
		use_map();
		assert_by_cpu(array ? "not known by CPU: its map has one value for all of them"
				    : "");
		run_theirs(4);
		assert_read(7);
		source_detach(source);
		assert_by_cpu(CARRIED);
	}
}

/* That a CPU has counted less in another map is no reset of it. */
static void test_by_cpu_in_another_map(void **state)
{
	(void)state;
	open_source();
	count_ours(10);
	assert_by_cpu("");
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	run_theirs(3);
	use_map();
	assert_by_cpu(CARRIED);
	assert_read(10);
	run_theirs(1);
	assert_by_cpu(CARRIED);
	assert_read(11);
}

/* --- whose it is --- */

static void assert_not_read(void)
{
	struct counters served, before;

	memset(&served, 0x5a, sizeof(served));
	before = served;
	assert_int_equal(source_read(source, &served, NULL), -EBUSY);
	assert_memory_equal(&served, &before, sizeof(served));
}

static void test_second_user_is_refused(void **state)
{
	_cleanup_close_ int second_fd = -1;

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	second_fd = load_counting(&map_fd, 1);
	open_source();
	assert_refused(NULL, -EBUSY, "several programs count in its map");
	assert_theirs(false);
	give_back(&second_fd);
	use_map();
}

/* The program that comes need not be attached anywhere. */
static void test_second_user_is_detected(void **state)
{
	_cleanup_close_ int second_fd = -1;

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	run_theirs(3);
	assert_read(3);
	second_fd = load_counting(&map_fd, 1);
	fixture_run(second_fd, &frame, 100);
	assert_not_read();
	assert_not_read();
	assert_false(source_uses_map(source, left.prog_id, NULL));
	source_detach(source);
	assert_read(3); /* nothing of what both have counted */
	assert_theirs(false);
	give_back(&second_fd);
	use_map();
	assert_read(3);
	run_theirs(2);
	assert_read(5);
}

/* Nor is it read at the end. */
static void test_second_user_and_a_stop(void **state)
{
	_cleanup_close_ int second_fd = -1;

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	run_theirs(3);
	assert_read(3);
	second_fd = load_counting(&map_fd, 1);
	fixture_run(second_fd, &frame, 100);
	assert_not_read();
	close_source();
	assert_int_equal(read_record().carry.last.action[XDP_PASS].rx_packets, 3);
}

/* A new program without this map does not matter. */
static void test_other_programs_do_not_matter(void **state)
{
	_cleanup_close_ int other_fd = -1, other_map_fd = make_map(types[0], STATS_MAP);

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	other_fd = load_counting(&other_map_fd, 1);
	fixture_run(other_fd, &frame, 100);
	run_theirs(3);
	assert_read(3);
	assert_true(source_uses_map(source, left.prog_id, NULL));
	assert_false(source_uses_map(source, fixture_prog_id(other_fd), NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, map_fixture_setup, map_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_absolute_values_first),
		TEST(test_frames_of_others_are_not_served),
		TEST(test_carried_over),
		TEST(test_program_is_exchanged),
		TEST(test_reset_is_folded),
		TEST(test_by_cpu),
		TEST(test_by_cpu_in_another_map),
		TEST(test_second_user_is_refused),
		TEST(test_second_user_is_detected),
		TEST(test_second_user_and_a_stop),
		TEST(test_other_programs_do_not_matter),
	};
	int failed;

	pins_fixture_begin();
	failed = cmocka_run_group_tests_name("map", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
