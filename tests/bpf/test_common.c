/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all sources share: the counters of errors, and an observer that is refused. */
#include "pins_fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "lib/util.h"
#include "source/common.h"
#include "source/error_counters.h"

#define RETRY_MS 60000 /* a refused observer is tried again after that */
#define FRAMES 40      /* more than two transmissions: the kernel makes one of 16 frames */

/* --- errors --- */

static int load_redirect(unsigned int ifindex)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .dst_reg = BPF_REG_1,
		  .imm = (__s32)ifindex },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "redirect", "GPL", insns, LENGTH(insns), NULL);

	assert_true(fd >= 0);
	return fd;
}

/* Runs a program on that many frames at once, and does to them what it says. */
static void run_live(int prog_fd, unsigned int count)
{
	static const unsigned char octets[60];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = octets, .data_size_in = sizeof(octets),
		    .repeat = (int)count, .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = count);

	assert_int_equal(bpf_prog_test_run_opts(prog_fd, &options), 0);
}

/* Where they are to go out the driver takes no frame, for the other end is down. */
static void test_each_frame_of_a_transmission_is_counted(void **state)
{
	_cleanup_close_ int foreign = fixture_load_foreign(), prog_fd = -1;
	struct xdp_errors sum = { 0 };
	unsigned int ifindex;

	(void)state;
	if (common_need_errors(&fixture_common) || !fixture_common.errors.counting)
		skip();
	unit_run("ip link add third type veth peer name fourth");
	unit_run("ip link set third up");
	ifindex = fixture_netdev("third").ifindex;
	/* It has to be able to take such frames. */
	assert_int_equal(bpf_xdp_attach((int)fixture_netdev("fourth").ifindex, foreign, 0, NULL),
			 0);
	prog_fd = load_redirect(ifindex);
	run_live(prog_fd, FRAMES);
	assert_int_equal(error_counters_read(&fixture_common.errors, ifindex, &sum), 0);
	unit_run("ip link del third");
	assert_int_equal(sum.transmit_drops, FRAMES);
	assert_int_equal(sum.exceptions, 0);
	assert_int_equal(sum.redirects, 0);
}

/* --- the observer --- */

/* Each interface asks, and each time takes milliseconds. */
static void test_refused_observer_is_tried_after_a_minute(void **state)
{
	_cleanup_close_ int wrong = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wrong", 4, 4, 1, NULL);
	struct reason first, next = { "" };
	int err;

	(void)state;
	assert_int_equal(pins_put(pins, PINS_IN_COMMON, PIN_OBSERVED, wrong, &first), 0);
	err = common_need_observe(&fixture_common, &first);
	assert_int_equal(err, -EINVAL);
	assert_contains(first.text, pins_path(pins, PINS_IN_COMMON, PIN_OBSERVED));

	/* What was in the way has gone, and nobody has looked. */
	assert_true(pins_remove(pins, PINS_IN_COMMON, PIN_OBSERVED));
	assert_int_equal(common_need_observe(&fixture_common, &next), err);
	assert_string_equal(next.text, first.text);

	/* This kernel may refuse it for a reason of its own. */
	fixture_common.observe_tried_at -= RETRY_MS;
	reason_clear(&next);
	assert_int_not_equal(common_need_observe(&fixture_common, &next), err);
	assert_string_not_equal(next.text, first.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pins_fixture_setup, pins_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_frame_of_a_transmission_is_counted),
		TEST(test_refused_observer_is_tried_after_a_minute),
	};
	int failed;

	pins_fixture_begin();
	failed = cmocka_run_group_tests_name("common", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
