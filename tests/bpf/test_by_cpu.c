/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each CPU counted: all of it, or nothing where it does not add up to what is served. */
#include "fixture.h"
#include "kernel/cpus.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util.h"
#include "source/pinned.h"
#include "source/source.h"

static struct pins *pins;
static struct source *source;
static struct netdev left;
static unsigned int cpus;

/* What is in the map: [XDP_STATS_ACTIONS][cpus]. */
static struct xdp_stats_rec *slots;

static void open_source(void)
{
	struct reason reason = { "" };

	if (source_open(&source, &fixture_common, &left, &reason))
		fail_msg("%s", reason.text);
}

static int setup(void **state)
{
	char directory[128];
	struct reason reason;

	(void)state;
	left = fixture_netdev("left");
	cpus = (unsigned int)cpus_count();
	slots = calloc((size_t)XDP_STATS_ACTIONS * cpus, sizeof(*slots));
	snprintf(directory, sizeof(directory), "%s/pins", unit_bpffs);
	if (!slots || pins_open(&pins, directory, true, &reason))
		return -1;
	common_open(&fixture_common, pins);
	open_source();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	source_discard(source);
	common_close(&fixture_common);
	pins_close(pins);
	free(slots);
	unit_run("rm -rf %s/pins", unit_bpffs);
	return 0;
}

static void write_map(void)
{
	struct reason reason;
	_cleanup_close_ int fd = pins_get(pins, left.ifindex, PIN_MAP, &reason);

	if (fd < 0)
		fail_msg("%s", reason.text);
	for (__u32 action = 0; action < XDP_STATS_ACTIONS; action++)
		assert_int_equal(bpf_map_update_elem(fd, &action, &slots[action * cpus], BPF_ANY),
				 0);
}

/* Distinct for each verdict and CPU, and beyond 32 bits. */
static void count(uint64_t times)
{
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS * cpus; i++)
		slots[i] = (struct xdp_stats_rec){ times * ((UINT64_C(1) << 32) + i),
						   times * ((UINT64_C(1) << 40) + 7 * i) };
	write_map();
}

/* By the agent, and by xdp-stats beside it. */
static int read_it(struct counters *served, struct cpu_counters **each)
{
	return source_read(source, served, each);
}

static struct reason peek_reason;

static int peek(struct counters *served, struct cpu_counters **each)
{
	_cleanup_pinned_ struct pinned pinned = pinned_open(&fixture_common, pins, left.ifindex);

	return pinned_read(&pinned, served, each, &peek_reason);
}

static int (*const ways[])(struct counters *, struct cpu_counters **) = { read_it, peek };

/* All that is in the map, in its order. */
static void assert_known(void)
{
	for (size_t way = 0; way < LENGTH(ways); way++) {
		struct cpu_counters *each = NULL;
		struct counters served, sum;

		assert_int_equal(ways[way](&served, &each), 0);
		assert_non_null(each);
		assert_int_equal(each->cpus, cpus);
		for (unsigned int i = 0; i + 1 < cpus; i++)
			assert_true(each->number[i] < each->number[i + 1]);
		assert_memory_equal(each->slot, slots,
				    (size_t)XDP_STATS_ACTIONS * cpus * sizeof(*slots));
		counters_sum(&sum, each->slot, cpus);
		assert_memory_equal(&sum, &served, sizeof(sum));
		free(each);
	}
}

/* *each is set, whatever it was before. */
static void assert_not_known(const char *why)
{
	for (size_t way = 0; way < LENGTH(ways); way++) {
		struct cpu_counters *each = (struct cpu_counters *)slots;
		struct counters served;

		assert_int_equal(ways[way](&served, &each), 0);
		assert_null(each);
	}
	assert_string_equal(peek_reason.text, why);
}

#define CARRIED "not known by CPU: values are carried over from another map or from before a reset"

static void test_each_cpu(void **state)
{
	(void)state;
	assert_known();
	count(1);
	assert_known();
	count(5);
	assert_known();
}

static void test_next_run(void **state)
{
	(void)state;
	count(3);
	source_close(source);
	open_source();
	assert_known();
	count(4);
	assert_known();
}

/* Known at no time from the reading on that finds it. */
static void test_reset(void **state)
{
	(void)state;
	count(3);
	assert_known();
	slots[0] = (struct xdp_stats_rec){ 0 };
	write_map();
	assert_not_known(CARRIED);
	count(100);
	assert_not_known(CARRIED);
	source_close(source);
	open_source();
	assert_not_known(CARRIED);
}

/* Nobody has read in between: as xdp-stats sees it from the record. */
static void test_reset_while_nobody_looked(void **state)
{
	(void)state;
	count(3);
	assert_known();
	source_close(source);
	count(1);
	open_source();
	assert_not_known(CARRIED);
}

/* One CPU has fallen, the other has counted past it. */
static void test_reset_that_the_sum_hides(void **state)
{
	struct xdp_stats_rec *first = &slots[XDP_DROP * cpus], *second = first + 1;
	struct counters before, served;
	struct cpu_counters *each;
	int64_t discontinuity;

	(void)state;
	if (cpus < 2)
		skip();
	count(1);
	assert_int_equal(source_read(source, &before, &each), 0);
	free(each);
	discontinuity = source_status(source).discontinuity;
	*first = (struct xdp_stats_rec){ 7, 700 };
	second->rx_packets *= 3;
	second->rx_bytes *= 3;
	write_map();
	assert_int_equal(source_read(source, &served, &each), 0);
	assert_null(each);
	assert_int_not_equal(source_status(source).discontinuity, discontinuity);
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++) {
		struct xdp_stats_rec sum = before.action[i];

		for (unsigned int cpu = 0; i == XDP_DROP && cpu < cpus; cpu++) {
			sum.rx_packets += first[cpu].rx_packets;
			sum.rx_bytes += first[cpu].rx_bytes;
		}
		assert_memory_equal(&served.action[i], &sum, sizeof(sum));
	}
	assert_not_known(CARRIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_cpu),
		TEST(test_next_run),
		TEST(test_reset),
		TEST(test_reset_while_nobody_looked),
		TEST(test_reset_that_the_sum_hides),
	};
	int failed;

	fixture_enter();
	unit_bpffs_begin();
	failed = cmocka_run_group_tests_name("by_cpu", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
