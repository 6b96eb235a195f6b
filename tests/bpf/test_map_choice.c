/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which map of somebody else's program is read: by its name or path, and with which layout. */
#include "map_fixture.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/util.h"

static void start_with(const int *maps, unsigned int number)
{
	prog_fd = load_counting(maps, number);
	attach_theirs();
	open_source();
}

static void test_no_map_of_that_name(void **state)
{
	(void)state;
	map_fd = make_map(BPF_MAP_TYPE_PERCPU_ARRAY, "other");
	start_with(&map_fd, 1);
	assert_refused(NULL, -ENOENT,
		       "it has no map named xdp_stats_map; name the one it counts in by xdpMap");
}

static void test_several_maps_of_that_name(void **state)
{
	int maps[] = { make_map(BPF_MAP_TYPE_PERCPU_ARRAY, STATS_MAP),
		       make_map(BPF_MAP_TYPE_PERCPU_ARRAY, STATS_MAP) };

	(void)state;
	map_fd = maps[0];
	start_with(maps, 2);
	close(maps[1]); /* the program has it */
	assert_refused(NULL, -ENOTUNIQ, "it has several maps named xdp_stats_map (id ");
}

static void test_wrong_layout(void **state)
{
	static const struct {
		enum bpf_map_type type;
		unsigned int key, value, entries;
		const char *found;
	} wrong[] = {
		{ BPF_MAP_TYPE_HASH, 4, 16, 5, "type 1, key size 4, value size 16, entries 5" },
		{ BPF_MAP_TYPE_ARRAY, 4, 24, 5, "type 2, key size 4, value size 24, entries 5" },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, 6,
		  "type 6, key size 4, value size 16, entries 6" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		map_fd = bpf_map_create(wrong[i].type, STATS_MAP, wrong[i].key, wrong[i].value,
					wrong[i].entries, NULL);
		assert_true(map_fd >= 0);
		start_with(&map_fd, 1);
		assert_refused(NULL, -EINVAL, wrong[i].found);
		assert_refused(NULL, -EINVAL, "expected 6 (per-CPU array) or 2 (array), 4, 16, 5");
		map_fixture_again();
	}
}

static void test_path_is_read(void **state)
{
	char path[64], other_path[64];
	struct reason reason;
	_cleanup_close_ int other_fd = make_map(BPF_MAP_TYPE_ARRAY, "other");

	(void)state;
	map_fd = make_map(BPF_MAP_TYPE_ARRAY, "any_name");
	start_with(&map_fd, 1);
	run_theirs(3);
	unit_run("mkdir %s/theirs", unit_bpffs);
	snprintf(path, sizeof(path), "%s/theirs/map", unit_bpffs);
	snprintf(other_path, sizeof(other_path), "%s/theirs/other", unit_bpffs);
	assert_int_equal(bpf_obj_pin(map_fd, path), 0);
	assert_int_equal(bpf_obj_pin(other_fd, other_path), 0);
	assert_int_equal(source_can_use_map(&fixture_common, left.prog_id, path, &reason), 0);
	assert_int_equal(source_use_map(source, &left, path, 0, &reason), 0);
	assert_true(source_uses_map(source, left.prog_id, path));
	assert_false(source_uses_map(source, left.prog_id, other_path));
	assert_read(3);

	/* Another map is pinned there from now on. */
	assert_int_equal(unlink(path), 0);
	assert_false(source_uses_map(source, left.prog_id, path));
	assert_int_equal(bpf_obj_pin(other_fd, path), 0);
	assert_false(source_uses_map(source, left.prog_id, path));
	assert_refused(path, -EINVAL, "it does not use the map at ");
	assert_read(3);
}

static void test_path_of_no_map(void **state)
{
	char path[64];

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	unit_run("mkdir %s/theirs", unit_bpffs);
	snprintf(path, sizeof(path), "%s/theirs/program", unit_bpffs);
	assert_refused(path, -ENOENT, "No such file or directory");
	assert_int_equal(bpf_obj_pin(prog_fd, path), 0);
	assert_refused(path, -EINVAL, "is no map");
	use_map(); /* which it has beside */
}

static void test_program_is_gone(void **state)
{
	struct reason reason;

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	end_theirs();
	left.prog_id = 0x7fffffff;
	assert_int_equal(source_use_map(source, &left, NULL, 0, &reason), -ENOENT);
	assert_string_equal(reason.text,
			    "the kernel does not tell its maps: No such file or directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, map_fixture_setup, map_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_map_of_that_name), TEST(test_several_maps_of_that_name),
		TEST(test_wrong_layout),        TEST(test_path_is_read),
		TEST(test_path_of_no_map),      TEST(test_program_is_gone),
	};
	int failed;

	pins_fixture_begin();
	failed = cmocka_run_group_tests_name("map_choice", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
