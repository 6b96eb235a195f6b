/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "source/counters.h"

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

static void set(struct counters *counters, unsigned int action, uint64_t packets, uint64_t bytes)
{
	counters->action[action] = (struct xdp_stats_rec){ packets, bytes };
}

static void assert_served(const struct carry *carry, const struct counters *expected)
{
	struct counters served;

	memset(&served, 0xff, sizeof(served));
	carry_serve(carry, &served);
	for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++) {
		assert_int_equal(served.action[action].rx_packets,
				 expected->action[action].rx_packets);
		assert_int_equal(served.action[action].rx_bytes, expected->action[action].rx_bytes);
	}
}

/* Distinct for each verdict. */
static struct counters reading_of(uint64_t times)
{
	struct counters reading;

	for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++)
		set(&reading, action, times * (action + 1), times * 100 * (action + 1));
	return reading;
}

static void test_serves_absolute_values(void **state)
{
	struct counters reading = reading_of(0);
	struct carry carry = { 0 };

	(void)state;
	assert_served(&carry, &reading);
	for (uint64_t times = 0; times < 4; times++) {
		reading = reading_of(times << 32);
		assert_false(carry_update(&carry, &reading));
		assert_served(&carry, &reading);
		assert_false(carry_update(&carry, &reading)); /* the same is no reset */
		assert_served(&carry, &reading);
	}
}

/* What the other map had counted before is not ours to serve. */
static void test_switches_maps(void **state)
{
	struct counters reading = reading_of(1000), expected = reading_of(1005);
	struct carry carry = { 0 };

	(void)state;
	carry_update(&carry, &reading);
	reading = reading_of(7);
	carry_switch(&carry, &reading);
	expected = reading_of(1000);
	assert_served(&carry, &expected);
	reading = reading_of(12);
	assert_false(carry_update(&carry, &reading));
	expected = reading_of(1005);
	assert_served(&carry, &expected);

	/* And to one that has counted more. */
	reading = reading_of(50000);
	carry_switch(&carry, &reading);
	assert_served(&carry, &expected);
	reading = reading_of(50001);
	assert_false(carry_update(&carry, &reading));
	expected = reading_of(1006);
	assert_served(&carry, &expected);
}

static void test_reset_of_all_verdicts(void **state)
{
	struct counters reading = reading_of(1000), expected = reading_of(1003);
	struct carry carry = { 0 };

	(void)state;
	carry_update(&carry, &reading);
	reading = reading_of(3);
	assert_true(carry_update(&carry, &reading));
	assert_served(&carry, &expected);
	reading = reading_of(4);
	assert_false(carry_update(&carry, &reading));
	expected = reading_of(1004);
	assert_served(&carry, &expected);

	/* To zero, in a map that had not counted from zero. */
	reading = reading_of(500);
	carry_switch(&carry, &reading);
	reading = reading_of(0);
	assert_true(carry_update(&carry, &reading));
	assert_served(&carry, &expected);
	assert_false(carry_update(&carry, &reading));
	assert_served(&carry, &expected);
}

/* A map is reset verdict by verdict, one system call each: the others have not been, or not yet. */
static void test_reset_of_one_verdict(void **state)
{
	(void)state;
	for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++) {
		struct counters reading = reading_of(1000), expected = reading_of(1000);
		struct carry carry = { 0 };

		carry_update(&carry, &reading);
		set(&reading, action, 3, 300);
		set(&expected, action, 1000 * (action + 1) + 3, 100000 * (action + 1) + 300);
		assert_true(carry_update(&carry, &reading));
		assert_served(&carry, &expected);
		assert_false(carry_update(&carry, &reading));
		assert_served(&carry, &expected);
	}
}

/* One record is reset as a whole, and one of its halves may have outgrown the last reading. */
static void test_packets_or_bytes_alone_fall(void **state)
{
	struct counters reading = reading_of(0), expected = reading_of(0);
	struct carry carry = { 0 };

	(void)state;
	set(&reading, 1, 1000, 60000);
	assert_false(carry_update(&carry, &reading));
	set(&reading, 1, 50, 75000); /* fewer but longer frames */
	assert_true(carry_update(&carry, &reading));
	set(&expected, 1, 1050, 135000);
	assert_served(&carry, &expected);
	set(&reading, 1, 100, 6000);
	assert_true(carry_update(&carry, &reading));
	set(&expected, 1, 1150, 141000);
	assert_served(&carry, &expected);
}

/* Somebody knows of a reset that the readings do not show. */
static void test_fold(void **state)
{
	struct counters reading = reading_of(1000), expected = reading_of(1000);
	struct carry carry = { 0 };

	(void)state;
	carry_update(&carry, &reading);
	carry_fold(&carry, 2);
	assert_served(&carry, &expected);
	reading = reading_of(2000);
	assert_false(carry_update(&carry, &reading));
	expected = reading_of(2000);
	set(&expected, 2, 3000 + 6000, 300000 + 600000);
	assert_served(&carry, &expected);

	/* In a map that had not counted from zero. */
	reading = reading_of(500);
	carry_switch(&carry, &reading);
	carry_fold(&carry, 2);
	assert_served(&carry, &expected);
}

