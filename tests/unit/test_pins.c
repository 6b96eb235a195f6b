/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pins in a real bpffs, which nobody else sees. */
#include "unit.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pins.h"
#include "lib/util.h"

#define NOBODY 65534

static char directory[128];
static struct pins *pins;
static struct reason error;

static int setup(void **state)
{
	(void)state;
	reason_clear(&error);
	snprintf(directory, sizeof(directory), "%s/pins", unit_bpffs);
	return pins_open(&pins, directory, true, &error);
}

static int teardown(void **state)
{
	(void)state;
	pins_close(pins);
	pins = NULL;
	unit_run("rm -rf %s/pins", unit_bpffs);
	return 0;
}

static int make_map(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "test", 4, 8, 1, NULL);

	assert_true(fd >= 0);
	return fd;
}

static int make_program(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "test", "GPL", insns, LENGTH(insns), NULL);

	assert_true(fd >= 0);
	return fd;
}

/* On lo, in the namespace of the test. */
static int make_link(void)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = 1U << 1); /* XDP_FLAGS_SKB_MODE */
	_cleanup_close_ int prog_fd = make_program();
	int fd = bpf_link_create(prog_fd, 1, BPF_XDP, &options);

	assert_true(fd >= 0);
	return fd;
}

/* Of a map or a link. */
static uint32_t object_id(int fd)
{
	union {
		struct bpf_map_info map;
		struct bpf_link_info netdev;
	} info = { 0 };
	__u32 size = sizeof(info);

	static_assert(offsetof(struct bpf_map_info, id) == offsetof(struct bpf_link_info, id),
		      "both are in the same place");
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	return info.map.id;
}

static bool exists(const char *path)
{
	struct stat status;

	return !lstat(path, &status);
}

static void put(unsigned int ifindex, enum pin pin, int fd)
{
	if (pins_put(pins, ifindex, pin, fd, &error))
		fail_msg("%s", error.text);
}

/* A pin that has to be refused, with this in the message, and still be there. */
static void assert_refused(enum pin pin, int err, const char *words)
{
	reason_clear(&error);
	assert_int_equal(pins_get(pins, 3, pin, &error), err);
	assert_contains(error.text, pins_path(pins, 3, pin));
	assert_contains(error.text, words);
	assert_true(exists(pins_path(pins, 3, pin)));
}

static const struct known {
	unsigned int ifindex;
	enum pin pin;
	bool is_link; /* else a map */
	const char *tail;
} known[] = {
	{ 3, PIN_MAP, false, "/3/xdp_stats_map" },
	{ 3, PIN_STATE, false, "/3/state" },
	{ 3, PIN_LINK, true, "/3/link" },
	{ 3, PIN_IN, true, "/3/in" },
	{ 3, PIN_OUT, true, "/3/out" },
	{ 3, PIN_FIRST, false, "/3/first" },
	{ PINS_IN_COMMON, PIN_OBSERVED, false, "/0/observed" },
	{ PINS_IN_COMMON, PIN_INVALID, false, "/0/invalid" },
	{ PINS_IN_COMMON, PIN_BONDS, false, "/0/bonds" },
	{ PINS_IN_COMMON, PIN_ERRORS, false, "/0/errors" },
	{ PINS_IN_COMMON, PIN_NEWS, false, "/0/news" },
	{ PINS_IN_COMMON, PIN_EXCEPTION, true, "/0/exception" },
	{ PINS_IN_COMMON, PIN_REDIRECT, true, "/0/redirect" },
	{ PINS_IN_COMMON, PIN_TRANSMIT, true, "/0/transmit" },
};

static void test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(known); i++) {
		const char *path = pins_path(pins, known[i].ifindex, known[i].pin);
		char *end;

		assert_memory_equal(path, directory, strlen(directory));
		assert_int_equal(path[strlen(directory)], '/');
		assert_int_not_equal(strtoull(path + strlen(directory) + 1, &end, 10), 0);
		assert_string_equal(end, known[i].tail);
	}
}

