/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources that are pinned: what one leaves is taken up by the next, if it is of this interface. */
#include "pins_fixture.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/util.h"

static void test_next_run_goes_on(void **state)
{
	int64_t discontinuity;
	uint32_t id;

	(void)state;
	open_source();
	attach_with(0, "");
	assert_pinned(true, true, true);
	source_set_last_change(source, 4711);
	discontinuity = source_status(source).discontinuity;
	id = left.prog_id;
	run(3);
	close_source();
	fixture_assert_hook("left", id, 0);
	run(4);

	open_source();
	assert_read(7);
	attach_with(id, "");
	assert_int_equal(source_status(source).prog_id, id);
	assert_int_equal(source_status(source).discontinuity, discontinuity);
	assert_int_equal(source_status(source).last_change, 4711);
	fixture_assert_hook("left", id, 0);
	run(5);
	assert_read(12);
	/* It may say which form of the program the kernel takes. */
	assert_null(strstr(unit_logged, "warning:"));
	assert_null(strstr(unit_logged, "error:"));
}

static void test_discard_leaves_nothing(void **state)
{
	(void)state;
	leave_behind();
	open_source();
	attach_with(left.prog_id, "");
	discard_source();
	assert_no_pins();
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	assert_no_peek(-ENOENT, "No such file or directory");
}

static void reset_pinned_map(void)
{
	_cleanup_close_ int fd = get(PIN_MAP);

	reset_map(fd);
}

static void test_reset_is_carried(void **state)
{
	int64_t before;

	(void)state;
	leave_behind();
	open_source();
	attach_with(left.prog_id, "");
	before = source_status(source).discontinuity;
	assert_read(3);
	wait_for_the_clock();
	reset_pinned_map();
	run(1);
	assert_peek(4);
	assert_read(4);
	assert_peek(4);
	assert_true(source_status(source).discontinuity > before);

	/* And over a restart. */
	before = source_status(source).discontinuity;
	close_source();
	wait_for_the_clock();
	reset_pinned_map();
	assert_peek(4);
	open_source();
	assert_read(4);
	assert_true(source_status(source).discontinuity > before);
}

static void test_keep_pins_again(void **state)
{
	(void)state;
	open_source();
	attach_with(0, "");
	run(3);
	for (unsigned int pin = PIN_MAP; pin <= PIN_LINK; pin++)
		assert_true(pins_remove(pins, left.ifindex, pin));
	pins_remove_interface(pins, left.ifindex);
	source_refresh(source, &left);
	assert_pinned(true, true, true);
	for (unsigned int pin = PIN_MAP; pin <= PIN_LINK; pin++) {
		char line[REASON_MAX];

		snprintf(line, sizeof(line), "info: pin %s was missing and is back\n",
			 pins_path(pins, left.ifindex, pin));
		assert_contains(unit_logged, line);
	}
	unit_log_clear();
	source_refresh(source, &left);
	assert_string_equal(unit_logged, "");
	close_source();
	assert_peek(3);
}

/* The program has the map: it is found by that. */
static void test_lost_map_is_found_again(void **state)
{
	uint32_t id = leave_behind();

	(void)state;
	assert_true(pins_remove(pins, left.ifindex, PIN_MAP));
	open_source();
	assert_read(3);
	attach_with(id, "");
	assert_int_equal(left.prog_id, id);
	assert_pinned(true, true, true);
}

/* Without its record a map serves its absolute values. */
static void test_lost_record(void **state)
{
	uint32_t id = leave_behind();

	(void)state;
	assert_true(pins_remove(pins, left.ifindex, PIN_STATE));
	open_source();
	attach_with(id, "");
	assert_int_equal(left.prog_id, id);
	assert_read(3);
	assert_int_not_equal(source_status(source).discontinuity, 0);
	assert_pinned(true, true, true);
}

static void test_lost_link(void **state)
{
	uint32_t id = leave_behind();

	(void)state;
	assert_true(pins_remove(pins, left.ifindex, PIN_LINK));
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	open_source();
	attach_with(0, "");
	assert_int_not_equal(left.prog_id, id);
	run(1);
	assert_read(4);
	assert_pinned(true, true, true);
}

static void test_detached_by_force(void **state)
{
	_cleanup_close_ int link_fd = -1;

	(void)state;
	leave_behind();
	link_fd = get(PIN_LINK);
	assert_int_equal(bpf_link_detach(link_fd), 0);
	open_source();
	attach_with(0, "");
	run(1);
	assert_read(4);
	fixture_assert_hook("left", left.prog_id, 0);
	assert_pinned(true, true, true);
}

/* The link shows that it is the same interface, whatever it is called. */
static void test_renamed_while_nobody_looked(void **state)
{
	uint32_t id = leave_behind();

	(void)state;
	strcpy(left.name, "other");
	open_source();
	assert_read(3);
	attach_with(id, "");
	source_refresh(source, &left);
	assert_string_equal(read_record().name, "other");
}

