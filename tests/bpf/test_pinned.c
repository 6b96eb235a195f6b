/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources that are pinned: what one leaves is taken up by the next, or seen without any. */
#include "fixture.h"
#include "kernel/cpus.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"
#include "source/pinned.h"
#include "source/record.h"
#include "source/source.h"

static const struct fixture_frame frame = { 1514, 0 };

static struct pins *pins;
static struct source *source;
static struct netdev left;

static int setup(void **state)
{
	char directory[128];
	struct reason reason;

	(void)state;
	unit_log_clear();
	left = fixture_netdev("left");
	snprintf(directory, sizeof(directory), "%s/pins", unit_bpffs);
	if (pins_open(&pins, directory, true, &reason))
		return -1;
	common_open(&fixture_common, pins);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	source_discard(source);
	source = NULL;
	common_close(&fixture_common);
	pins_close(pins);
	unit_run("rm -rf %s/pins", unit_bpffs);
	return fixture_eventually(fixture_hook_is_free, "left") ? 0 : -1;
}

/* --- what is pinned, looked at anew each time --- */

static int peek(struct counters *served, struct reason *reason)
{
	_cleanup_pinned_ struct pinned pinned;

	pinned_open(&pinned, &fixture_common, pins, left.ifindex);
	return pinned_read(&pinned, served, NULL, reason);
}

static bool left_behind(const struct pins *below, uint32_t prog_id, struct reason *why)
{
	_cleanup_pinned_ struct pinned pinned;

	pinned_open(&pinned, &fixture_common, below, left.ifindex);
	return pinned_holds(&pinned, prog_id, why);
}

static bool has_counters(unsigned int ifindex)
{
	_cleanup_pinned_ struct pinned pinned;

	pinned_open(&pinned, &fixture_common, pins, ifindex);
	return pinned_has_counters(&pinned);
}

static bool take_off(void)
{
	_cleanup_pinned_ struct pinned pinned;

	pinned_open(&pinned, &fixture_common, pins, left.ifindex);
	return pinned_take_off(&pinned);
}

static bool forget(void)
{
	_cleanup_pinned_ struct pinned pinned;

	pinned_open(&pinned, &fixture_common, pins, left.ifindex);
	return pinned_forget(&pinned);
}

static int unload(enum source_kind *kind, struct reason *why)
{
	_cleanup_pinned_ struct pinned pinned;

	pinned_open(&pinned, &fixture_common, pins, left.ifindex);
	return pinned_unload(&pinned, kind, why);
}

/* --- the source --- */

static void open_source(void)
{
	struct reason reason = { "" };

	if (source_open(&source, &fixture_common, &left, &reason))
		fail_msg("%s", reason.text);
}

/* What the kernel tells of the program goes in, as from a dump. */
static void attach_with(uint32_t prog_id, const char *wanted)
{
	struct reason reason = { "not set" };

	left.prog_id = prog_id;
	left.mode = prog_id ? XDP_MODE_NATIVE : XDP_MODE_NONE;
	if (source_attach(source, &left, HOOK_ANY, &reason))
		fail_msg("%s", reason.text);
	assert_contains(reason.text, wanted);
	assert_true(*wanted || !*reason.text);
	left.prog_id = source_status(source).prog_id;
	left.mode = source_status(source).mode;
}

static void end_source(void)
{
	source_close(source);
	source = NULL;
}

static void run(unsigned int repeat)
{
	_cleanup_close_ int prog_fd = bpf_prog_get_fd_by_id(left.prog_id);

	assert_true(prog_fd >= 0);
	fixture_run(prog_fd, &frame, repeat);
}

static void assert_read(uint64_t packets)
{
	struct counters served;

	assert_int_equal(source_read(source, &served, NULL), 0);
	fixture_assert_passed(&served, packets, packets * frame.length);
}

static void assert_peek(uint64_t packets)
{
	struct counters served;
	struct reason reason = { "" };

	if (peek(&served, &reason))
		fail_msg("%s", reason.text);
	fixture_assert_passed(&served, packets, packets * frame.length);
}

