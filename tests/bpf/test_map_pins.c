/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pins of a map in which somebody else's program counts, and what the next run makes of them. */
#include "map_fixture.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "lib/util.h"

static void test_pins_are_swapped(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		uint32_t ours;

		start_theirs(types[i]);
		open_source();
		ours = pinned_map();
		assert_theirs(false);
		use_map();
		assert_theirs(true);
		assert_int_equal(read_record().kind, SOURCE_MAP);
		unit_log_clear();
		source_refresh(source, &left);
		assert_string_equal(unit_logged, "");
		source_detach(source);
		assert_theirs(false);
		assert_int_not_equal(pinned_map(), ours);
		assert_int_equal(read_record().kind, SOURCE_MAP);
	}
}

static bool map_is_gone(const void *id)
{
	_cleanup_close_ int fd = bpf_map_get_fd_by_id(*(const uint32_t *)id);

	return fd == -ENOENT;
}

/* Nothing of ours holds their map once it is not read any more. */
static void test_their_map_is_let_go(void **state)
{
	uint32_t id;

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	id = id_of(map_fd);
	open_source();
	use_map();
	end_theirs();
	assert_false(map_is_gone(&id));
	source_detach(source);
	assert_true(fixture_eventually(map_is_gone, &id));
}

static void test_discard_leaves_their_map(void **state)
{
	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	run_theirs(3);
	discard_source();
	assert_no_pins();
	fixture_assert_hook("left", left.prog_id, 0);
	open_source();
	use_map();
	assert_read(3);
}

static void test_lost_pin_comes_back(void **state)
{
	(void)state;
	start_theirs(BPF_MAP_TYPE_ARRAY);
	open_source();
	use_map();
	assert_true(pins_remove(pins, left.ifindex, PIN_MAP));
	source_refresh(source, &left);
	assert_theirs(true);
	assert_contains(unit_logged, "was missing and is back");
}

static void test_without_pins(void **state)
{
	struct reason reason = { "" };

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	run_theirs(3);
	fixture_common.pins = NULL;
	assert_int_equal(source_open(&source, &fixture_common, &left, &reason), 0);
	assert_int_equal(source_use_map(source, &left, NULL, 0, &reason), 0);
	assert_contains(reason.text, "not pinned: counters will not outlive the agent");
	run_theirs(1);
	assert_read(4);
	source_detach(source);
	assert_read(4);
}

/* --- restarts --- */

static void leave_theirs_behind(enum bpf_map_type type)
{
	start_theirs(type);
	open_source();
	use_map();
	run_theirs(3);
	assert_read(3);
}

static void test_next_run_goes_on(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		int64_t discontinuity;

		leave_theirs_behind(types[i]);
		discontinuity = wait_for_the_clock();
		close_source();
		assert_theirs(true);
		run_theirs(4);
		assert_peek(7);
		open_source();
		use_map();
		assert_true(source_status(source).resumed);
		assert_int_equal(source_status(source).discontinuity, discontinuity);
		assert_theirs(true);
		run_theirs(2);
		assert_read(9);
		/* Once it has been let go it is folded like any other. */
		source_detach(source);
		use_map();
		assert_false(source_status(source).resumed);
		assert_true(source_status(source).discontinuity > discontinuity);
		assert_read(9);
	}
}

/* Until it is said what the program at the hook is, or if there is none. */
static void test_reads_what_was_left(void **state)
{
	(void)state;
	leave_theirs_behind(BPF_MAP_TYPE_PERCPU_ARRAY);
	close_source();
	open_source();
	assert_read(3);
	close_source();
	end_theirs();
	open_source();
	assert_read(3);
}

static void test_reset_while_nobody_looked(void **state)
{
	int64_t before;

	(void)state;
	leave_theirs_behind(BPF_MAP_TYPE_PERCPU_ARRAY);
	before = wait_for_the_clock();
	close_source();
	reset_map(map_fd);
	run_theirs(1);
	open_source();
	use_map();
	assert_read(4);
	assert_true(source_status(source).discontinuity > before);
}

static void test_exchanged_while_nobody_looked(void **state)
{
	(void)state;
	leave_theirs_behind(BPF_MAP_TYPE_PERCPU_ARRAY);
	close_source();
	end_theirs();
	start_theirs(BPF_MAP_TYPE_ARRAY);
	run_theirs(20);
	open_source();
	use_map();
	assert_false(source_status(source).resumed);
	assert_theirs(true);
	assert_read(3);
	run_theirs(2);
	assert_read(5);
}

/* What it counted by then cannot be told from what was ours. */
static void test_shared_while_nobody_looked(void **state)
{
	_cleanup_close_ int second_fd = -1;

	(void)state;
	leave_theirs_behind(BPF_MAP_TYPE_PERCPU_ARRAY);
	close_source();
	second_fd = load_counting(&map_fd, 1);
	fixture_run(second_fd, &frame, 100);
	assert_peek(3);
	open_source();
	assert_refused(NULL, -EBUSY, "several programs count in its map");
	assert_read(3);
	assert_theirs(false);
}

/* A crash came after the record was written and before their map was pinned: it is ours. */
static void test_record_without_its_pin(void **state)
{
	struct record record;

	(void)state;
	open_source();
	count_ours(3);
	assert_read(3);
	close_source();
	start_theirs(BPF_MAP_TYPE_ARRAY);
	record = read_record();
	record.map_id = id_of(map_fd);
	record.foreign = true;
	write_record(&record);
	open_source();
	assert_read(3);
	assert_theirs(false);
	use_map();
	assert_false(source_status(source).resumed);
	assert_read(3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, map_fixture_setup, map_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pins_are_swapped),
		TEST(test_their_map_is_let_go),
		TEST(test_discard_leaves_their_map),
		TEST(test_lost_pin_comes_back),
		TEST(test_without_pins),
		TEST(test_next_run_goes_on),
		TEST(test_reads_what_was_left),
		TEST(test_reset_while_nobody_looked),
		TEST(test_exchanged_while_nobody_looked),
		TEST(test_shared_while_nobody_looked),
		TEST(test_record_without_its_pin),
	};
	int failed;

	pins_fixture_begin();
	failed = cmocka_run_group_tests_name("map_pins", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
