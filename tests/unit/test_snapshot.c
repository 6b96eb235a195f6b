/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of a fake registry: each reading of it gives another value, so a new one is seen. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "snmp/snapshot.h"

#define SNAPSHOTS 8
#define MAX_AGE_MS 5000

static struct rows rows;
static unsigned int readings; /* how many there were */
static unsigned int last_ifindex;
static int read_err;
static bool cpus_asked_for, cpus_unknown; /* by the last reading */

static struct snapshots *snapshots;

int registry_read(struct registry *registry, struct iface *iface, struct counters *counters,
		  struct cpu_counters **each)
{
	assert_null(registry);
	readings++;
	last_ifindex = iface->netdev.ifindex;
	cpus_asked_for = each;
	if (read_err)
		return read_err;
	counters->action[0].rx_packets = readings;
	if (each && cpus_unknown) {
		*each = NULL;
	} else if (each) {
		*each = malloc(sizeof(**each));
		assert_non_null(*each);
		(*each)->cpus = readings;
	}
	return 0;
}

int registry_read_errors(const struct registry *registry, const struct iface *iface,
			 struct xdp_errors *errors)
{
	assert_null(registry);
	readings++;
	last_ifindex = iface->netdev.ifindex;
	*errors = (struct xdp_errors){ .exceptions = readings };
	return read_err;
}

const struct rows *registry_rows(const struct registry *registry)
{
	assert_null(registry);
	return &rows;
}

static int setup(void **state)
{
	(void)state;
	unit_now = 1000000;
	rows.generation = 0;
	readings = 0;
	read_err = 0;
	cpus_unknown = false;
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
	struct iface iface = { .netdev.ifindex = ifindex };
	const struct counters *counters = snapshots_read(snapshots, session, transaction, &iface);

	return counters ? counters->action[0].rx_packets : NO_ANSWER;
}

/* The same for errors. */
static uint64_t ask_errors(uint32_t session, uint32_t transaction, unsigned int ifindex)
{
	const struct iface iface = { .netdev.ifindex = ifindex };
	const struct xdp_errors *errors =
		snapshots_read_errors(snapshots, session, transaction, &iface);

	return errors ? errors->exceptions : NO_ANSWER;
}

/* The same for what each CPU counted. */
static uint64_t ask_cpus(uint32_t session, uint32_t transaction, unsigned int ifindex)
{
	struct iface iface = { .netdev.ifindex = ifindex };
	const struct cpu_counters *each =
		snapshots_read_cpus(snapshots, session, transaction, &iface);

	return each ? each->cpus : NO_ANSWER;
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
	rows.generation++;
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

static void test_cpus_are_not_kept_unless_asked_for(void **state)
{
	(void)state;
	assert_int_equal(ask_cpus(1, 1, 3), NO_ANSWER);
	assert_int_equal(readings, 0);
	assert_int_equal(ask(1, 1, 3), 1);
	assert_false(cpus_asked_for);
	assert_int_equal(ask_cpus(1, 1, 3), NO_ANSWER);
	assert_int_equal(readings, 1);
}

/* Whichever is asked for first, the other is of the same reading. */
static void test_cpus_are_of_the_same_reading(void **state)
{
	(void)state;
	snapshots_store_cpus(snapshots, true);
	assert_int_equal(ask(1, 1, 3), 1);
	assert_true(cpus_asked_for);
	assert_int_equal(ask_cpus(1, 1, 3), 1);
	assert_int_equal(ask_cpus(1, 1, 4), 2);
	assert_int_equal(ask(1, 1, 4), 2);
	assert_int_equal(ask_cpus(1, 1, 2), 3); /* in front of the others */
	assert_int_equal(ask_cpus(1, 1, 3), 1);
	assert_int_equal(ask_cpus(1, 2, 3), 4);
	assert_int_equal(ask(1, 2, 3), 4);
	assert_int_equal(readings, 4);
}

static void test_cpus_of_many(void **state)
{
	enum { COUNT = 499 };

	(void)state;
	snapshots_store_cpus(snapshots, true);
	for (unsigned int i = 0; i < COUNT; i++)
		assert_int_equal(ask_cpus(1, 1, 1 + i * 7 % COUNT), i + 1);
	for (unsigned int i = 0; i < COUNT; i++)
		assert_int_equal(ask_cpus(1, 1, 1 + i * 7 % COUNT), i + 1);
	for (uint32_t i = 2; i <= 3 * SNAPSHOTS; i++)
		assert_int_equal(ask_cpus(1, i, 3), COUNT + i - 1);
	assert_int_equal(readings, COUNT + 3 * SNAPSHOTS - 1);
}

static void test_cpus_that_are_not_known(void **state)
{
	(void)state;
	snapshots_store_cpus(snapshots, true);
	cpus_unknown = true;
	assert_int_equal(ask_cpus(1, 1, 3), NO_ANSWER);
	cpus_unknown = false;
	assert_int_equal(ask_cpus(1, 1, 3), NO_ANSWER);
	assert_int_equal(ask(1, 1, 3), 1);
	assert_int_equal(readings, 1);
	read_err = -EIO;
	assert_int_equal(ask_cpus(1, 1, 4), NO_ANSWER);
	assert_int_equal(ask(1, 1, 4), NO_ANSWER);
	assert_int_equal(readings, 2);
}

static void test_cpus_are_switched(void **state)
{
	(void)state;
	assert_int_equal(ask(1, 1, 3), 1);
	snapshots_store_cpus(snapshots, true);
	assert_int_equal(ask_cpus(1, 1, 3), 2); /* what was read without them is of no use */
	assert_int_equal(ask(1, 1, 3), 2);
	snapshots_store_cpus(snapshots, false);
	assert_int_equal(ask_cpus(1, 1, 3), NO_ANSWER);
	assert_int_equal(ask(1, 1, 3), 3);
	assert_false(cpus_asked_for);
}

static void test_free_nothing(void **state)
{
	(void)state;
	snapshots_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Each is read when it is asked for, and then only once. */
static void test_errors_are_another_reading(void **state)
{
	(void)state;
	assert_int_equal(ask_errors(1, 1, 3), 1);
	assert_int_equal(ask(1, 1, 3), 2);
	assert_int_equal(ask_errors(1, 1, 3), 1);
	assert_int_equal(ask(1, 1, 3), 2);
	assert_int_equal(ask_errors(1, 1, 4), 3);
	assert_int_equal(ask_errors(1, 2, 3), 4);
	read_err = -EIO;
	assert_int_equal(ask_errors(1, 3, 3), NO_ANSWER);
	assert_int_equal(ask_errors(1, 3, 3), NO_ANSWER);
	assert_int_equal(readings, 5);
	read_err = 0;
	assert_int_equal(ask(1, 3, 3), 6);
}

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
		TEST(test_cpus_are_not_kept_unless_asked_for),
		TEST(test_cpus_are_of_the_same_reading),
		TEST(test_cpus_of_many),
		TEST(test_cpus_that_are_not_known),
		TEST(test_cpus_are_switched),
		TEST(test_free_nothing),
		TEST(test_errors_are_another_reading),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