/* Where each network namespace has pins of its own. */
static void test_other_namespace_has_its_own(void **state)
{
	char here[256];
	pid_t child;
	int status;

	(void)state;
	snprintf(here, sizeof(here), "%s", pins_path(pins, 3, PIN_MAP));
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		struct pins *other;

		unit_enter_namespace();
		_exit(pins_open(&other, directory, true, &error) ||
		      !strcmp(pins_path(other, 3, PIN_MAP), here));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_opens_what_is_there_only(void **state)
{
	struct pins *other = NULL;
	char path[256];

	(void)state;
	pins_remove_namespace(pins);
	assert_int_equal(pins_open(&other, directory, false, &error), -ENOENT);
	assert_contains(error.text, directory);
	assert_null(other);
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(pins_open(&other, directory, false, &error), -ENOENT);
	assert_false(exists(directory));

	assert_int_equal(pins_open(&other, directory, true, &error), 0);
	assert_true(exists(directory));
	pins_close(other);
	assert_int_equal(pins_open(&other, directory, false, &error), 0);
	pins_close(other);

	/* One level is made, not two. */
	snprintf(path, sizeof(path), "%s/a/b", unit_bpffs);
	assert_int_equal(pins_open(&other, path, true, &error), -ENOENT);
	assert_contains(error.text, "No such file or directory");
}

static void test_what_is_no_bpffs_is_refused(void **state)
{
	static const bool make[] = { true, false };
	char template[] = "/tmp/xdp-agentx-unit-XXXXXX";
	struct pins *other = NULL;

	(void)state;
	assert_non_null(mkdtemp(template));
	for (size_t i = 0; i < LENGTH(make); i++) {
		reason_clear(&error);
		assert_int_equal(pins_open(&other, template, make[i], &error), -EINVAL);
		assert_contains(error.text, template);
		assert_contains(error.text, "mount -t bpf -o mode=0700 bpf /sys/fs/bpf");
		assert_null(other);
	}
	assert_int_equal(rmdir(template), 0); /* it is empty */
}

static void test_names_that_are_too_long(void **state)
{
	char path[PATH_MAX];
	struct pins *other = NULL;
	size_t used = (size_t)snprintf(path, sizeof(path), "%s", unit_bpffs);

	(void)state;
	for (; used < sizeof(path) - 2; used += 2)
		memcpy(path + used, "/.", 3);
	assert_int_not_equal(pins_open(&other, path, true, &error), 0);
	assert_null(other);
}

static void test_gets_what_was_put(void **state)
{
	int maps[LENGTH(known)];
	_cleanup_close_ int netdev = make_link();

	(void)state;
	for (size_t i = 0; i < LENGTH(known); i++) {
		maps[i] = make_map();
		put(known[i].ifindex, known[i].pin, known[i].is_link ? netdev : maps[i]);
	}
	for (size_t i = 0; i < LENGTH(known); i++) {
		_cleanup_close_ int got = pins_get(pins, known[i].ifindex, known[i].pin, &error);

		assert_true(got >= 0);
		assert_int_equal(object_id(got), object_id(known[i].is_link ? netdev : maps[i]));
		close(maps[i]);
	}

	/* Of another interface there is nothing. */
	assert_int_equal(pins_get(pins, 4, PIN_MAP, &error), -ENOENT);
	assert_contains(error.text, pins_path(pins, 4, PIN_MAP));
	assert_contains(error.text, "No such file or directory");
}

static void test_puts_where_nothing_is_only(void **state)
{
	_cleanup_close_ int first = make_map(), second = make_map(), got = -1;

	(void)state;
	put(3, PIN_MAP, first);
	assert_int_equal(pins_put(pins, 3, PIN_MAP, second, &error), -EEXIST);
	assert_contains(error.text, pins_path(pins, 3, PIN_MAP));
	assert_contains(error.text, "File exists");
	got = pins_get(pins, 3, PIN_MAP, &error);
	assert_int_equal(object_id(got), object_id(first));
}

static void assert_holds(enum pin pin, int fd)
{
	_cleanup_close_ int got = pins_get(pins, 3, pin, &error);

	if (got < 0)
		fail_msg("%s", error.text);
	assert_int_equal(object_id(got), object_id(fd));
}

/* The name under which a pin is made before it takes the place of another. */
static const char *next_path(void)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s", pins_path(pins, 3, PIN_MAP));
	strcpy(strrchr(path, '/'), "/next");
	return path;
}

