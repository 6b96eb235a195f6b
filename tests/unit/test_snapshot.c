/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of a fake registry: each reading of it gives another value, so a new one is seen. */
#include "unit.h"

#include <errno.h>

#include "snapshot.h"

#define SNAPSHOTS 8
#define MAX_AGE_MS 5000

static uint64_t generation;
static unsigned int readings; /* how many there were */
static unsigned int last_ifindex;
static int read_err;

static struct snapshots *snapshots;

int registry_read(struct registry *registry, struct iface *iface, struct counters *counters)
{
	assert_null(registry);
	readings++;
	last_ifindex = iface->link.ifindex;
	if (!read_err)
		counters->action[0].rx_packets = readings;
	return read_err;
}

uint64_t registry_generation(const struct registry *registry)
{
	assert_null(registry);
	return generation;
}

static int setup(void **state)
{
	(void)state;
	unit_now = 1000000;
	generation = 0;
	readings = 0;
	read_err = 0;
	return snapshots_new(&snapshots, NULL);
}

static int teardown(void **state)
{
	(void)state;
	snapshots_free(snapshots);
	return 0;
}

#define NO_ANSWER UINT64_MAX

/* The number of the reading that the transaction is answered from. */
static uint64_t ask(uint32_t session, uint32_t transaction, unsigned int ifindex)
{
	struct iface iface = { .link.ifindex = ifindex };
	const struct counters *counters = snapshots_read(snapshots, session, transaction, &iface);

	return counters ? counters->action[0].rx_packets : NO_ANSWER;
}

static void test_one_reading_for_each_transaction_and_interface(void **state)
{
	(void)state;
	assert_int_equal(ask(1, 1, 3), 1);
	assert_int_equal(last_ifindex, 3);
	assert_int_equal(ask(1, 1, 3), 1);
	assert_int_equal(ask(1, 1, 4), 2);
	assert_int_equal(last_ifindex, 4);
	assert_int_equal(ask(1, 2, 3), 3); /* another transaction */
	assert_int_equal(ask(2, 1, 3), 4); /* another session */
	assert_int_equal(readings, 4);

	assert_int_equal(ask(1, 1, 3), 1);
	assert_int_equal(ask(1, 1, 4), 2);
	assert_int_equal(ask(1, 2, 3), 3);
	assert_int_equal(ask(2, 1, 3), 4);
	assert_int_equal(readings, 4);
}

/* More than the first allocation holds, and not in order. */
static void test_many_interfaces(void **state)
{
	enum { COUNT = 499 };

	(void)state;
	for (unsigned int i = 0; i < COUNT; i++)
		assert_int_equal(ask(1, 1, 1 + i * 7 % COUNT), i + 1);
	for (unsigned int i = 0; i < COUNT; i++)
		assert_int_equal(ask(1, 1, 1 + i * 7 % COUNT), i + 1);
	assert_int_equal(readings, COUNT);
}

static void test_eight_transactions_at_a_time(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++)
		for (uint32_t i = 1; i <= SNAPSHOTS; i++)
			assert_int_equal(ask(1, i, 3), i);
	assert_int_equal(readings, SNAPSHOTS);
}

static void test_the_one_not_used_for_longest_is_forgotten(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= SNAPSHOTS; i++)
		ask(1, i, 3);
	assert_int_equal(ask(1, 1, 3), 1); /* so it is 2's turn */
	assert_int_equal(ask(1, 100, 3), SNAPSHOTS + 1);
	assert_int_equal(ask(1, 1, 3), 1);
	for (uint32_t i = 3; i <= SNAPSHOTS; i++)
		assert_int_equal(ask(1, i, 3), i);
	assert_int_equal(readings, SNAPSHOTS + 1);
	assert_int_equal(ask(1, 2, 3), SNAPSHOTS + 2);
}

static void test_grows_old(void **state)
{
	(void)state;
	assert_int_equal(ask(1, 1, 3), 1);
	unit_now += MAX_AGE_MS - 1;
	assert_int_equal(ask(1, 1, 3), 1); /* being used does not keep it young */
	unit_now += 1;
	assert_int_equal(ask(1, 1, 3), 2);
	assert_int_equal(ask(1, 1, 3), 2);
	unit_now += MAX_AGE_MS - 1;
	assert_int_equal(ask(1, 1, 3), 2);
}

static void test_flush(void **state)
{
	(void)state;
	ask(1, 1, 3);
	ask(1, 2, 3);
	snapshots_flush(snapshots);
	assert_int_equal(ask(1, 1, 3), 3);
	assert_int_equal(ask(1, 2, 3), 4);
	assert_int_equal(ask(1, 1, 3), 3);
}

static void test_generation_flushes(void **state)
{
	(void)state;
	ask(1, 1, 3);
	ask(1, 2, 3);
	generation++;
	assert_int_equal(ask(1, 1, 3), 3);
	assert_int_equal(ask(1, 2, 3), 4);
	assert_int_equal(ask(1, 1, 3), 3);
	assert_int_equal(readings, 4);
}

static void test_failed_reading(void **state)
{
	(void)state;
	read_err = -EIO;
	assert_int_equal(ask(1, 1, 3), NO_ANSWER);
	read_err = 0;
	assert_int_equal(ask(1, 1, 3), NO_ANSWER); /* not tried again in this transaction, */
	assert_int_equal(readings, 1);
	assert_int_equal(ask(1, 1, 4), 2); /* which sees the others, */
	assert_int_equal(ask(1, 2, 3), 3); /* but in the next */
	assert_int_equal(ask(1, 1, 3), NO_ANSWER);
}

static void test_free_nothing(void **state)
{
	(void)state;
	snapshots_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_reading_for_each_transaction_and_interface),
		TEST(test_many_interfaces),
		TEST(test_eight_transactions_at_a_time),
		TEST(test_the_one_not_used_for_longest_is_forgotten),
		TEST(test_grows_old),
		TEST(test_flush),
		TEST(test_generation_flushes),
		TEST(test_failed_reading),
		TEST(test_free_nothing),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