/* The record follows name and address, for the link may not be there the next time. */
static void test_renamed_under_a_source(void **state)
{
	(void)state;
	open_source();
	attach_with(0, "");
	run(3);
	strcpy(left.name, "other");
	source_refresh(source, &left);
	assert_string_equal(read_record().name, "other");
	left.address++;
	source_refresh(source, &left);
	assert_int_equal(read_record().address, left.address);
	close_source();
	assert_true(take_off());
	left.prog_id = 0;
	open_source();
	assert_read(3);
}

/* No link shows it, and name or address are others: it is another interface. */
static void test_another_interface(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		leave_behind();
		assert_true(take_off());
		left.prog_id = 0;
		if (i)
			left.address++;
		else
			strcpy(left.name, "other");
		unit_log_clear();
		open_source();
		assert_contains(unit_logged, "is another one than before; its counters start anew");
		assert_read(0);
		attach_with(0, "");
		run(1);
		assert_read(1);
		assert_pinned(true, true, true);
		discard_source();
		assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	}
}

static void test_refused_map(void **state)
{
	_cleanup_close_ int wrong = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wrong", 4, 16, 5, NULL);

	(void)state;
	put(PIN_MAP, wrong);
	open_source();
	attach_with(0, pins_path(pins, left.ifindex, PIN_MAP));
	assert_contains(unit_logged, "its counters will not outlive this process");
	run(2);
	assert_read(2);
	assert_pinned(true, false, false);
	close_source();
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	assert_pinned(true, false, false);
}

static void test_refused_record(void **state)
{
	struct record record;

	(void)state;
	leave_behind();
	assert_true(take_off());
	record = read_record();
	record.version++;
	write_record(&record);
	open_source();
	attach_with(0, "its layout has version 4, expected 3");
	run(2);
	assert_read(2);
	close_source();
	assert_pinned(true, true, false);
}

/* An interface of the test's own with a source on it, to be deleted. */
static void open_third(void)
{
	unit_run("ip link add third type veth peer name fourth");
	left = fixture_netdev("third");
	open_source();
	attach_with(0, "");
}

/* What was there is gone, its pinned link is dead, and its ifIndex is another interface's. */
static void test_another_interface_of_a_dead_link(void **state)
{
	const unsigned int ifindex = 777;

	(void)state;
	unit_run("ip link add third index %u type veth peer name fourth", ifindex);
	left = fixture_netdev("third");
	leave_behind();
	unit_run("ip link del third");
	assert_pinned(true, true, true);
	unit_run("ip link add other index %u type veth peer name fifth", ifindex);
	left = fixture_netdev("other");
	assert_int_equal(left.ifindex, ifindex);
	unit_log_clear();
	open_source();
	assert_contains(unit_logged, "is another one than before; its counters start anew");
	assert_read(0);
	attach_with(0, "");
	assert_int_equal(source_status(source).last_change, 0);
	run(1);
	assert_read(1);
	assert_pinned(true, true, true);
	discard_source();
	unit_run("ip link del other");
}

static void test_stale(void **state)
{
	struct netdev other, renamed;

	(void)state;
	open_third();
	other = renamed = left;
	other.address++;
	strcpy(renamed.name, "other");
	assert_false(source_is_stale(source, &left));
	assert_false(source_is_stale(source, &other));
	assert_false(source_is_stale(source, &renamed));
	unit_run("ip link del third");
	assert_false(source_is_stale(source, &left));
	assert_true(source_is_stale(source, &other));
	assert_true(source_is_stale(source, &renamed));
}

/* Then there is no link to ask; but nobody renames an interface and gives it another address. */
static void test_stale_without_a_writer(void **state)
{
	struct netdev other, renamed;

	(void)state;
	open_third();
	source_detach(source);
	unit_run("ip link del third");
	other = renamed = left;
	strcpy(renamed.name, "other");
	assert_false(source_is_stale(source, &left));
	assert_false(source_is_stale(source, &renamed));
	strcpy(other.name, "other");
	other.address++;
	assert_true(source_is_stale(source, &other));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pins_fixture_setup, pins_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_next_run_goes_on),
		TEST(test_discard_leaves_nothing),
		TEST(test_reset_is_carried),
		TEST(test_keep_pins_again),
		TEST(test_lost_map_is_found_again),
		TEST(test_lost_record),
		TEST(test_lost_link),
		TEST(test_detached_by_force),
		TEST(test_renamed_while_nobody_looked),
		TEST(test_renamed_under_a_source),
		TEST(test_another_interface),
		TEST(test_another_interface_of_a_dead_link),
		TEST(test_refused_map),
		TEST(test_refused_record),
		TEST(test_stale),
		TEST(test_stale_without_a_writer),
	};
	int failed;

	pins_fixture_begin();
	failed = cmocka_run_group_tests_name("resume", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