static void test_replaces(void **state)
{
	_cleanup_close_ int first = make_map(), second = make_map();

	(void)state;
	assert_int_equal(pins_replace(pins, 3, PIN_MAP, first, &error), 0);
	assert_holds(PIN_MAP, first);
	assert_int_equal(bpf_obj_pin(first, next_path()), 0); /* a crash */
	assert_int_equal(pins_replace(pins, 3, PIN_MAP, second, &error), 0);
	assert_holds(PIN_MAP, second);
	assert_false(exists(next_path()));
}

static void test_what_cannot_be_replaced(void **state)
{
	_cleanup_close_ int first = make_map(), second = make_map();

	(void)state;
	put(3, PIN_MAP, first);
	assert_int_equal(mkdir(next_path(), 0755), 0);
	assert_int_equal(pins_replace(pins, 3, PIN_MAP, second, &error), -EEXIST);
	assert_contains(error.text, pins_path(pins, 3, PIN_MAP));
	assert_contains(error.text, "File exists");
	assert_holds(PIN_MAP, first);
	assert_int_equal(rmdir(next_path()), 0);

	/* What was made for it stays until the next time. */
	assert_int_equal(mkdir(pins_path(pins, 3, PIN_STATE), 0755), 0);
	assert_int_equal(pins_replace(pins, 3, PIN_STATE, second, &error), -EISDIR);
	assert_contains(error.text, pins_path(pins, 3, PIN_STATE));
	assert_true(exists(pins_path(pins, 3, PIN_STATE)));
	assert_true(exists(next_path()));
	assert_int_equal(pins_replace(pins, 3, PIN_MAP, second, &error), 0);
	assert_holds(PIN_MAP, second);
	assert_false(exists(next_path()));
}

static void test_what_cannot_be_pinned(void **state)
{
	(void)state;
	assert_true(pins_put(pins, 3, PIN_MAP, STDIN_FILENO, &error) < 0);
	assert_contains(error.text, pins_path(pins, 3, PIN_MAP));
	assert_false(exists(pins_path(pins, 3, PIN_MAP)));
}

/* The kernel tells of any object whatever it is asked for. */
static void test_wrong_kinds_are_refused(void **state)
{
	enum { MAP, PROGRAM, LINK, KINDS };
	static const char *const names[] = { "anon_inode:bpf-map", "anon_inode:bpf-prog",
					     "anon_inode:bpf-link" };
	const int fds[KINDS] = { make_map(), make_program(), make_link() };

	(void)state;
	for (size_t i = 0; i < LENGTH(known); i++) {
		const unsigned int expected = known[i].is_link ? LINK : MAP;

		for (unsigned int kind = 0; kind < KINDS; kind++) {
			char words[128];

			if (kind == expected)
				continue;
			put(3, known[i].pin, fds[kind]);
			snprintf(words, sizeof(words), "it is %s, expected %s", names[kind],
				 names[expected]);
			assert_refused(known[i].pin, -EINVAL, words);
			assert_false(pins_remove(pins, 3, known[i].pin));
			assert_int_equal(unlink(pins_path(pins, 3, known[i].pin)), 0);
		}
	}
	for (unsigned int kind = 0; kind < KINDS; kind++)
		close(fds[kind]);
}

static void test_a_directory_is_refused(void **state)
{
	(void)state;
	unit_run("mkdir -p %s", pins_path(pins, 3, PIN_MAP));
	assert_refused(PIN_MAP, -EACCES, "Permission denied");
	assert_false(pins_remove(pins, 3, PIN_MAP));
}

static void test_a_dangling_link_of_the_file_system(void **state)
{
	(void)state;
	unit_run("mkdir -p %s && rmdir %s", pins_path(pins, 3, PIN_MAP),
		 pins_path(pins, 3, PIN_MAP));
	assert_int_equal(symlink("nowhere", pins_path(pins, 3, PIN_MAP)), 0);
	assert_refused(PIN_MAP, -ENOENT, "No such file");
}

static void test_foreign_owner_is_refused(void **state)
{
	_cleanup_close_ int fd = make_map();

	(void)state;
	put(3, PIN_MAP, fd);
	assert_int_equal(chown(pins_path(pins, 3, PIN_MAP), 12345, 12345), 0);
	assert_refused(PIN_MAP, -EPERM, "it belongs to uid 12345, expected 0 or 0");
}

