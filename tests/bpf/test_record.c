/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xdp_stats_record(), which authors call, in both forms; that of XDP_STATS_LENGTH_BY_CALL in a
 * program whose licence is not the GPL. What is counted is compared with a table kept beside it.
 */
#include "fixture.h"

#include <bpf/libbpf.h>

#include "lib/util.h"
#include "tests/bpf/record.skel.h"
#include "tests/bpf/record_by_call.skel.h"

#define CUT 14

/* The last one does not fit into a page and comes in fragments, where pages have 4096 octets. */
static const struct fixture_frame frames[] = { { 60, 0 }, { 1514, 0 }, { 1514, 32 }, { 9000, 0 } };

static const struct {
	uint32_t verdict, counted;
} verdicts[] = {
	{ XDP_ABORTED, XDP_ABORTED },
	{ XDP_DROP, XDP_DROP },
	{ XDP_PASS, XDP_PASS },
	{ XDP_TX, XDP_TX },
	{ XDP_REDIRECT, XDP_REDIRECT },
	{ XDP_REDIRECT + 1, XDP_ABORTED },
	{ 77, XDP_ABORTED },
	{ UINT32_MAX, XDP_ABORTED },
};

struct fixture {
	int prog_fd, map_fd;
	uint32_t *verdict;
	int *cut;
};

static void count_frames(const struct fixture *fixture, struct counters *expected)
{
	for (unsigned int i = 0; i < LENGTH(verdicts); i++) {
		struct xdp_stats_rec *rec = &expected->action[verdicts[i].counted];

		*fixture->verdict = verdicts[i].verdict;
		for (unsigned int j = 0; j < LENGTH(frames); j++) {
			unsigned int repeat = *fixture->cut ? 1 : i + j + 1;
			unsigned int linear = fixture_run_to(verdicts[i].verdict, fixture->prog_fd,
							     &frames[j], repeat);

			if (frames[j].length > (unsigned int)getpagesize())
				assert_true(linear + (unsigned int)*fixture->cut <
					    frames[j].length);
			rec->rx_packets += repeat;
			rec->rx_bytes += repeat * (frames[j].length - (unsigned int)*fixture->cut);
		}
	}
}

static void check(const struct fixture *fixture)
{
	struct counters expected = { 0 }, sum;

	*fixture->cut = 0;
	count_frames(fixture, &expected);
	*fixture->cut = CUT;
	count_frames(fixture, &expected);
	fixture_read_map(fixture->map_fd, &sum);
	for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++) {
		assert_true(expected.action[action].rx_packets > 0);
		assert_int_equal(sum.action[action].rx_packets, expected.action[action].rx_packets);
		assert_int_equal(sum.action[action].rx_bytes, expected.action[action].rx_bytes);
	}
}

static void test_records(void **state)
{
	struct record *skel = record__open_and_load();

	(void)state;
	assert_non_null(skel);
	check(&(struct fixture){ bpf_program__fd(skel->progs.record),
				 bpf_map__fd(skel->maps.xdp_stats_map), &skel->bss->verdict,
				 &skel->bss->cut });
	record__destroy(skel);
}

static void test_records_by_call(void **state)
{
	struct record_by_call *skel = record_by_call__open_and_load();

	(void)state;
	assert_non_null(skel);
	check(&(struct fixture){ bpf_program__fd(skel->progs.record),
				 bpf_map__fd(skel->maps.xdp_stats_map), &skel->bss->verdict,
				 &skel->bss->cut });
	record_by_call__destroy(skel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_records_by_call),
	};

	fixture_enter();
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
