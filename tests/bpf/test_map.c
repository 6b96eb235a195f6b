/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps in which somebody else's program counts by itself: which one is read, and what is served. */
#include "fixture.h"
#include "kernel/cpus.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/util.h"
#include "source/pinned.h"
#include "source/record.h"
#include "source/source.h"

#define PACKETS_AT 0
#define BYTES_AT 8
#define STATS_MAP "xdp_stats_map"

static const struct fixture_frame frame = { 1514, 0 };

static struct pins *pins;
static struct source *source;
static struct netdev left;

/* Of the program that is at the hook of left, and its map; -1: there is none. */
static int map_fd, prog_fd, link_fd;

static int setup(void **state)
{
	char directory[128];
	struct reason reason;

	(void)state;
	unit_log_clear();
	map_fd = prog_fd = link_fd = -1;
	left = fixture_netdev("left");
	snprintf(directory, sizeof(directory), "%s/pins", unit_bpffs);
	if (pins_open(&pins, directory, true, &reason))
		return -1;
	common_open(&fixture_common, pins);
	return 0;
}

static void give_back(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int teardown(void **state)
{
	(void)state;
	source_discard(source);
	source = NULL;
	common_close(&fixture_common);
	give_back(&link_fd);
	give_back(&prog_fd);
	give_back(&map_fd);
	pins_close(pins);
	unit_run("rm -rf %s/pins %s/theirs", unit_bpffs, unit_bpffs);
	return fixture_eventually(fixture_hook_is_free, "left") ? 0 : -1;
}

/* --- their program --- */

static int make_map(enum bpf_map_type type, const char *name)
{
	int fd = bpf_map_create(type, name, sizeof(__u32), sizeof(struct xdp_stats_rec),
				XDP_STATS_ACTIONS, NULL);

	assert_true(fd >= 0);
	return fd;
}

/*
 * A program that passes every frame, and counts it in the maps, at most two of them; the caller
 * owns the descriptor.
 */
static int load_counting(const int *maps, unsigned int count)
{
	struct bpf_insn insns[64], *at = insns;
	int fd;

	*at++ = (struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0 };
	*at++ = (struct bpf_insn){ BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, XDP_PASS };
	for (unsigned int i = 0; i < count; i++) {
		const struct bpf_insn one_map[] = {
			{ BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0 },
			{ BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4 },
			{ BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, maps[i] },
			{ 0 },
			{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem },
			{ BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 6, 0 },
			{ BPF_LDX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_6,
			  offsetof(struct xdp_md, data_end), 0 },
			{ BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_6,
			  offsetof(struct xdp_md, data), 0 },
			{ BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0 },
			{ BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, BYTES_AT, BPF_ADD },
			{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1 },
			{ BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, PACKETS_AT,
			  BPF_ADD },
		};

		memcpy(at, one_map, sizeof(one_map));
		at += LENGTH(one_map);
	}
	*at++ = (struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS };
	*at++ = (struct bpf_insn){ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 };
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "theirs", "GPL", insns, (size_t)(at - insns), NULL);
	assert_true(fd >= 0);
	return fd;
}

/* At the hook, as a dump would tell. */
static void attach_theirs(void)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);

	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	link_fd = bpf_link_create(prog_fd, (int)left.ifindex, BPF_XDP, &options);
	assert_true(link_fd >= 0);
	left.prog_id = fixture_prog_id(prog_fd);
	left.mode = XDP_MODE_NATIVE;
}

static void start_theirs(enum bpf_map_type type)
{
	map_fd = make_map(type, STATS_MAP);
	prog_fd = load_counting(&map_fd, 1);
	attach_theirs();
}

static void detach_theirs(void)
{
	give_back(&link_fd);
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	left.prog_id = 0;
	left.mode = XDP_MODE_NONE;
}

static void end_theirs(void)
{
	detach_theirs();
	give_back(&prog_fd);
	give_back(&map_fd);
}

static void run_theirs(unsigned int repeat)
{
	fixture_run(prog_fd, &frame, repeat);
}

static void reset_theirs(void)
{
	struct xdp_stats_rec *slots = calloc((size_t)cpus_count(), sizeof(*slots));
	__u32 action = XDP_PASS;

	assert_non_null(slots);
	assert_int_equal(bpf_map_update_elem(map_fd, &action, slots, BPF_ANY), 0);
	free(slots);
}

static uint32_t id_of(int fd)
{
	char id[64];

	fixture_fdinfo(fd, "map_id:", id);
	return (uint32_t)atoi(id);
}

/* --- the source --- */