static void assert_no_peek(int err, const char *words)
{
	struct counters served, before;
	struct reason reason = { "" };

	memset(&served, 0x5a, sizeof(served));
	before = served;
	assert_int_equal(peek(&served, &reason), err);
	assert_contains(reason.text, words);
	assert_memory_equal(&served, &before, sizeof(served));
}

static bool is_pinned(enum pin pin)
{
	return !access(pins_path(pins, left.ifindex, pin), F_OK);
}

static void assert_pinned(bool map, bool record, bool link)
{
	assert_int_equal(is_pinned(PIN_MAP), map);
	assert_int_equal(is_pinned(PIN_STATE), record);
	assert_int_equal(is_pinned(PIN_LINK), link);
}

static int get(enum pin pin)
{
	struct reason reason;
	int fd = pins_get(pins, left.ifindex, pin, &reason);

	if (fd < 0)
		fail_msg("%s", reason.text);
	return fd;
}

static void put(enum pin pin, int fd)
{
	struct reason reason;

	if (pins_put(pins, left.ifindex, pin, fd, &reason))
		fail_msg("%s", reason.text);
}

/* An earlier run: it counted three frames, and is over. */
static uint32_t leave_behind(void)
{
	open_source();
	attach_with(0, "");
	source_set_last_change(source, 4711);
	run(3);
	end_source();
	return left.prog_id;
}

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
	end_source();
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
	char home[256];

	(void)state;
	leave_behind();
	open_source();
	attach_with(left.prog_id, "");
	source_discard(source);
	source = NULL;
	snprintf(home, sizeof(home), "%s", pins_path(pins, left.ifindex, PIN_MAP));
	*strrchr(home, '/') = '\0';
	assert_int_not_equal(access(home, F_OK), 0);
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	assert_no_peek(-ENOENT, "No such file or directory");
}

static void test_peek_sees_what_is_served(void **state)
{
	uint32_t id;

	(void)state;
	assert_no_peek(-ENOENT, "No such file or directory");
	id = leave_behind();
	assert_peek(3);
	run(2);
	assert_peek(5);

	/* Beside a source. */
	open_source();
	attach_with(id, "");
	run(1);
	assert_peek(6);
	assert_read(6);
}

static void reset_map(void)
{
	_cleanup_close_ int fd = get(PIN_MAP);
	struct xdp_stats_rec *slots = calloc((size_t)cpus_count(), sizeof(*slots));
	__u32 action = XDP_PASS;

	assert_non_null(slots);
	assert_int_equal(bpf_map_update_elem(fd, &action, slots, BPF_ANY), 0);
	free(slots);
}

static bool is_later(const void *time)
{
	return monotonic_ms() > *(const int64_t *)time;
}

/* What happens next happens in another millisecond. */
static void wait_for_the_clock(void)
{
	int64_t now = monotonic_ms();

	assert_true(fixture_eventually(is_later, &now));
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
	reset_map();
	run(1);
	assert_peek(4);
	assert_read(4);
	assert_peek(4);
	assert_true(source_status(source).discontinuity > before);

	/* And over a restart. */
	before = source_status(source).discontinuity;
	end_source();
	wait_for_the_clock();
	reset_map();
	assert_peek(4);
	open_source();
	assert_read(4);
	assert_true(source_status(source).discontinuity > before);
}

static void write_record(const struct record *record)
{
	_cleanup_close_ int fd = get(PIN_STATE);

	assert_int_equal(record_write(fd, record), 0);
}

static struct record read_record(void)
{
	struct reason reason;
	struct record record;
	_cleanup_close_ int fd = record_open(&record, pins, left.ifindex, &reason);

	if (fd < 0)
		fail_msg("%s", reason.text);
	return record;
}

/* The map is another one than that of the record: what it had counted before is not ours. */
static void test_peek_after_a_switch(void **state)
{
	struct record record;

	(void)state;
	leave_behind();
	record = read_record();
	record.map_id = 1;
	record.discontinuity = 1;
	record.carry = (struct carry){ .last.action[XDP_PASS] = { 2, 2 * 1514 } };
	write_record(&record);
	assert_peek(2);
	open_source();
	assert_read(2);
	assert_peek(2);
	assert_true(source_status(source).discontinuity > 1);
}