/* What is in a directory that root gave away belongs to whom it was given. */
static void test_directory_of_another(void **state)
{
	_cleanup_close_ int fd = make_map(), got = -1;
	struct pins *given;
	struct stat status;

	(void)state;
	put(3, PIN_MAP, fd);
	unit_run("chown -R %d:%d %s", NOBODY, NOBODY, directory);
	assert_int_equal(chmod(unit_bpffs, 0755), 0);
	assert_int_equal(pins_open(&given, directory, true, &error), 0);
	got = pins_get(given, 3, PIN_MAP, &error);
	assert_true(got >= 0);
	assert_int_equal(pins_put(given, 4, PIN_MAP, fd, &error), 0);
	assert_int_equal(stat(pins_path(given, 4, PIN_MAP), &status), 0);
	assert_int_equal(status.st_uid, NOBODY);
	assert_int_equal(pins_release(given, 5, &error), 0);
	assert_int_equal(stat(pins_path(given, 5, PIN_MAP), &status), -1);
	unit_run("test \"$(find %s ! -user %d)\" = ''", directory, NOBODY);
	assert_int_equal(chown(pins_path(given, 4, PIN_MAP), 12345, 12345), 0);
	assert_int_equal(pins_get(given, 4, PIN_MAP, &error), -EPERM);
	assert_contains(error.text, "it belongs to uid 12345, expected 0 or 65534");
	pins_close(given);
}

/* --- directories that others may write to --- */

static void note_interface(unsigned int ifindex, void *context)
{
	(void)ifindex;
	*(bool *)context = true;
}

static void fail_namespace(struct pins *namespace, void *context)
{
	(void)namespace;
	(void)context;
	fail_msg("a namespace was visited");
}

/* What is in it is neither seen nor opened, and nothing is put there or taken away. */
static void assert_untouched(int err, const char *words, int fd)
{
	bool visited = false;

	assert_int_equal(pins_get(pins, 3, PIN_MAP, &error), err);
	assert_contains(error.text, words);
	assert_false(pins_exists(pins, 3, PIN_MAP));
	assert_false(pins_is_released(pins, 3));
	assert_int_equal(pins_put(pins, 3, PIN_STATE, fd, &error), err);
	assert_contains(error.text, words);
	assert_int_equal(pins_replace(pins, 3, PIN_MAP, fd, &error), err);
	assert_contains(error.text, words);
	assert_int_equal(pins_repin(pins, 3, PIN_MAP, fd, &error), err);
	assert_false(pins_remove(pins, 3, PIN_MAP));
	assert_int_equal(pins_release(pins, 3, &error), err);
	assert_contains(error.text, words);
	assert_int_equal(pins_retake(pins, 3, &error), err);
	pins_remove_interface(pins, 3);
	pins_remove_namespace(pins);
	pins_each(pins, note_interface, &visited);
	assert_true(exists(pins_path(pins, 3, PIN_MAP)));
	assert_false(exists(pins_path(pins, 3, PIN_STATE)));
}

/* Each of the three, in each way. */
static void test_directories_of_others(void **state)
{
	static const struct {
		const char *command, *words;
		int err;
	} cases[] = {
		{ "chown 65534", " belongs to uid 65534, expected 0 or 0; remove it", -EPERM },
		{ "chmod 1777", "others may write to ", -EPERM },
		{ "chmod 0775", "(mode 0775)", -EPERM },
		{ "chmod 0757", "(mode 0757)", -EPERM },
	};
	static const char *const up[] = { "/../..", "/..", "" };
	_cleanup_close_ int fd = make_map();

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		for (size_t j = 0; j < LENGTH(up); j++) {
			char path[512];

			put(3, PIN_MAP, fd);
			assert_int_equal(pins_release(pins, 3, &error), 0);
			snprintf(path, sizeof(path), "$(realpath $(dirname %s)%s)",
				 pins_path(pins, 3, PIN_MAP), up[j]);
			unit_run("%s %s", cases[i].command, path);
			assert_untouched(cases[i].err, cases[i].words, fd);
			unit_run("chown 0 %s && chmod 0755 %s", path, path);
			assert_true(pins_exists(pins, 3, PIN_MAP));
			assert_true(pins_is_released(pins, 3));
			assert_true(pins_remove(pins, 3, PIN_MAP));
		}
	}
}

