/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "counters.h"

/* Distinct for each verdict and CPU, and beyond 32 bits. */
static struct xdp_stats_rec slot(unsigned int action, unsigned int cpu)
{
	return (struct xdp_stats_rec){
		.rx_packets = (UINT64_C(1) << 32) + 100 * action + cpu,
		.rx_bytes = (UINT64_C(1) << 40) + 1000 * action + 7 * cpu,
	};
}

static void check_sum(unsigned int cpus)
{
	struct xdp_stats_rec slots[XDP_STATS_ACTIONS * 8];
	struct counters sum;

	assert_true(cpus <= 8);
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS * cpus; i++)
		slots[i] = slot(i / cpus, i % cpus);
	memset(&sum, 0xff, sizeof(sum));
	counters_sum(&sum, slots, cpus);
	for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++) {
		/* 0 + 1 + ... + (cpus - 1) */
		uint64_t triangle = cpus * (cpus - 1) / 2;

		assert_int_equal(sum.action[action].rx_packets,
				 cpus * ((UINT64_C(1) << 32) + 100 * action) + triangle);
		assert_int_equal(sum.action[action].rx_bytes,
				 cpus * ((UINT64_C(1) << 40) + 1000 * action) + 7 * triangle);
	}
}

static void test_adds_up_all_cpus(void **state)
{
	(void)state;
	for (unsigned int cpus = 1; cpus <= 8; cpus++)
		check_sum(cpus);
}

static void test_wraps_like_a_counter(void **state)
{
	struct xdp_stats_rec slots[XDP_STATS_ACTIONS * 2] = { { UINT64_MAX, UINT64_MAX },
							      { 3, 1 } };
	struct counters sum;

	(void)state;
	counters_sum(&sum, slots, 2);
	assert_int_equal(sum.action[0].rx_packets, 2);
	assert_int_equal(sum.action[0].rx_bytes, 0);
	assert_int_equal(sum.action[1].rx_packets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adds_up_all_cpus),
		cmocka_unit_test(test_wraps_like_a_counter),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