static void test_peek_refuses(void **state)
{
	_cleanup_close_ int wrong = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wrong", 4, 16, 5, NULL);

	(void)state;
	leave_behind();
	assert_true(pins_remove(pins, left.ifindex, PIN_STATE));
	assert_peek(3); /* the map alone, as an agent would take it into use */
	assert_true(pins_remove(pins, left.ifindex, PIN_MAP));
	assert_no_peek(-ENOENT, pins_path(pins, left.ifindex, PIN_MAP));
	put(PIN_MAP, wrong);
	assert_no_peek(-EINVAL, "map 'wrong'");
	assert_true(pins_remove(pins, left.ifindex, PIN_MAP));
}

/* It is not ours, and why contains these words, or is empty. */
static void assert_not_left_behind(uint32_t prog_id, const char *words)
{
	struct reason why = { "not set" };

	assert_false(left_behind(pins, prog_id, &why));
	assert_contains(why.text, words);
	assert_true(*words || !*why.text);
}

static void test_left_behind(void **state)
{
	struct reason why = { "not set" };
	uint32_t id;

	(void)state;
	assert_false(left_behind(NULL, 1, &why));
	assert_string_equal(why.text, "");
	assert_not_left_behind(1, "");
	id = leave_behind();
	assert_true(left_behind(pins, id, &why));
	assert_not_left_behind(id + 1, "");
	assert_true(has_counters(left.ifindex));
	assert_false(has_counters(left.ifindex + 100));
}

static int link_of(const char *ifname, int prog_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	int fd = bpf_link_create(prog_fd, (int)if_nametoindex(ifname), BPF_XDP, &options);

	assert_true(fd >= 0);
	return fd;
}

/* Somebody's link in the place of ours: it is named, and left alone. */
static void test_somebodys_link(void **state)
{
	static const struct {
		const char *ifname, *words;
	} links[] = { { "left", "is no counter program" },
		      { "right", "it is the link of interface" } };

	(void)state;
	for (size_t i = 0; i < LENGTH(links); i++) {
		_cleanup_close_ int prog_fd = fixture_load_foreign();
		_cleanup_close_ int link_fd = link_of(links[i].ifname, prog_fd);
		uint32_t id = fixture_prog_id(prog_fd);

		put(PIN_LINK, link_fd);
		assert_not_left_behind(id, links[i].words);
		assert_not_left_behind(id, pins_path(pins, left.ifindex, PIN_LINK));
		assert_false(take_off());
		assert_false(forget());
		assert_pinned(false, false, true);
		fixture_assert_hook(links[i].ifname, id, 0);
		assert_true(pins_remove(pins, left.ifindex, PIN_LINK));
	}
}

static void test_take_off(void **state)
{
	(void)state;
	assert_false(take_off());
	leave_behind();
	assert_true(take_off());
	fixture_assert_hook("left", 0, 0);
	assert_pinned(true, true, false);
	assert_peek(3);
	assert_false(take_off());

	/* The next writer goes on. */
	open_source();
	attach_with(0, "");
	run(2);
	assert_read(5);
}

/* Even where another process has the link. */
static void test_take_off_beside_a_source(void **state)
{
	(void)state;
	open_source();
	attach_with(0, "");
	assert_true(take_off());
	fixture_assert_hook("left", 0, 0);
}

static void test_forget(void **state)
{
	(void)state;
	assert_false(forget());
	leave_behind();
	assert_int_equal(pins_release(pins, left.ifindex), 0);
	assert_true(forget());
	fixture_assert_hook("left", 0, 0);
	assert_pinned(false, false, false);
	assert_false(pins_is_released(pins, left.ifindex));
	assert_false(forget());
}

static void assert_unload(int err, bool had_program, const char *words)
{
	struct reason why = { "" };
	enum source_kind kind = SOURCE_NONE;

	assert_int_equal(unload(&kind, &why), err);
	assert_int_equal(kind == SOURCE_COUNT, had_program);
	assert_contains(why.text, words);
}

