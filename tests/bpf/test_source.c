/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map of an interface: which one is believed, what it holds, and that nothing is left of it. */
#include "fixture.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/util.h"
#include "source/source.h"
#include "source/stats_map.h"

static const struct fixture_frame frame = { 1514, 0 };

static void run_program(const struct source *source, unsigned int repeat)
{
	_cleanup_close_ int prog_fd = fixture_prog_fd(source);

	fixture_run(prog_fd, &frame, repeat);
}

static void assert_read(struct source *source, uint64_t packets)
{
	struct counters sum;

	assert_int_equal(source_read(source, &sum, NULL), 0);
	fixture_assert_passed(&sum, packets, packets * frame.length);
}

static bool program_is_gone(const void *prog_id)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(*(const uint32_t *)prog_id);

	return fd == -ENOENT;
}

struct map_case {
	const char *name;
	enum bpf_map_type type;
	unsigned int key, value, entries;
	const char *found;
};

static void check_map(const struct map_case *map)
{
	_cleanup_close_ int fd =
		bpf_map_create(map->type, map->name, map->key, map->value, map->entries, NULL);
	struct reason reason = { "" };
	char expected[REASON_MAX] = "", id[64];

	assert_true(fd >= 0);
	fixture_fdinfo(fd, "map_id:", id);
	if (map->found)
		snprintf(expected, sizeof(expected),
			 "map '%s' (id %s) has %s; expected 6 (per-CPU array), "
			 "4, 16, 5",
			 map->name, id, map->found);
	assert_int_equal(stats_map_check(fd, &reason), map->found ? -EINVAL : 0);
	assert_string_equal(reason.text, expected);
}

static void test_wrong_maps_are_refused(void **state)
{
	static const struct map_case maps[] = {
		{ "array", BPF_MAP_TYPE_ARRAY, 4, 16, 5,
		  "type 2, key size 4, value size 16, entries 5" },
		{ "hash", BPF_MAP_TYPE_HASH, 4, 16, 5,
		  "type 1, key size 4, value size 16, entries 5" },
		{ "percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 8, 16, 5,
		  "type 5, key size 8, value size 16, entries 5" },
		{ "packets_only", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 5,
		  "type 6, key size 4, value size 8, entries 5" },
		{ "four", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, 4,
		  "type 6, key size 4, value size 16, entries 4" },
		{ "six", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, 6,
		  "type 6, key size 4, value size 16, entries 6" },
	};

	(void)state;
	for (unsigned int i = 0; i < LENGTH(maps); i++)
		check_map(&maps[i]);
}

static void test_right_map_is_accepted(void **state)
{
	(void)state;
	check_map(&(struct map_case){ "by_hand", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, 5, NULL });
}

static void test_what_is_no_map_is_refused(void **state)
{
	_cleanup_close_ int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int prog_fd = fixture_load_foreign();
	struct reason reason;

	(void)state;
	assert_int_equal(stats_map_check(null_fd, &reason), -EINVAL);
	assert_string_equal(reason.text, "cannot ask the kernel about the map: Invalid argument");
	assert_int_equal(stats_map_check(-1, &reason), -EBADFD);
	assert_string_equal(reason.text,
			    "cannot ask the kernel about the map: File descriptor in bad state");
	assert_int_equal(stats_map_check(prog_fd, &reason), -EINVAL);
}

static void test_values_outlive_the_writer(void **state)
{
	struct source *source = fixture_open();
	struct reason reason;
	uint32_t id;

	(void)state;
	assert_int_equal(source_status(source).prog_id, 0);
	assert_read(source, 0);
	fixture_attach(source, "left", HOOK_ANY, &reason);
	id = source_status(source).prog_id;
	run_program(source, 3);
	source_detach(source);
	assert_int_equal(source_status(source).prog_id, 0);
	assert_true(fixture_eventually(program_is_gone, &id));
	fixture_assert_hook("left", 0, 0);
	assert_read(source, 3);

	/* The next writer goes on where the last one stopped, and so does its successor. */
	fixture_attach(source, "left", HOOK_GENERIC, &reason);
	run_program(source, 4);
	assert_read(source, 7);
	fixture_attach(source, "right", HOOK_NATIVE, &reason);
	fixture_assert_hook("left", 0, 0);
	run_program(source, 5);
	assert_read(source, 12);
}

/* Kinds of BPF objects, as /proc/self/fdinfo names their ids. */
static const struct {
	const char *name;
	int (*open)(__u32 id);
} kinds[] = {
	{ "prog_id:", bpf_prog_get_fd_by_id },
	{ "map_id:", bpf_map_get_fd_by_id },
	{ "link_id:", bpf_link_get_fd_by_id },
	{ "btf_id:", bpf_btf_get_fd_by_id },
};