static void test_plain_while_all_is_of_one_map(void **state)
{
	struct counters reading = reading_of(1000);
	struct carry carry = { 0 };

	(void)state;
	assert_true(carry_is_plain(&carry));
	carry_update(&carry, &reading);
	assert_true(carry_is_plain(&carry));
	set(&reading, 4, 1, 1);
	carry_update(&carry, &reading); /* a reset */
	assert_false(carry_is_plain(&carry));

	carry = (struct carry){ 0 };
	carry_switch(&carry, &reading); /* nothing is carried, but what was there is not served */
	assert_false(carry_is_plain(&carry));

	carry = (struct carry){ 0 };
	reading = reading_of(0);
	carry_switch(&carry, &reading);
	assert_true(carry_is_plain(&carry));
}

static struct cpu_counters *counters_of_cpus(unsigned int cpus)
{
	struct cpu_counters *counters =
		calloc(1, sizeof(*counters) + XDP_STATS_ACTIONS * cpus * sizeof(*counters->slot));

	assert_non_null(counters);
	counters->cpus = cpus;
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS * cpus; i++)
		counters->slot[i] = slot(i / cpus, i % cpus);
	return counters;
}

static void test_counter_of_a_cpu_fell(void **state)
{
	struct cpu_counters *before = counters_of_cpus(3), *now = counters_of_cpus(3);

	(void)state;
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS * 3; i++) {
		__u64 *const halves[] = { &now->slot[i].rx_packets, &now->slot[i].rx_bytes };

		for (unsigned int half = 0; half < 2; half++) {
			for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++)
				assert_false(cpu_counters_fell(before, now, action));
			*halves[half] -= 1;
			for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++)
				assert_int_equal(cpu_counters_fell(before, now, action),
						 action == i / 3);
			*halves[half] += 2;
		}
	}
	free(before);
	free(now);
}

/* What carry should do with one number, told in other words. */
struct model {
	struct counters map, served;
};

static bool follow(struct model *model, const struct counters *reading)
{
	bool fell = false;

	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++) {
		struct xdp_stats_rec *map = &model->map.action[i],
				     *served = &model->served.action[i];
		struct xdp_stats_rec now = reading->action[i], before = *map;

		if (now.rx_packets < before.rx_packets || now.rx_bytes < before.rx_bytes) {
			before = (struct xdp_stats_rec){ 0 };
			fell = true;
		}
		served->rx_packets += now.rx_packets - before.rx_packets;
		served->rx_bytes += now.rx_bytes - before.rx_bytes;
		*map = now;
	}
	return fell;
}

/* Reproducible, so that a failure can be looked into. */
static uint32_t draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

/* Frames are counted; now and then somebody resets one verdict or all, or the map is another. */
static void step(uint32_t *seed, struct counters *map, struct model *model, struct carry *carry)
{
	uint32_t what = draw(seed, 20);

	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++) {
		if (what == 0 || (what == 1 && i == draw(seed, XDP_STATS_ACTIONS)))
			set(map, i, 0, 0);
		if (what == 2)
			set(map, i, draw(seed, 1000), draw(seed, 30000));
	}
	if (what == 2) {
		model->map = *map;
		carry_switch(carry, map);
	}
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++) {
		uint32_t frames = draw(seed, 50);

		map->action[i].rx_packets += frames;
		map->action[i].rx_bytes += frames * (60 + (uint64_t)draw(seed, 1455));
	}
}

static void test_never_falls_whatever_comes(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 200; round++) {
		struct counters map = { 0 }, before = { 0 }, served;
		struct model model = { 0 };
		struct carry carry = { 0 };
		uint32_t seed = round;

		for (unsigned int i = 0; i < 200; i++) {
			step(&seed, &map, &model, &carry);
			assert_int_equal(carry_update(&carry, &map), follow(&model, &map));
			assert_served(&carry, &model.served);
			carry_serve(&carry, &served);
			for (unsigned int j = 0; j < XDP_STATS_ACTIONS; j++) {
				assert_true(served.action[j].rx_packets >=
					    before.action[j].rx_packets);
				assert_true(served.action[j].rx_bytes >= before.action[j].rx_bytes);
			}
			before = served;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adds_up_all_cpus),
		cmocka_unit_test(test_wraps_like_a_counter),
		cmocka_unit_test(test_serves_absolute_values),
		cmocka_unit_test(test_switches_maps),
		cmocka_unit_test(test_reset_of_all_verdicts),
		cmocka_unit_test(test_reset_of_one_verdict),
		cmocka_unit_test(test_packets_or_bytes_alone_fall),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_plain_while_all_is_of_one_map),
		cmocka_unit_test(test_counter_of_a_cpu_fell),
		cmocka_unit_test(test_never_falls_whatever_comes),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