static void open_source(void)
{
	struct reason reason = { "" };

	if (source_open(&source, &fixture_common, &left, &reason))
		fail_msg("%s", reason.text);
}

static void close_source(void)
{
	source_close(source);
	source = NULL;
}

static void use_map(void)
{
	struct reason reason = { "not set" };

	if (source_use_map(source, &left, NULL, 0, &reason))
		fail_msg("%s", reason.text);
	assert_contains(reason.text, "is taken on trust"); /* it has no BTF */
	assert_true(source_uses_map(source, left.prog_id, NULL));
}

/* Both with a source and without one. */
static void assert_refused(const char *path, int err, const char *words)
{
	struct reason reason = { "not set" };

	assert_int_equal(source_can_use_map(&fixture_common, left.prog_id, path, &reason), err);
	assert_contains(reason.text, words);
	strcpy(reason.text, "not set");
	assert_int_equal(source_use_map(source, &left, path, 0, &reason), err);
	assert_contains(reason.text, words);
	assert_false(source_uses_map(source, left.prog_id, path));
}

static void count(unsigned int repeat)
{
	struct reason reason = { "" };
	_cleanup_close_ int fd = -1;

	if (source_attach(source, &left, HOOK_ANY, &reason))
		fail_msg("%s", reason.text);
	fd = fixture_prog_fd(source);
	fixture_run(fd, &frame, repeat);
	source_detach(source);
}

static void assert_read(uint64_t packets)
{
	struct counters served;

	assert_int_equal(source_read(source, &served, NULL), 0);
	fixture_assert_passed(&served, packets, packets * frame.length);
}

/* By xdp-stats, from the pins alone. */
static int peek(struct counters *served, struct cpu_counters **each, struct reason *reason)
{
	_cleanup_pinned_ struct pinned pinned;

	pinned_open(&pinned, &fixture_common, pins, left.ifindex);
	return pinned_read(&pinned, served, each, reason);
}

static void assert_peek(uint64_t packets)
{
	struct counters served;
	struct reason reason = { "" };

	if (peek(&served, NULL, &reason))
		fail_msg("%s", reason.text);
	fixture_assert_passed(&served, packets, packets * frame.length);
}

static void assert_not_read(void)
{
	struct counters served, before;

	memset(&served, 0x5a, sizeof(served));
	before = served;
	assert_int_equal(source_read(source, &served, NULL), -EBUSY);
	assert_memory_equal(&served, &before, sizeof(served));
}

static enum source_kind pinned_source_kind(void)
{
	_cleanup_pinned_ struct pinned pinned;

	pinned_open(&pinned, &fixture_common, pins, left.ifindex);
	return pinned_kind(&pinned);
}

static uint32_t pinned_map(void)
{
	struct reason reason;
	_cleanup_close_ int fd = pins_get(pins, left.ifindex, PIN_MAP, &reason);

	if (fd < 0)
		fail_msg("%s", reason.text);
	return id_of(fd);
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

/* The pin and the record are of their map, or of one of ours. */
static void assert_theirs(bool theirs)
{
	struct record record = read_record();

	assert_int_equal(pinned_map() == id_of(map_fd), theirs);
	assert_int_equal(record.map_id, pinned_map());
	assert_int_equal(record.foreign, theirs);
}

static bool is_later(const void *time)
{
	return monotonic_ms() > *(const int64_t *)time;
}

/* What happens next happens in another millisecond. Returns the time of the last discontinuity. */
static int64_t wait_for_the_clock(void)
{
	int64_t now = monotonic_ms();

	assert_true(fixture_eventually(is_later, &now));
	return source_status(source).discontinuity;
}

static const enum bpf_map_type types[] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_ARRAY };

#define FOR_EACH_TYPE(index)                                                                       \
	for (size_t index = 0; index < LENGTH(types); teardown(NULL), setup(NULL), index++)

/* --- what is served --- */

/* On its first day the counter shows all that the program has counted. */
static void test_absolute_values_first(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		start_theirs(types[i]);
		run_theirs(3);
		open_source();
		assert_int_equal(source_status(source).discontinuity, 0);
		use_map();
		assert_int_not_equal(source_status(source).discontinuity, 0);
		assert_false(source_status(source).resumed);
		assert_int_equal(source_status(source).last_kind, SOURCE_MAP);
		assert_int_equal(pinned_source_kind(), SOURCE_MAP);
		assert_read(3);
		run_theirs(4);
		assert_read(7);
		assert_peek(7);
		fixture_assert_hook("left", left.prog_id, 0);
	}
}