static void test_unload(void **state)
{
	(void)state;
	assert_unload(-ENOENT, false, "nothing of ours");
	leave_behind();
	assert_unload(0, true, "");
	fixture_assert_hook("left", 0, 0);
	assert_pinned(false, false, false);
	assert_unload(-ENOENT, false, "nothing of ours");

	leave_behind();
	assert_true(take_off());
	assert_unload(0, false, "");
	assert_pinned(false, false, false);

	assert_int_equal(pins_release(pins, left.ifindex), 0);
	assert_unload(0, false, "");
	assert_false(pins_is_released(pins, left.ifindex));
}

static void test_unload_leaves_somebodys_link(void **state)
{
	_cleanup_close_ int prog_fd = fixture_load_foreign(), link_fd = -1;

	(void)state;
	leave_behind();
	link_fd = get(PIN_LINK);
	assert_int_equal(bpf_link_update(link_fd, prog_fd, NULL), 0);
	assert_unload(-EINVAL, false, "is no counter program");
	assert_pinned(true, true, true);
	fixture_assert_hook("left", fixture_prog_id(prog_fd), 0);
	assert_true(pins_remove(pins, left.ifindex, PIN_LINK));
}

static void test_unload_leaves_all_where_a_map_is_refused(void **state)
{
	_cleanup_close_ int map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "other", 4, 16, 5, NULL);
	struct reason reason;

	(void)state;
	leave_behind();
	assert_true(pins_remove(pins, left.ifindex, PIN_MAP));
	assert_int_equal(pins_put(pins, left.ifindex, PIN_MAP, map_fd, &reason), 0);
	assert_unload(-EINVAL, false, "map 'other' (id ");
	assert_pinned(true, true, true);
	assert_true(pins_remove(pins, left.ifindex, PIN_MAP));
	assert_unload(0, true, "");
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
	end_source();
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
		source_discard(source);
		source = NULL;
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
	end_source();
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
	end_source();
	assert_pinned(true, true, false);
}

/* Somebody has put a program of theirs into our link. */
static void test_foreign_program_in_our_link(void **state)
{
	_cleanup_close_ int prog_fd = fixture_load_foreign();
	_cleanup_close_ int link_fd = -1;
	uint32_t id = fixture_prog_id(prog_fd);

	(void)state;
	open_source();
	attach_with(0, "");
	assert_false(source_holds(source, id));
	link_fd = get(PIN_LINK);
	assert_int_equal(bpf_link_update(link_fd, prog_fd, NULL), 0);
	fixture_assert_hook("left", id, 0);
	assert_true(source_holds(source, id));
	assert_false(source_holds(source, left.prog_id));
	assert_not_left_behind(id, "is no counter program");
	assert_false(take_off());
	fixture_assert_hook("left", id, 0);
}

/* An interface of the test's own with a source on it, to be deleted. */
static void open_third(void)
{
	unit_run("ip link add third type veth peer name fourth");
	left = fixture_netdev("third");
	open_source();
	attach_with(0, "");
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_next_run_goes_on),
		TEST(test_discard_leaves_nothing),
		TEST(test_peek_sees_what_is_served),
		TEST(test_reset_is_carried),
		TEST(test_peek_after_a_switch),
		TEST(test_peek_refuses),
		TEST(test_left_behind),
		TEST(test_somebodys_link),
		TEST(test_take_off),
		TEST(test_take_off_beside_a_source),
		TEST(test_forget),
		TEST(test_unload),
		TEST(test_unload_leaves_somebodys_link),
		TEST(test_unload_leaves_all_where_a_map_is_refused),
		TEST(test_keep_pins_again),
		TEST(test_lost_map_is_found_again),
		TEST(test_lost_record),
		TEST(test_lost_link),
		TEST(test_detached_by_force),
		TEST(test_renamed_while_nobody_looked),
		TEST(test_another_interface),
		TEST(test_refused_map),
		TEST(test_refused_record),
		TEST(test_foreign_program_in_our_link),
		TEST(test_stale),
		TEST(test_stale_without_a_writer),
	};
	int failed;

	fixture_enter();
	unit_bpffs_begin();
	log_set_sink(unit_log);
	failed = cmocka_run_group_tests_name("pinned", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
