/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is pinned, looked at and taken away by whoever has no source. */
#include "pins_fixture.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>

#include "lib/util.h"

static bool left_behind(const struct pins *below, uint32_t prog_id, struct reason *why)
{
	_cleanup_pinned_ struct pinned pinned = pinned_open(&fixture_common, below, left.ifindex);

	return pinned_holds(&pinned, prog_id, why);
}

static bool has_counters(unsigned int ifindex)
{
	_cleanup_pinned_ struct pinned pinned = pinned_open(&fixture_common, pins, ifindex);

	return pinned_has_counters(&pinned);
}

static bool forget(void)
{
	_cleanup_pinned_ struct pinned pinned = pinned_open(&fixture_common, pins, left.ifindex);

	return pinned_forget(&pinned);
}

static int unload(enum source_kind *kind, struct reason *why)
{
	_cleanup_pinned_ struct pinned pinned = pinned_open(&fixture_common, pins, left.ifindex);

	return pinned_unload(&pinned, kind, why);
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
	struct reason why;

	(void)state;
	assert_false(forget());
	leave_behind();
	assert_int_equal(pins_release(pins, left.ifindex, &why), 0);
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
	struct reason why;

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

	assert_int_equal(pins_release(pins, left.ifindex, &why), 0);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, pins_fixture_setup, pins_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_peek_sees_what_is_served),
		TEST(test_peek_after_a_switch),
		TEST(test_peek_refuses),
		TEST(test_left_behind),
		TEST(test_somebodys_link),
		TEST(test_foreign_program_in_our_link),
		TEST(test_take_off),
		TEST(test_take_off_beside_a_source),
		TEST(test_forget),
		TEST(test_unload),
		TEST(test_unload_leaves_somebodys_link),
		TEST(test_unload_leaves_all_where_a_map_is_refused),
	};
	int failed;

	pins_fixture_begin();
	failed = cmocka_run_group_tests_name("pinned", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