/* But not where other interfaces have counted in it, too. */
static void test_frames_of_others_are_not_served(void **state)
{
	struct reason reason = { "not set" };

	(void)state;
	FOR_EACH_TYPE(i)
	{
		start_theirs(types[i]);
		run_theirs(3);
		open_source();
		assert_int_equal(source_use_map(source, &left, NULL, UINT32_MAX, &reason), 0);
		assert_read(0);
		run_theirs(4);
		assert_read(4);
		assert_peek(4);
	}
}

/* From the second change on all is folded, whatever a map holds when it comes. */
static void test_carried_over(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		int64_t before;

		open_source();
		count(3);
		assert_read(3);
		start_theirs(types[i]);
		run_theirs(10);
		before = wait_for_the_clock();
		use_map();
		assert_true(source_status(source).discontinuity > before);
		assert_read(3);
		run_theirs(4);
		before = wait_for_the_clock();
		source_detach(source);
		assert_true(source_status(source).discontinuity > before);
		assert_read(7);
		run_theirs(5); /* which nobody asks for */
		assert_read(7);
		detach_theirs();
		count(2);
		assert_read(9);
		attach_theirs();
		use_map();
		assert_read(9);
		run_theirs(1);
		assert_read(10);
		assert_peek(10);
	}
}

static void test_program_is_exchanged(void **state)
{
	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	run_theirs(3);
	end_theirs(); /* the last reading is of their map, though nobody else has it any more */
	start_theirs(BPF_MAP_TYPE_ARRAY);
	run_theirs(20);
	assert_false(source_uses_map(source, left.prog_id, NULL));
	use_map();
	assert_theirs(true);
	assert_read(3);
	run_theirs(1);
	assert_read(4);
}

static void test_reset_is_folded(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		int64_t before;

		start_theirs(types[i]);
		open_source();
		use_map();
		run_theirs(3);
		assert_read(3);
		before = wait_for_the_clock();
		reset_theirs();
		run_theirs(1);
		assert_read(4);
		assert_peek(4);
		assert_true(source_status(source).discontinuity > before);
		before = wait_for_the_clock();
		run_theirs(1);
		assert_read(5);
		assert_int_equal(source_status(source).discontinuity, before);
	}
}

#define CARRIED "not known by CPU: values are carried over from another map or from before a reset"

/* What each CPU counted is known or not; why by xdp-stats. */
static void assert_by_cpu(const char *why)
{
	struct cpu_counters *each, *peeked;
	struct counters served, sum;
	struct reason reason = { "" };

	assert_int_equal(source_read(source, &served, &each), 0);
	assert_int_equal(peek(&served, &peeked, &reason), 0);
	assert_string_equal(reason.text, why);
	assert_int_equal(each == NULL, *why != '\0');
	assert_int_equal(peeked == NULL, *why != '\0');
	if (each) {
		counters_sum(&sum, each->slot, each->cpus);
		assert_memory_equal(&sum, &served, sizeof(sum));
		assert_memory_equal(each->slot, peeked->slot,
				    XDP_STATS_ACTIONS * each->cpus * sizeof(*each->slot));
	}
	free(each);
	free(peeked);
}

static void test_by_cpu(void **state)
{
	(void)state;
	FOR_EACH_TYPE(i)
	{
		bool array = types[i] == BPF_MAP_TYPE_ARRAY && cpus_count() > 1;

		start_theirs(types[i]);
		run_theirs(3);
		open_source();
		assert_by_cpu("");
		use_map();
		assert_by_cpu(array ? "not known by CPU: its map has one value for all of them"
				    : "");
		run_theirs(4);
		assert_read(7);
		source_detach(source);
		assert_by_cpu(CARRIED);
	}
}

/* That a CPU has counted less in another map is no reset of it. */
static void test_by_cpu_in_another_map(void **state)
{
	(void)state;
	open_source();
	count(10);
	assert_by_cpu("");
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	run_theirs(3);
	use_map();
	assert_by_cpu(CARRIED);
	assert_read(10);
	run_theirs(1);
	assert_by_cpu(CARRIED);
	assert_read(11);
}

/* --- whose it is --- */

static void test_second_user_is_refused(void **state)
{
	_cleanup_close_ int second_fd = -1;

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	second_fd = load_counting(&map_fd, 1);
	open_source();
	assert_refused(NULL, -EBUSY, "2 programs count in its map");
	assert_theirs(false);
	give_back(&second_fd);
	use_map();
}

