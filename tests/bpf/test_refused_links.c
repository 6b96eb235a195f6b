/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pinned link that is not taken over: it is named, and neither it nor its program is touched. */
#include "pins_fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "lib/util.h"
#include "source/count_program.h"

static struct bpf_link_info pinned_link(void)
{
	_cleanup_close_ int fd = get(PIN_LINK);
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	return info;
}

static int link_of(const char *ifname, int prog_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	int fd = bpf_link_create(prog_fd, (int)if_nametoindex(ifname), BPF_XDP, &options);

	assert_true(fd >= 0);
	return fd;
}

/*
 * prog_id is what the kernel tells of left: without one the hook is free, and a program of ours is
 * attached by a link that is not pinned. The log names pin and reason; the text names the pin.
 */
static void assert_refused(uint32_t prog_id, const char *words)
{
	struct bpf_link_info before = pinned_link(), after;
	struct reason reason = { "" };
	char expected[REASON_MAX];

	left.prog_id = prog_id;
	left.mode = prog_id ? XDP_MODE_NATIVE : XDP_MODE_NONE;
	open_source();
	unit_log_clear();
	assert_int_equal(!source_attach(source, &left, HOOK_ANY, &reason), !prog_id);
	snprintf(expected, sizeof(expected), "pin %s is left alone: %s",
		 pins_path(pins, left.ifindex, PIN_LINK), words);
	assert_contains(unit_logged, expected);
	*strstr(expected, words) = '\0'; /* the text may have no room for more */
	assert_contains(reason.text, expected);
	after = pinned_link();
	assert_int_equal(after.id, before.id);
	assert_int_equal(after.prog_id, before.prog_id);
}

/* The program that was attached counts, and goes with its source. */
static void assert_counts_unpinned(void)
{
	left.prog_id = source_status(source).prog_id;
	fixture_assert_hook("left", left.prog_id, 0);
	run(2);
	assert_read(2);
	close_source();
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
}

/* Else what it counts would be nobody's, and what is served would be zeros. */
static void test_program_with_another_map(void **state)
{
	_cleanup_close_ int other =
		bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "xdp_stats_map", 4,
			       sizeof(struct xdp_stats_rec), XDP_STATS_ACTIONS, NULL);
	uint32_t id = leave_behind();

	(void)state;
	assert_true(pins_remove(pins, left.ifindex, PIN_MAP));
	put(PIN_MAP, other);
	assert_refused(id, "its program (id ");
	assert_contains(unit_logged, " with map ");
	fixture_assert_hook("left", id, 0);
	assert_read(3); /* what is known of the map before */
}

static void test_link_of_another_type(void **state)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = SK_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_SK_LOOKUP);
	_cleanup_close_ int prog_fd = bpf_prog_load(BPF_PROG_TYPE_SK_LOOKUP, "lookup", "GPL", insns,
						    LENGTH(insns), &options);
	_cleanup_close_ int netns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int link_fd = bpf_link_create(prog_fd, netns_fd, BPF_SK_LOOKUP, NULL);

	(void)state;
	assert_true(link_fd >= 0);
	put(PIN_LINK, link_fd);
	assert_refused(0, "it is a link of type 5, expected 6 (XDP)");
	assert_counts_unpinned();
	assert_pinned(true, true, true);
}

static void test_link_of_another_interface(void **state)
{
	_cleanup_close_ int prog_fd = fixture_load_foreign(), link_fd = link_of("right", prog_fd);

	(void)state;
	put(PIN_LINK, link_fd);
	assert_refused(0, "it is the link of interface ");
	assert_counts_unpinned();
	fixture_assert_hook("right", fixture_prog_id(prog_fd), 0);
}

/* The hardware may run it, say. */
static void test_link_with_another_program_than_at_the_hook(void **state)
{
	uint32_t id = leave_behind();

	(void)state;
	assert_refused(id + 1, "it holds program ");
	fixture_assert_hook("left", id, 0);
	assert_read(3);
}

/* --- the exchange of the program --- */

/* A counter program of another version, in the link that leave_behind() has left. */
static uint32_t leave_other_version(enum bpf_attach_type type)
{
	_cleanup_close_ int map_fd = -1, prog_fd = -1, link_fd = -1;
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = type);

	leave_behind();
	assert_true(take_off());
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	map_fd = get(PIN_MAP);
	{
		const struct bpf_insn insns[] = {
			{ .code = BPF_LD | BPF_IMM | BPF_DW,
			  .dst_reg = BPF_REG_1,
			  .src_reg = BPF_PSEUDO_MAP_FD,
			  .imm = map_fd },
			{ 0 },
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
			  .dst_reg = BPF_REG_0,
			  .imm = XDP_PASS },
			{ .code = BPF_JMP | BPF_EXIT },
		};

		prog_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, COUNTER_PROGRAM, "GPL", insns,
					LENGTH(insns), &options);
	}
	assert_true(prog_fd >= 0);
	link_fd = link_of("left", prog_fd);
	put(PIN_PROGRAM, prog_fd);
	put(PIN_LINK, link_fd);
	return fixture_prog_id(prog_fd);
}

/* The kernel takes no program that was loaded for something else. */
static void test_kernel_that_refuses_the_exchange(void **state)
{
	uint32_t id = leave_other_version(0);

	(void)state;
	assert_refused(id, "its program cannot be replaced: Invalid argument");
	fixture_assert_hook("left", id, 0);
	assert_read(3);
}

/* The program that is to come is pinned before it is there. */
static void test_exchange_that_cannot_be_pinned(void **state)
{
	uint32_t id = leave_other_version(BPF_XDP);

	(void)state;
	unit_run("mkdir %s", pins_path(pins, left.ifindex, PIN_PROGRAM_NEW));
	assert_refused(id, "its program cannot be replaced: cannot pin ");
	fixture_assert_hook("left", id, 0);
	close_source();

	unit_run("rmdir %s", pins_path(pins, left.ifindex, PIN_PROGRAM_NEW));
	open_source();
	attach_with(id, "");
	assert_int_not_equal(left.prog_id, id);
	fixture_assert_hook("left", left.prog_id, 0);
	run(1);
	assert_read(4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pins_fixture_setup, pins_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_program_with_another_map),
		TEST(test_link_of_another_type),
		TEST(test_link_of_another_interface),
		TEST(test_link_with_another_program_than_at_the_hook),
		TEST(test_kernel_that_refuses_the_exchange),
		TEST(test_exchange_that_cannot_be_pinned),
	};
	int failed;

	pins_fixture_begin();
	failed = cmocka_run_group_tests_name("refused_links", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
