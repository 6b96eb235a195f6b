/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <unistd.h>

#include "kernel/cpus.h"

#define MAX 8

/* The numbers in the list are these, count of them. */
static void check(const char *text, size_t count, const unsigned int *numbers)
{
	unsigned int number[MAX] = { 0 };

	assert_int_equal(cpus_parse(text, number, MAX), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(number[i], numbers[i]);
}

static void test_lists(void **state)
{
	(void)state;
	check("0\n", 1, (unsigned int[]){ 0 });
	check("0-3\n", 4, (unsigned int[]){ 0, 1, 2, 3 });
	check("0,2-4,65535\n", 5, (unsigned int[]){ 0, 2, 3, 4, 65535 });
	check("1,3,5", 3, (unsigned int[]){ 1, 3, 5 });
	check("0-7\n", MAX, (unsigned int[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
	check("\n", 0, NULL);
	check("", 0, NULL);
}

/* Told apart from a list that fits; nothing is written behind the end. */
static void test_more_than_there_is_room_for(void **state)
{
	unsigned int number[3] = { 0, 0, 4711 };

	(void)state;
	assert_int_equal(cpus_parse("4-6\n", number, 2), 3);
	assert_int_equal(cpus_parse("4-18446744073709551615\n", number, 2), 3);
	assert_int_equal(cpus_parse("4,6,8,10\n", number, 2), 3);
	assert_int_equal(number[0], 4);
	assert_int_equal(number[1], 6);
	assert_int_equal(number[2], 4711);
}

/* A count that is not the list's is somebody's mistake, and not to be believed. */
static void test_of_this_machine(void **state)
{
	long configured = sysconf(_SC_NPROCESSORS_CONF);
	const unsigned int *numbers = NULL;
	unsigned int count = 0;

	(void)state;
	assert_null(cpus_possible(UINT16_MAX + 1));
	while (!numbers && count++ < UINT16_MAX)
		numbers = cpus_possible(count);
	assert_non_null(numbers);
	assert_true(count >= configured);
	for (unsigned int i = 0; i + 1 < count; i++)
		assert_true(numbers[i] < numbers[i + 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_more_than_there_is_room_for),
		cmocka_unit_test(test_of_this_machine),
	};

	return cmocka_run_group_tests_name("cpus", tests, NULL, NULL);
}
