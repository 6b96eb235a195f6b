/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cannot be written or pinned: what was pinned before it stays, and it is tried again. */
#include "pins_fixture.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>

#include "lib/util.h"

/* Something is in the way of a pin, by its name. For bpf(2) a dangling link is not there. */
static void block(enum pin pin)
{
	unit_run("mkdir -p $(dirname %s)", pins_path(pins, left.ifindex, pin));
	unit_run("ln -s nowhere %s", pins_path(pins, left.ifindex, pin));
}

static void unblock(enum pin pin)
{
	unit_run("test -L %s", pins_path(pins, left.ifindex, pin));
	unit_run("rm %s", pins_path(pins, left.ifindex, pin));
}

/* What takes the place of a pin is pinned as "next" before. */
static void block_next(const char *command)
{
	unit_run("%s $(dirname %s)/next", command, pins_path(pins, left.ifindex, PIN_STATE));
}

static void freeze_record(void)
{
	_cleanup_close_ int fd = get(PIN_STATE);

	assert_int_equal(bpf_map_freeze(fd), 0);
}

/* Something was said this often since the log was cleared. */
static void assert_logged(unsigned int times, const char *words)
{
	unsigned int found = 0;

	for (const char *at = unit_logged; (at = strstr(at, words)); at++)
		found++;
	assert_int_equal(found, times);
}

/* --- the record --- */

/* Another takes its place. */
static void test_frozen_record(void **state)
{
	(void)state;
	open_source();
	attach_with(0, "");
	freeze_record();
	source_set_last_change(source, 4711);
	assert_contains(unit_logged, "could not be written to and was made anew");
	assert_int_equal(read_record().last_change, 4711);
	unit_log_clear();
	source_set_last_change(source, 4712);
	assert_int_equal(read_record().last_change, 4712);
	assert_string_equal(unit_logged, "");
}

/* Nor can another take its place: the old one is left whole. */
static void test_record_that_cannot_be_written(void **state)
{
	(void)state;
	open_source();
	attach_with(0, "");
	source_set_last_change(source, 4711);
	freeze_record();
	block_next("mkdir");
	unit_log_clear();
	source_set_last_change(source, 4712);
	source_set_last_change(source, 4713);
	source_refresh(source, &left);
	assert_logged(1, "cannot write the state record: Operation not permitted");
	assert_logged(0, "was made anew");
	assert_int_equal(read_record().last_change, 4711);

	/* The next look brings it up to date. */
	block_next("rmdir");
	source_refresh(source, &left);
	assert_int_equal(read_record().last_change, 4713);
	assert_logged(1, "was made anew");
	run(2);
	close_source();
	assert_peek(2);
}

/* --- the pins, one after another --- */

/* An earlier run for which something is in the way of a pin: it counts two frames, and is over. */
static void count_without(enum pin pin, const char *words, bool map_is_pinned)
{
	block(pin);
	open_source();
	attach_with(0, "cannot pin ");
	assert_logged(1, words);
	run(2);
	assert_read(2);
	assert_pinned(map_is_pinned, false, false);
	close_source();
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	unblock(pin);
}

/* The first of them: nothing is pinned. */
static void test_no_room_for_the_map(void **state)
{
	(void)state;
	count_without(PIN_MAP,
		      "/xdp_stats_map: File exists; its counters will not outlive this process",
		      false);
}

/* The map stays pinned, and what is in it is what the next run begins with. */
static void test_no_room_for_the_record(void **state)
{
	(void)state;
	count_without(PIN_STATE, "/state: File exists; its counters will not outlive this process",
		      true);

	open_source();
	attach_with(0, "");
	run(1);
	assert_read(3);
	assert_pinned(true, true, true);
}

/* Map, record and program stay pinned; the link is, as soon as there is room. */
static void test_no_room_for_the_link(void **state)
{
	struct reason text;
	uint32_t id;

	(void)state;
	block(PIN_LINK);
	open_source();
	attach_with(0, "cannot pin ");
	id = left.prog_id;
	assert_logged(1, "/link: File exists; its counters will not outlive this process");
	assert_true(pins_exists(pins, left.ifindex, PIN_PROGRAM));
	source_refresh(source, &left);
	assert_logged(1, "/link: File exists"); /* it has been told */
	run(2);
	assert_pinned(true, true, false);

	unblock(PIN_LINK);
	source_refresh(source, &left);
	source_describe(source, &text);
	assert_string_equal(text.text, "");
	assert_pinned(true, true, true);
	close_source();
	fixture_assert_hook("left", id, 0);
	open_source();
	attach_with(id, "");
	assert_read(2);
}

/* The program that was pinned for it is let go with the next. */
static void test_ends_before_there_is_room_for_the_link(void **state)
{
	uint32_t id;

	(void)state;
	block(PIN_LINK);
	open_source();
	attach_with(0, "cannot pin ");
	id = left.prog_id;
	run(2);
	close_source();
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	assert_pinned(true, true, false);
	unblock(PIN_LINK);

	open_source();
	attach_with(0, "");
	assert_int_not_equal(left.prog_id, id);
	run(1);
	assert_read(3);
	assert_pinned(true, true, true);
	assert_true(fixture_eventually(fixture_program_is_gone, &id));
	discard_source();
	assert_no_pins();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pins_fixture_setup, pins_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frozen_record),        TEST(test_record_that_cannot_be_written),
		TEST(test_no_room_for_the_map),  TEST(test_no_room_for_the_record),
		TEST(test_no_room_for_the_link), TEST(test_ends_before_there_is_room_for_the_link),
	};
	int failed;

	pins_fixture_begin();
	failed = cmocka_run_group_tests_name("not_pinned", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
