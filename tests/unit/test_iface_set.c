/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <limits.h>
#include <stdlib.h>

#include "iface/iface_set.h"
#include "iface/registry.h"

#define MEMBERS 500

/* The members have the ifIndexes 10, 20, ... 5000. */
static struct iface ifaces[MEMBERS];

static struct iface_set full_set(void)
{
	struct iface_set set = { 0 };

	for (size_t i = 0; i < MEMBERS; i++)
		ifaces[i].netdev.ifindex = (unsigned int)(10 * (i + 1));
	/* 7 has no divisor in common with their number: each of them, and out of order. */
	for (size_t i = 0; i < MEMBERS; i++)
		assert_int_equal(iface_set_insert(&set, &ifaces[i * 7 % MEMBERS]), 0);
	return set;
}

static void test_empty_set(void **state)
{
	struct iface_set set = { 0 };

	(void)state;
	assert_null(iface_set_find(&set, 1));
	assert_null(iface_set_after(&set, 0));
}

static void test_members_are_sorted(void **state)
{
	struct iface_set set = full_set();

	(void)state;
	assert_int_equal(set.count, MEMBERS);
	for (size_t i = 0; i < MEMBERS; i++)
		assert_ptr_equal(set.iface[i], &ifaces[i]);
	free(set.iface);
}

static void test_find(void **state)
{
	struct iface_set set = full_set();

	(void)state;
	for (unsigned long ifindex = 0; ifindex <= 10 * MEMBERS + 10; ifindex++) {
		bool member = ifindex && ifindex % 10 == 0 && ifindex <= 10 * MEMBERS;

		assert_ptr_equal(iface_set_find(&set, ifindex),
				 member ? &ifaces[ifindex / 10 - 1] : NULL);
	}
	/* Sub-identifiers have 32 bits and arrive in 64; neither may be cut to an ifIndex. */
	assert_null(iface_set_find(&set, (1UL << 32) + 10));
	assert_null(iface_set_find(&set, ULONG_MAX));
	free(set.iface);
}

static void test_after(void **state)
{
	struct iface_set set = full_set();

	(void)state;
	for (unsigned long ifindex = 0; ifindex <= 10 * MEMBERS + 10; ifindex++)
		assert_ptr_equal(iface_set_after(&set, ifindex),
				 ifindex < 10 * MEMBERS ? &ifaces[ifindex / 10] : NULL);
	assert_null(iface_set_after(&set, (1UL << 32) + 10));
	assert_null(iface_set_after(&set, ULONG_MAX));
	free(set.iface);
}

static void test_remove(void **state)
{
	struct iface_set set = full_set();

	(void)state;
	iface_set_remove(&set, &ifaces[0]);
	iface_set_remove(&set, &ifaces[200]);
	iface_set_remove(&set, &ifaces[MEMBERS - 1]);
	assert_int_equal(set.count, MEMBERS - 3);
	assert_ptr_equal(iface_set_after(&set, 0), &ifaces[1]);
	assert_null(iface_set_find(&set, 2010));
	assert_ptr_equal(iface_set_after(&set, 2000), &ifaces[201]);
	assert_null(iface_set_after(&set, 10 * MEMBERS - 10));

	assert_int_equal(iface_set_insert(&set, &ifaces[200]), 0);
	assert_ptr_equal(iface_set_find(&set, 2010), &ifaces[200]);
	while (set.count)
		iface_set_remove(&set, set.iface[set.count / 2]);
	assert_null(iface_set_after(&set, 0));
	free(set.iface);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_set), cmocka_unit_test(test_members_are_sorted),
		cmocka_unit_test(test_find),      cmocka_unit_test(test_after),
		cmocka_unit_test(test_remove),
	};

	return cmocka_run_group_tests_name("iface_set", tests, NULL, NULL);
}