static void test_a_symbolic_link_for_a_directory(void **state)
{
	_cleanup_close_ int fd = make_map();
	char path[256];

	(void)state;
	put(4, PIN_MAP, fd);
	snprintf(path, sizeof(path), "%s", pins_path(pins, 3, PIN_MAP));
	*strrchr(path, '/') = '\0';
	assert_int_equal(symlink("4", path), 0);
	assert_int_equal(pins_get(pins, 3, PIN_MAP, &error), -ENOTDIR);
	assert_contains(error.text, " is no directory; remove it");
	assert_false(pins_exists(pins, 3, PIN_MAP));
	assert_int_equal(pins_put(pins, 3, PIN_STATE, fd, &error), -ENOTDIR);
	assert_false(exists(pins_path(pins, 4, PIN_STATE)));
}

/* A mark is believed where only we can have made it. */
static void test_whoever_made_it_first(void **state)
{
	struct pins *other = NULL;

	(void)state;
	pins_remove_namespace(pins);
	unit_run("chmod 1777 %s && rmdir %s && setpriv --reuid %d --clear-groups mkdir %s",
		 unit_bpffs, directory, NOBODY, directory);
	assert_int_equal(pins_open(&other, directory, true, &error), -EPERM);
	assert_contains(error.text, "/pins belongs to uid 65534, expected 0 or 0; remove it");
	assert_int_equal(pins_open(&other, directory, false, &error), -EPERM);
	unit_run("test \"$(ls %s)\" = ''", directory);
}

/* Who can rename what is above the directory can put another one in its place. */
static void test_what_leads_to_it(void **state)
{
	static const struct {
		const char *command, *words;
		int err;
	} cases[] = {
		{ "chown 65534", "/above belongs to uid 65534, who may rename what is in it",
		  -EPERM },
		{ "chmod 0777", "others may rename what is in ", -EPERM },
		{ "chmod 1777", "", 0 },
		{ "chmod 0755", "", 0 },
	};
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/above/it/pins", unit_bpffs);
	unit_run("mkdir -p %s/above/it", unit_bpffs);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct pins *other = NULL;

		reason_clear(&error);
		unit_run("%s %s/above", cases[i].command, unit_bpffs);
		assert_int_equal(pins_open(&other, path, true, &error), cases[i].err);
		assert_contains(error.text, cases[i].words);
		pins_close(other);
		unit_run("chown 0 %s/above && rm -rf %s", unit_bpffs, path);
	}
	unit_run("rm -rf %s/above", unit_bpffs);
}

/* A link on the way is followed once; where it leads is where the pins are. */
static void test_a_link_on_the_way(void **state)
{
	struct pins *other = NULL;
	char path[256], expected[256];

	(void)state;
	unit_run("mkdir %s/real && ln -s real %s/link", unit_bpffs, unit_bpffs);
	snprintf(path, sizeof(path), "%s/link/pins///", unit_bpffs);
	snprintf(expected, sizeof(expected), "%s/real/pins/", unit_bpffs);
	assert_int_equal(pins_open(&other, path, true, &error), 0);
	assert_contains(pins_path(other, 3, PIN_MAP), expected);
	pins_close(other);
	unit_run("rm -rf %s/real %s/link", unit_bpffs, unit_bpffs);
}

/* All of it may go while we run. */
static void test_makes_the_directories_anew(void **state)
{
	_cleanup_close_ int fd = make_map();

	(void)state;
	put(3, PIN_MAP, fd);
	unit_run("rm -rf %s", directory);
	assert_false(pins_exists(pins, 3, PIN_MAP));
	assert_int_equal(pins_repin(pins, 3, PIN_MAP, fd, &error), 0);
	assert_true(pins_exists(pins, 3, PIN_MAP));

	unit_run("umount %s", unit_bpffs);
	assert_int_equal(pins_repin(pins, 3, PIN_MAP, fd, &error), -EINVAL);
	assert_contains(error.text, "that is in no bpffs");
	unit_run("test \"$(ls %s)\" = '' && mount -t bpf bpf %s", unit_bpffs, unit_bpffs);
	assert_int_equal(pins_repin(pins, 3, PIN_MAP, fd, &error), 0);
	assert_true(pins_exists(pins, 3, PIN_MAP));
}

