/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET and GETNEXT of what is in the tables, and of all names beside it. */
#include "mib_fixture.h"

#include <stdlib.h>

/* What GET says of names that are not in the table. */
static const struct {
	const char *name;
	int error;
} absent[] = {
	{ "", SNMP_NOSUCHOBJECT },
	{ "1", SNMP_NOSUCHOBJECT },
	{ "1.1", SNMP_NOSUCHOBJECT },
	{ "1.1.0.0", SNMP_NOSUCHOBJECT },
	{ "1.1.9.0", SNMP_NOSUCHOBJECT },
	{ "1.1.1", SNMP_NOSUCHINSTANCE },
	{ "1.1.1.1", SNMP_NOSUCHINSTANCE },
	{ "1.1.1.0.0", SNMP_NOSUCHINSTANCE },
	{ "1.2.1", SNMP_NOSUCHOBJECT },
	{ "1.2.2.1.9", SNMP_NOSUCHOBJECT },
	{ "1.2.1.0.9", SNMP_NOSUCHOBJECT },
	{ "1.2.1.11.9", SNMP_NOSUCHOBJECT },
	{ "1.2.1.1", SNMP_NOSUCHINSTANCE },
	{ "1.2.1.1.0", SNMP_NOSUCHINSTANCE },
	{ "1.2.1.1.8", SNMP_NOSUCHINSTANCE },
	{ "1.2.1.1.9.0", SNMP_NOSUCHINSTANCE },
	{ "1.2.1.1.4294967295", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.1.9.0", SNMP_NOSUCHOBJECT }, /* the index: not-accessible */
	{ "1.3.1.4.9.0", SNMP_NOSUCHOBJECT },
	{ "1.3.1.2.9", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.2.9.5", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.2.9.4294967295", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.2.9.0.0", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.2.10.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.1.9.0.0", SNMP_NOSUCHOBJECT }, /* the index: not-accessible */
	{ "1.4.1.4.9.0.0", SNMP_NOSUCHOBJECT },
	{ "1.4.1.2.9.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.0.1", SNMP_NOSUCHINSTANCE }, /* in a gap of the numbers */
	{ "1.4.1.2.9.0.69", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.0.71", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.0.4294967295", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.5.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.4294967295.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.0.0.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.10.0.0", SNMP_NOSUCHINSTANCE },
	{ "1.5.1.0.9", SNMP_NOSUCHOBJECT },
	{ "1.5.1.5.9", SNMP_NOSUCHOBJECT },
	{ "1.5.1.1.2147483647", SNMP_NOSUCHINSTANCE },
	{ "1.5.1.3.8", SNMP_NOSUCHINSTANCE },
	{ "1.5.1.2.9", SNMP_NOSUCHINSTANCE },
	{ "1.5.1.2.10", SNMP_NOSUCHINSTANCE },
	{ "1.7.1.0.9", SNMP_NOSUCHOBJECT },
	{ "1.7.1.11.9", SNMP_NOSUCHOBJECT },
	{ "1.7.1.1.10", SNMP_NOSUCHINSTANCE },
	{ "2.1", SNMP_NOSUCHOBJECT },
	{ "4294967295", SNMP_NOSUCHOBJECT },
};

static void test_get(void **state)
{
	(void)state;
	for (size_t i = 0; i < walk_length; i++)
		check_get(walk[i].name, walk[i].value);
}

static void test_getnext(void **state)
{
	(void)state;
	check_walk();
}

static void test_many_in_one_request(void **state)
{
	netsnmp_variable_list *variables = calloc(walk_length, sizeof(*variables));

	(void)state;
	assert_non_null(variables);
	for (size_t i = 0; i < walk_length; i++) {
		struct name name = name_of(walk[i].name);

		set_variable(&variables[i], &name);
	}
	ask(MODE_GET, variables, walk_length);
	for (size_t i = 0; i < walk_length; i++)
		assert_variable(&variables[i], &walk[i]);
	ask(MODE_GETNEXT, variables, walk_length - 1);
	for (size_t i = 0; i + 1 < walk_length; i++)
		assert_variable(&variables[i], &walk[i + 1]);
	for (size_t i = 0; i < walk_length; i++)
		snmp_reset_var_buffers(&variables[i]);
	free(variables);
}

static void test_get_absent(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(absent); i++)
		check_absent(absent[i].name, absent[i].error);
}

/* Names beside the rows: cut short at every place, then one less, more, the most, and longer. */
static void test_getnext_from_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < walk_length; i++) {
		struct name name = name_of(walk[i].name);

		for (size_t full = name.len; name.len > root.len; full = --name.len) {
			oid *end = &name.part[full - 1], value = *end;

			check_next(&name);
			*end = value + 1;
			check_next(&name);
			*end = UINT32_MAX;
			check_next(&name);
			*end = value;
			if (value) {
				*end = value - 1;
				check_next(&name);
				*end = value;
			}
			name.part[name.len++] = 0;
			check_next(&name);
			name.part[full] = UINT32_MAX;
			check_next(&name);
			name.len = full;
		}
	}
	for (size_t i = 0; i < LENGTH(absent); i++) {
		struct name name = name_of(absent[i].name);

		check_next(&name);
	}
}

static void test_getnext_from_before_the_root(void **state)
{
	netsnmp_variable_list variable;
	struct name name = root;

	(void)state;
	name.len--;
	check_next(&name);
	name.part[root.len - 1]--;
	name.len = root.len;
	check_next(&name);
	name = (struct name){ { 0, 0 }, 2 };
	check_next(&name);

	/* What is behind the end of a name is no part of it. */
	name = name_of("1.7");
	set_variable(&variable, &name);
	variable.name_length = root.len - 1;
	ask(MODE_GETNEXT, &variable, 1);
	assert_variable(&variable, &walk[0]);
	snmp_reset_var_buffers(&variable);
}

static void test_getnext_from_behind_the_root(void **state)
{
	struct name name = root;

	(void)state;
	name.part[root.len - 1]++;
	check_next(&name);
	name.part[name.len++] = 0;
	check_next(&name);
	name = (struct name){ { 2 }, 1 };
	check_next(&name);
}

/* RFC 3416, 2.1: 128 sub-identifiers are the most that a name has. */
static void test_getnext_from_the_longest_name(void **state)
{
	struct name name = name_of("1.3.1.2.9.0");

	(void)state;
	while (name.len < MAX_OID_LEN)
		name.part[name.len++] = 1;
	check_next(&name);
}

static void test_another_root(void **state)
{
	const struct name old = root;

	(void)state;
	mib_unregister(&mib);
	assert_null(registered());
	root = (struct name){ { 1, 3, 6, 1, 4, 1, 99999, 7 }, 8 };
	assert_int_equal(mib_register(&mib, root.part, root.len), 0);
	check_get("1.1.3.0", "Gauge32: 3");
	check_walk();

	mib_unregister(&mib);
	mib_unregister(&mib);
	assert_null(mib.registration);
	root = old;
	assert_int_equal(mib_register(&mib, root.part, root.len), 0);
	check_get("1.1.3.0", "Gauge32: 3");
}

#define TEST(name) cmocka_unit_test_setup(name, mib_fixture_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_get),
		TEST(test_getnext),
		TEST(test_many_in_one_request),
		TEST(test_get_absent),
		TEST(test_getnext_from_anywhere),
		TEST(test_getnext_from_before_the_root),
		TEST(test_getnext_from_behind_the_root),
		TEST(test_getnext_from_the_longest_name),
		TEST(test_another_root),
	};

	return cmocka_run_group_tests_name("mib", tests, mib_fixture_begin, mib_fixture_end);
}
