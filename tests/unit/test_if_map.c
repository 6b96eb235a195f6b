/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "lib/if_map.h"

static struct if_map map;

static int teardown(void **state)
{
	(void)state;
	if_map_free(&map);
	assert_int_equal(map.count, 0);
	return 0;
}

static void assert_ports(unsigned int master, const unsigned int *wanted, unsigned int count)
{
	struct port_list list;

	memset(&list, 0xff, sizeof(list));
	if_map_find(&map, master, &list);
	assert_int_equal(list.count, count);
	assert_memory_equal(list.ifindex, wanted, count * sizeof(*wanted));
}

static void test_empty(void **state)
{
	(void)state;
	assert_ports(0, NULL, 0);
	assert_ports(10, NULL, 0);
	assert_int_equal(if_map_set(&map, 3, 0), 0);
	assert_int_equal(map.count, 0);
}

static void test_ports_of_two_devices(void **state)
{
	static const unsigned int of_10[] = { 2, 4, 9 }, of_20[] = { 3 };

	(void)state;
	assert_int_equal(if_map_set(&map, 9, 10), 0);
	assert_int_equal(if_map_set(&map, 3, 20), 0);
	assert_int_equal(if_map_set(&map, 2, 10), 0);
	assert_int_equal(if_map_set(&map, 4, 10), 0);
	assert_ports(10, of_10, 3);
	assert_ports(20, of_20, 1);
	assert_ports(30, NULL, 0);
	assert_ports(0, NULL, 0); /* what is no port is not kept */
}

static void test_told_again(void **state)
{
	static const unsigned int of_10[] = { 3 };

	(void)state;
	assert_int_equal(if_map_set(&map, 3, 10), 0);
	assert_int_equal(if_map_set(&map, 3, 10), 10);
	assert_ports(10, of_10, 1);
}

static void test_moves_and_leaves(void **state)
{
	static const unsigned int both[] = { 3, 4 };

	(void)state;
	if_map_set(&map, 3, 10);
	if_map_set(&map, 4, 10);
	assert_int_equal(if_map_set(&map, 3, 20), 10);
	assert_ports(10, &both[1], 1);
	assert_ports(20, &both[0], 1);

	assert_int_equal(if_map_set(&map, 3, 0), 20);
	assert_int_equal(if_map_set(&map, 3, 0), 0);
	assert_ports(20, NULL, 0);
	assert_int_equal(if_map_set(&map, 4, 0), 10);
	assert_int_equal(map.count, 0);
	assert_int_equal(if_map_set(&map, 4, 10), 0);
	assert_int_equal(if_map_set(&map, 3, 10), 0);
	assert_ports(10, both, 2);
}

/* The first, the last and one between, so that each neighbour has to close up. */
static void test_order_is_kept(void **state)
{
	static const unsigned int joins[] = { 50, 10, 30, 20, 40 }, leaves[] = { 30, 10, 50 };
	static const unsigned int all[] = { 10, 20, 30, 40, 50 }, left[] = { 20, 40 };

	(void)state;
	for (size_t i = 0; i < LENGTH(joins); i++)
		if_map_set(&map, joins[i], 7);
	assert_ports(7, all, LENGTH(all));
	for (size_t i = 0; i < LENGTH(leaves); i++)
		assert_int_equal(if_map_set(&map, leaves[i], 0), 7);
	assert_ports(7, left, LENGTH(left));
}

/* There is no end to the ports that are known, but there is one to a list; it says so. */
static void test_more_than_fit(void **state)
{
	struct {
		struct port_list list;
		unsigned int guard;
	} room = { .guard = 4711 };

	(void)state;
	for (unsigned int ifindex = 3 * PORTS_MAX; ifindex > 0; ifindex--)
		if_map_set(&map, ifindex, ifindex % 3 ? 1000 : 2000);
	if_map_find(&map, 1000, &room.list);
	assert_int_equal(room.list.count, 2 * PORTS_MAX);
	assert_int_equal(room.guard, 4711);
	assert_int_equal(room.list.ifindex[0], 1);
	assert_int_equal(room.list.ifindex[PORTS_MAX - 1], 95);
	if_map_find(&map, 2000, &room.list);
	assert_int_equal(room.list.count, PORTS_MAX);
	for (unsigned int i = 0; i < PORTS_MAX; i++)
		assert_int_equal(room.list.ifindex[i], 3 * (i + 1));
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),         TEST(test_ports_of_two_devices),
		TEST(test_told_again),    TEST(test_moves_and_leaves),
		TEST(test_order_is_kept), TEST(test_more_than_fit),
	};

	return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