struct objects {
	unsigned int descriptors, count;
	struct {
		unsigned int kind;
		uint32_t id;
	} object[64];
};

/* All descriptors of the process, and what BPF objects they refer to. */
static struct objects list_objects(void)
{
	struct objects objects = { 0 };
	DIR *directory = opendir("/proc/self/fdinfo");
	const struct dirent *entry;
	char id[64];

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		objects.descriptors++;
		for (unsigned int kind = 0; kind < LENGTH(kinds); kind++) {
			fixture_fdinfo(atoi(entry->d_name), kinds[kind].name, id);
			if (!*id)
				continue;
			assert_true(objects.count < LENGTH(objects.object));
			objects.object[objects.count].kind = kind;
			objects.object[objects.count++].id = (uint32_t)atoi(id);
		}
	}
	closedir(directory);
	return objects;
}

static bool objects_are_gone(const void *context)
{
	const struct objects *objects = context;

	for (unsigned int i = 0; i < objects->count; i++) {
		_cleanup_close_ int fd = kinds[objects->object[i].kind].open(objects->object[i].id);

		if (fd != -ENOENT)
			return false;
	}
	return true;
}

static void test_close_leaves_nothing(void **state)
{
	struct objects before = list_objects(), during, after;
	struct source *source = fixture_open();
	bool seen[LENGTH(kinds)] = { false };
	struct reason reason;
	uint32_t id;

	(void)state;
	assert_int_equal(before.count, 0);
	fixture_attach(source, "left", HOOK_ANY, &reason);
	id = source_status(source).prog_id;
	run_program(source, 1);
	during = list_objects();
	for (unsigned int i = 0; i < during.count; i++)
		seen[during.object[i].kind] = true;
	for (unsigned int kind = 0; kind < LENGTH(kinds); kind++)
		assert_true(seen[kind]);

	fixture_close(source);
	fixture_assert_hook("left", 0, 0);
	assert_true(fixture_eventually(program_is_gone, &id));
	common_close(&fixture_common);
	common_open(&fixture_common, NULL);
	assert_true(fixture_eventually(objects_are_gone, &during));
	after = list_objects();
	assert_int_equal(after.count, 0);
	assert_int_equal(after.descriptors, before.descriptors);
	source_close(NULL);
}

static void attach_and_be_killed(struct fixture_answer *answer)
{
	fixture_open_and_attach(answer);
	raise(SIGKILL);
}

static void test_dead_process_leaves_nothing(void **state)
{
	static void (*const children[])(struct fixture_answer *) = { fixture_open_and_attach,
								     attach_and_be_killed };

	(void)state;
	for (unsigned int i = 0; i < LENGTH(children); i++) {
		struct fixture_answer answer;
		int status;

		answer = fixture_ask_child(children[i], &status);
		assert_int_equal(WIFSIGNALED(status), children[i] == attach_and_be_killed);
		assert_int_equal(answer.err, 0);
		assert_int_not_equal(answer.prog_id, 0);
		assert_true(fixture_eventually(fixture_hook_is_free, "left"));
		assert_true(fixture_eventually(program_is_gone, &answer.prog_id));
	}
}

static void test_describes_programs(void **state)
{
	_cleanup_close_ int prog_fd = fixture_load_foreign();
	struct program_info described = fixture_describe(fixture_prog_id(prog_fd));
	struct source *source = fixture_open();
	struct reason reason;
	char tag[64];

	(void)state;
	fixture_fdinfo(prog_fd, "prog_tag:", tag);
	assert_string_equal(described.name, "foreign");
	assert_int_equal(strlen(tag), 16);
	assert_string_equal(described.tag, tag);

	fixture_attach(source, "left", HOOK_ANY, &reason);
	assert_string_equal(fixture_describe(source_status(source).prog_id).name,
			    "xdp_stats_count");
}

static void test_describes_no_program(void **state)
{
	static const uint32_t ids[] = { 0, UINT32_MAX };

	(void)state;
	for (unsigned int i = 0; i < LENGTH(ids); i++) {
		struct program_info described = fixture_describe(ids[i]);

		assert_string_equal(described.name, "");
		assert_string_equal(described.tag, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_wrong_maps_are_refused, fixture_teardown),
		cmocka_unit_test_teardown(test_right_map_is_accepted, fixture_teardown),
		cmocka_unit_test_teardown(test_what_is_no_map_is_refused, fixture_teardown),
		cmocka_unit_test_teardown(test_values_outlive_the_writer, fixture_teardown),
		cmocka_unit_test_teardown(test_close_leaves_nothing, fixture_teardown),
		cmocka_unit_test_teardown(test_dead_process_leaves_nothing, fixture_teardown),
		cmocka_unit_test_teardown(test_describes_programs, fixture_teardown),
		cmocka_unit_test_teardown(test_describes_no_program, fixture_teardown),
	};

	fixture_enter();
	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