/* The program that comes need not be attached anywhere. */
static void test_second_user_is_detected(void **state)
{
	_cleanup_close_ int second_fd = -1;

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	run_theirs(3);
	assert_read(3);
	second_fd = load_counting(&map_fd, 1);
	fixture_run(second_fd, &frame, 100);
	assert_not_read();
	assert_not_read();
	assert_false(source_uses_map(source, left.prog_id, NULL));
	source_detach(source);
	assert_read(3); /* nothing of what both have counted */
	assert_theirs(false);
	give_back(&second_fd);
	use_map();
	assert_read(3);
	run_theirs(2);
	assert_read(5);
}

/* Nor is it read at the end. */
static void test_second_user_and_a_stop(void **state)
{
	_cleanup_close_ int second_fd = -1;

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	run_theirs(3);
	assert_read(3);
	second_fd = load_counting(&map_fd, 1);
	fixture_run(second_fd, &frame, 100);
	assert_not_read();
	close_source();
	assert_int_equal(read_record().carry.last.action[XDP_PASS].rx_packets, 3);
}

/* A new program without this map does not matter. */
static void test_other_programs_do_not_matter(void **state)
{
	_cleanup_close_ int other_fd = -1, other_map_fd = make_map(types[0], STATS_MAP);

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	other_fd = load_counting(&other_map_fd, 1);
	fixture_run(other_fd, &frame, 100);
	run_theirs(3);
	assert_read(3);
	assert_true(source_uses_map(source, left.prog_id, NULL));
	assert_false(source_uses_map(source, fixture_prog_id(other_fd), NULL));
}

/* --- the pins --- */

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
	char home[256];

	(void)state;
	start_theirs(BPF_MAP_TYPE_PERCPU_ARRAY);
	open_source();
	use_map();
	run_theirs(3);
	source_discard(source);
	source = NULL;
	snprintf(home, sizeof(home), "%s", pins_path(pins, left.ifindex, PIN_MAP));
	*strrchr(home, '/') = '\0';
	assert_int_not_equal(access(home, F_OK), 0);
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

static void leave_behind(enum bpf_map_type type)
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

		leave_behind(types[i]);
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
	leave_behind(BPF_MAP_TYPE_PERCPU_ARRAY);
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
	leave_behind(BPF_MAP_TYPE_PERCPU_ARRAY);
	before = wait_for_the_clock();
	close_source();
	reset_theirs();
	run_theirs(1);
	open_source();
	use_map();
	assert_read(4);
	assert_true(source_status(source).discontinuity > before);
}

static void test_exchanged_while_nobody_looked(void **state)
{
	(void)state;
	leave_behind(BPF_MAP_TYPE_PERCPU_ARRAY);
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
	leave_behind(BPF_MAP_TYPE_PERCPU_ARRAY);
	close_source();
	second_fd = load_counting(&map_fd, 1);
	fixture_run(second_fd, &frame, 100);
	assert_peek(3);
	open_source();
	assert_refused(NULL, -EBUSY, "2 programs count in its map");
	assert_read(3);
	assert_theirs(false);
}

/* A crash came after the record was written and before their map was pinned: it is ours. */
static void test_record_without_its_pin(void **state)
{
	struct record record;
	struct reason reason;
	_cleanup_close_ int state_fd = -1;

	(void)state;
	open_source();
	count(3);
	assert_read(3);
	close_source();
	start_theirs(BPF_MAP_TYPE_ARRAY);
	state_fd = record_open(&record, pins, left.ifindex, &reason);
	record.map_id = id_of(map_fd);
	record.foreign = true;
	assert_int_equal(record_write(state_fd, &record), 0);
	open_source();
	assert_read(3);
	assert_theirs(false);
	use_map();
	assert_false(source_status(source).resumed);
	assert_read(3);
}

/* --- which map --- */

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
		teardown(NULL);
		setup(NULL);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_absolute_values_first),
		TEST(test_frames_of_others_are_not_served),
		TEST(test_carried_over),
		TEST(test_program_is_exchanged),
		TEST(test_reset_is_folded),
		TEST(test_by_cpu),
		TEST(test_by_cpu_in_another_map),
		TEST(test_second_user_is_refused),
		TEST(test_second_user_is_detected),
		TEST(test_second_user_and_a_stop),
		TEST(test_other_programs_do_not_matter),
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
		TEST(test_no_map_of_that_name),
		TEST(test_several_maps_of_that_name),
		TEST(test_wrong_layout),
		TEST(test_path_is_read),
		TEST(test_path_of_no_map),
		TEST(test_program_is_gone),
	};
	int failed;

	fixture_enter();
	unit_bpffs_begin();
	log_set_sink(unit_log);
	failed = cmocka_run_group_tests_name("map", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
