/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pins_fixture.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/cpus.h"
#include "lib/log.h"
#include "lib/util.h"

struct pins *pins;
struct source *source;
struct netdev left;
const struct fixture_frame frame = { 1514, 0 };

void pins_fixture_begin(void)
{
	fixture_enter();
	unit_bpffs_begin();
	log_set_sink(unit_log);
}

int pins_fixture_setup(void **state)
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

int pins_fixture_teardown(void **state)
{
	(void)state;
	discard_source();
	common_close(&fixture_common);
	pins_close(pins);
	unit_run("rm -rf %s/pins", unit_bpffs);
	return fixture_eventually(fixture_hook_is_free, "left") ? 0 : -1;
}

void open_source(void)
{
	struct reason reason = { "" };

	if (source_open(&source, &fixture_common, &left, &reason))
		fail_msg("%s", reason.text);
}

void close_source(void)
{
	source_close(source);
	source = NULL;
}

void discard_source(void)
{
	source_discard(source);
	common_close_links(&fixture_common, INT64_MAX);
	source = NULL;
}

/* What the kernel tells of the program goes in, as from a dump. */
void attach_with(uint32_t prog_id, const char *wanted)
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

void run(unsigned int repeat)
{
	_cleanup_close_ int prog_fd = bpf_prog_get_fd_by_id(left.prog_id);

	assert_true(prog_fd >= 0);
	fixture_run(prog_fd, &frame, repeat);
}

uint32_t leave_behind(void)
{
	open_source();
	attach_with(0, "");
	source_set_last_change(source, 4711);
	run(3);
	close_source();
	return left.prog_id;
}

void assert_read(uint64_t packets)
{
	struct counters served;

	assert_int_equal(source_read(source, &served, NULL), 0);
	fixture_assert_passed(&served, packets, packets * frame.length);
}

int peek(struct counters *served, struct cpu_counters **each, struct reason *reason)
{
	_cleanup_pinned_ struct pinned pinned = pinned_open(&fixture_common, pins, left.ifindex);

	return pinned_read(&pinned, served, each, reason);
}

void assert_peek(uint64_t packets)
{
	struct counters served;
	struct reason reason = { "" };

	if (peek(&served, NULL, &reason))
		fail_msg("%s", reason.text);
	fixture_assert_passed(&served, packets, packets * frame.length);
}

void assert_no_peek(int err, const char *words)
{
	struct counters served, before;
	struct reason reason = { "" };

	memset(&served, 0x5a, sizeof(served));
	before = served;
	assert_int_equal(peek(&served, NULL, &reason), err);
	assert_contains(reason.text, words);
	assert_memory_equal(&served, &before, sizeof(served));
}

bool take_off(void)
{
	_cleanup_pinned_ struct pinned pinned = pinned_open(&fixture_common, pins, left.ifindex);

	return pinned_take_off(&pinned);
}

int get(enum pin pin)
{
	struct reason reason;
	int fd = pins_get(pins, left.ifindex, pin, &reason);

	if (fd < 0)
		fail_msg("%s", reason.text);
	return fd;
}

void put(enum pin pin, int fd)
{
	struct reason reason;

	if (pins_put(pins, left.ifindex, pin, fd, &reason))
		fail_msg("%s", reason.text);
}

static bool is_pinned(enum pin pin)
{
	return !access(pins_path(pins, left.ifindex, pin), F_OK);
}

void assert_pinned(bool map, bool record, bool link)
{
	assert_int_equal(is_pinned(PIN_MAP), map);
	assert_int_equal(is_pinned(PIN_STATE), record);
	assert_int_equal(is_pinned(PIN_LINK), link);
}

void assert_no_pins(void)
{
	char home[256];

	snprintf(home, sizeof(home), "%s", pins_path(pins, left.ifindex, PIN_MAP));
	*strrchr(home, '/') = '\0';
	assert_int_not_equal(access(home, F_OK), 0);
}

struct record read_record(void)
{
	struct reason reason;
	struct record record;
	_cleanup_close_ int fd = record_open(&record, pins, left.ifindex, &reason);

	if (fd < 0)
		fail_msg("%s", reason.text);
	return record;
}

void write_record(const struct record *record)
{
	_cleanup_close_ int fd = get(PIN_STATE);

	assert_int_equal(record_write(fd, record), 0);
}

void reset_map(int fd)
{
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

int64_t wait_for_the_clock(void)
{
	int64_t now = monotonic_ms();

	assert_true(fixture_eventually(is_later, &now));
	return source ? source_status(source).discontinuity : 0;
}