static void test_namespaces_of_what_is_no_bpffs(void **state)
{
	char template[] = "/tmp/xdp-agentx-unit-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(template));
	unit_run("mkdir -p %s/12/3", template);
	assert_int_equal(pins_each_namespace(template, fail_namespace, NULL, &error), -EINVAL);
	assert_contains(error.text, "that is in no bpffs");
	unit_run("chown 65534 %s", directory);
	assert_int_equal(pins_each_namespace(directory, fail_namespace, NULL, &error), -EPERM);
	assert_contains(error.text, "belongs to uid 65534");
	unit_run("rm -r %s", template);
}

/* What nobody, without any capability, gets: -errno and the message of each. */
struct answers {
	int get, put, open, release;
	struct reason get_error, put_error, open_error;
};

static void ask_as_nobody(struct answers *answers, int fd)
{
	struct pins *other;

	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return;
	answers->get = pins_get(pins, 3, PIN_MAP, &answers->get_error);
	answers->put = pins_put(pins, 4, PIN_MAP, fd, &answers->put_error);
	snprintf(directory, sizeof(directory), "%s/others", unit_bpffs);
	answers->open = pins_open(&other, directory, true, &answers->open_error);
	answers->release = pins_release(pins, 4, &error);
}

static void test_no_permission(void **state)
{
	_cleanup_close_ int fd = make_map();
	struct answers *answers = mmap(NULL, sizeof(*answers), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t child;

	(void)state;
	assert_ptr_not_equal(answers, MAP_FAILED);
	assert_int_equal(chmod(unit_bpffs, 0755), 0);
	put(3, PIN_MAP, fd);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		ask_as_nobody(answers, fd);
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	/* The kernel refuses unprivileged users of bpf(2) before it looks at the path. */
	assert_true(answers->get == -EPERM || answers->get == -EACCES);
	assert_contains(answers->get_error.text, pins_path(pins, 3, PIN_MAP));
	assert_int_equal(answers->put, -EACCES);
	assert_contains(answers->put_error.text, pins_path(pins, 4, PIN_MAP));
	assert_contains(answers->put_error.text, "Permission denied");
	assert_int_equal(answers->open, -EACCES);
	assert_contains(answers->open_error.text, "/others: Permission denied");
	assert_int_equal(answers->release, -EACCES);
	munmap(answers, sizeof(*answers));
}

static void test_removes(void **state)
{
	_cleanup_close_ int fd = make_map();
	char home[256];

	(void)state;
	assert_false(pins_remove(pins, 3, PIN_MAP));
	put(3, PIN_MAP, fd);
	snprintf(home, sizeof(home), "%s", pins_path(pins, 3, PIN_MAP));
	*strrchr(home, '/') = '\0';
	pins_remove_interface(pins, 3); /* not while there is a pin */
	assert_true(exists(home));
	assert_true(pins_remove(pins, 3, PIN_MAP));
	assert_false(pins_remove(pins, 3, PIN_MAP));
	pins_remove_interface(pins, 3);
	assert_false(exists(home));

	/* Nor while it is released. */
	assert_int_equal(pins_release(pins, 3, &error), 0);
	pins_remove_interface(pins, 3);
	assert_true(pins_is_released(pins, 3));
}

static void test_release_and_retake(void **state)
{
	(void)state;
	assert_false(pins_is_released(pins, 3));
	assert_int_equal(pins_retake(pins, 3, &error), -ENOENT);
	for (int i = 0; i < 2; i++) { /* to be asked twice changes nothing */
		assert_int_equal(pins_release(pins, 3, &error), 0);
		assert_true(pins_is_released(pins, 3));
	}
	assert_false(pins_is_released(pins, 4));
	assert_int_equal(pins_retake(pins, 3, &error), 0);
	assert_false(pins_is_released(pins, 3));
	assert_int_equal(pins_retake(pins, 3, &error), -ENOENT);
}

/* The numbers that were visited, in their order; readdir() has none of its own. */
static uint64_t visited[16];
static size_t visits;

static void visit(uint64_t number)
{
	size_t at = visits++;

	assert_true(visits < LENGTH(visited));
	for (; at && visited[at - 1] > number; at--)
		visited[at] = visited[at - 1];
	visited[at] = number;
}

static void visit_interface(unsigned int ifindex, void *context)
{
	assert_ptr_equal(context, directory);
	visit(ifindex);
}

static const char *const strange[] = {
	"0", "x", "3x", "x3", "epoch_", "0x3", "-3", "2147483648", "99999999999999999999999",
};

static void test_visits_interfaces(void **state)
{
	_cleanup_close_ int fd = make_map();
	char home[256];

	(void)state;
	snprintf(home, sizeof(home), "%s", pins_path(pins, 3, PIN_MAP));
	strstr(home, "/3/xdp_stats_map")[0] = '\0';
	visits = 0;
	assert_int_equal(pins_each(pins, visit_interface, directory), 0);
	assert_int_equal(visits, 0);

	for (size_t i = 0; i < LENGTH(strange); i++)
		unit_run("mkdir %s/%s", home, strange[i]);
	put(3, PIN_MAP, fd);
	assert_int_equal(pins_release(pins, 12, &error), 0);
	assert_int_equal(pins_release(pins, INT_MAX, &error), 0);
	pins_put_epoch(pins, 7);
	assert_int_equal(pins_each(pins, visit_interface, directory), 0);
	assert_int_equal(visits, 3);
	assert_int_equal(visited[0], 3);
	assert_int_equal(visited[1], 12);
	assert_int_equal(visited[2], INT_MAX);

	unit_run("rm -r %s", home);
	assert_int_equal(pins_each(pins, visit_interface, directory), -ENOENT);
}

static void forget_interface(unsigned int ifindex, void *context)
{
	(void)context;
	visit(ifindex);
	assert_int_equal(pins_retake(pins, ifindex, &error), 0);
	pins_remove_interface(pins, ifindex);
}

static void test_visitors_may_remove(void **state)
{
	(void)state;
	for (unsigned int ifindex = 1; ifindex <= 10; ifindex++)
		assert_int_equal(pins_release(pins, ifindex, &error), 0);
	visits = 0;
	assert_int_equal(pins_each(pins, forget_interface, NULL), 0);
	assert_int_equal(visits, 10);
	visits = 0;
	assert_int_equal(pins_each(pins, forget_interface, NULL), 0);
	assert_int_equal(visits, 0);
}

static void visit_namespace(struct pins *found, void *context)
{
	const char *cookie = pins_path(found, 3, PIN_MAP) + strlen(directory) + 1;

	assert_ptr_equal(context, &visits);
	visit(strtoull(cookie, NULL, 10));
	pins_remove_namespace(found);
}

static void test_visits_namespaces(void **state)
{
	uint64_t ours = strtoull(pins_path(pins, 3, PIN_MAP) + strlen(directory) + 1, NULL, 10);

	(void)state;
	unit_run("mkdir %s/x %s/0 %s/18446744073709551614", directory, directory, directory);
	pins_put_epoch(pins, 7);
	visits = 0;
	assert_int_equal(pins_each_namespace(directory, visit_namespace, &visits, &error), 0);
	assert_int_equal(visits, 2);
	assert_int_equal(visited[0], ours);
	assert_int_equal(visited[1], UINT64_MAX - 1);

	/* Both were empty but for the epoch. */
	visits = 0;
	assert_int_equal(pins_each_namespace(directory, visit_namespace, &visits, &error), 0);
	assert_int_equal(visits, 0);
	unit_run("rm -r %s", directory);
	assert_int_equal(pins_each_namespace(directory, visit_namespace, &visits, &error), -ENOENT);
}

static void test_namespace_with_pins_stays(void **state)
{
	(void)state;
	assert_int_equal(pins_release(pins, 3, &error), 0);
	pins_remove_namespace(pins);
	assert_true(pins_is_released(pins, 3));
}

/* What observers have in common is no interface, and goes with the last of them. */
static void test_what_interfaces_have_in_common(void **state)
{
	static const enum pin links[] = { PIN_EXCEPTION, PIN_REDIRECT, PIN_TRANSMIT };
	static const enum pin programs[] = { PIN_EXCEPTION_PROGRAM, PIN_REDIRECT_PROGRAM,
					     PIN_TRANSMIT_PROGRAM };
	static const enum pin maps[] = { PIN_OBSERVED, PIN_INVALID, PIN_BONDS,
					 PIN_ERRORS,   PIN_NEWS,    PIN_MAPS_READ };
	_cleanup_close_ int map = make_map(), program = make_program(), link = make_link();
	char home[256];

	(void)state;
	snprintf(home, sizeof(home), "%s", pins_path(pins, PINS_IN_COMMON, PIN_OBSERVED));
	*strrchr(home, '/') = '\0';
	for (size_t i = 0; i < LENGTH(maps); i++)
		put(PINS_IN_COMMON, maps[i], map);
	for (size_t i = 0; i < LENGTH(links); i++) {
		put(PINS_IN_COMMON, links[i], link);
		put(PINS_IN_COMMON, programs[i], program);
	}
	visits = 0;
	assert_int_equal(pins_each(pins, visit_interface, directory), 0);
	assert_int_equal(visits, 0);

	pins_remove_namespace(pins);
	assert_false(exists(home));
	*strrchr(home, '/') = '\0';
	assert_false(exists(home));
}

static void test_epoch(void **state)
{
	static const int64_t epochs[] = { 1, INT64_MAX, -5, 123456789012 };
	struct pins *other;

	(void)state;
	assert_int_equal(pins_get_epoch(pins), 0);
	for (size_t i = 0; i < LENGTH(epochs); i++) {
		pins_put_epoch(pins, epochs[i]);
		assert_int_equal(pins_get_epoch(pins), epochs[i]);
	}
	assert_int_equal(pins_open(&other, directory, false, &error), 0);
	assert_int_equal(pins_get_epoch(other), 123456789012);
	pins_close(other);
}

static void test_wrong_epoch(void **state)
{
	const int wrong[] = {
		bpf_map_create(BPF_MAP_TYPE_HASH, "hash", 4, 8, 1, NULL),
		bpf_map_create(BPF_MAP_TYPE_ARRAY, "small", 4, 4, 1, NULL),
		bpf_map_create(BPF_MAP_TYPE_ARRAY, "large", 4, 800, 1, NULL),
		bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "percpu", 4, 8, 1, NULL),
		make_program(),
	};
	const uint32_t key = 0;
	const int64_t epoch = 4711;
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s", pins_path(pins, 3, PIN_MAP));
	strcpy(strstr(path, "/3/xdp_stats_map"), "/epoch");
	assert_int_equal(bpf_map_update_elem(wrong[0], &key, &epoch, BPF_ANY), 0);
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		assert_int_equal(bpf_obj_pin(wrong[i], path), 0);
		assert_int_equal(pins_get_epoch(pins), 0);
		pins_put_epoch(pins, 7); /* the name is ours */
		assert_int_equal(pins_get_epoch(pins), 7);
		assert_int_equal(unlink(path), 0);
		close(wrong[i]);
	}
	/* What cannot be taken away stays, and there is no epoch. */
	assert_int_equal(mkdir(path, 0755), 0);
	pins_put_epoch(pins, 7);
	assert_int_equal(pins_get_epoch(pins), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_paths),
		TEST(test_other_namespace_has_its_own),
		TEST(test_opens_what_is_there_only),
		TEST(test_what_is_no_bpffs_is_refused),
		TEST(test_names_that_are_too_long),
		TEST(test_gets_what_was_put),
		TEST(test_puts_where_nothing_is_only),
		TEST(test_replaces),
		TEST(test_what_cannot_be_replaced),
		TEST(test_what_cannot_be_pinned),
		TEST(test_wrong_kinds_are_refused),
		TEST(test_a_directory_is_refused),
		TEST(test_a_dangling_link_of_the_file_system),
		TEST(test_foreign_owner_is_refused),
		TEST(test_directory_of_another),
		TEST(test_directories_of_others),
		TEST(test_a_symbolic_link_for_a_directory),
		TEST(test_whoever_made_it_first),
		TEST(test_what_leads_to_it),
		TEST(test_a_link_on_the_way),
		TEST(test_makes_the_directories_anew),
		TEST(test_namespaces_of_what_is_no_bpffs),
		TEST(test_no_permission),
		TEST(test_removes),
		TEST(test_release_and_retake),
		TEST(test_visits_interfaces),
		TEST(test_visitors_may_remove),
		TEST(test_visits_namespaces),
		TEST(test_namespace_with_pins_stays),
		TEST(test_what_interfaces_have_in_common),
		TEST(test_epoch),
		TEST(test_wrong_epoch),
	};
	int failed;

	unit_enter_namespace();
	unit_bpffs_begin();
	failed = cmocka_run_group_tests_name("pins", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
