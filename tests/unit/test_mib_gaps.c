/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks where interfaces, CPUs or a whole table are missing, and what is read for them. */
#include "mib_fixture.h"

#include <errno.h>
#include <string.h>

/* An interface that cannot be read hides no other. */
static void test_unreadable_interface(void **state)
{
	(void)state;
	fake_rows.eth9_unreadable = true;
	check_absent("1.3.1.2.9.0", SNMP_NOSUCHINSTANCE);
	check_absent("1.7.1.1.9", SNMP_NOSUCHINSTANCE);
	check_get("1.3.1.2." LAST ".1", "Counter64: 60");
	check_get("1.2.1.3.9", "INTEGER: 1");
	check_walk();
}

static void test_cpu_table_is_off(void **state)
{
	(void)state;
	mib.cpu_table = false;
	check_absent("1.4.1.2.9.0.0", SNMP_NOSUCHINSTANCE);
	check_absent("1.4.1.3." LAST ".4.70", SNMP_NOSUCHINSTANCE);
	check_walk();
}

/* Interfaces with rows in xdpStatsTable and none in xdpCpuTable: the first, the last, both. */
static void test_interfaces_without_cpus(void **state)
{
	(void)state;
	fake_rows.eth9_without_cpus = true;
	check_absent("1.4.1.2.9.0.0", SNMP_NOSUCHINSTANCE);
	check_get("1.4.1.2." LAST ".0.0", "Counter64: 2000");
	check_walk();
	fake_rows.last_without_cpus = true;
	check_absent("1.4.1.3." LAST ".4.70", SNMP_NOSUCHINSTANCE);
	check_walk();
	fake_rows.eth9_without_cpus = false;
	check_get("1.4.1.3.9.4.70", "Counter64: 3470");
	check_walk();
}

/* To pass them over takes one look at each, not one at each row. */
static void test_many_without_cpus(void **state)
{
	enum { MANY = 300 };
	static struct iface many[MANY];
	struct iface *counted[MANY + 1];
	struct name name = name_of("1.3.1.3." LAST ".4");

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		many[i].netdev.ifindex = 1000 + i;
		counted[i] = &many[i];
	}
	counted[MANY] = &fake_last;
	fake_registry.rows.counted = (struct iface_set){ .iface = counted, .count = MANY + 1 };
	fake_rows.cpu_readings = 0;
	check_next_is(&name, "1.4.1.2." LAST ".0.0");
	assert_int_equal(fake_rows.cpu_readings, MANY + 2); /* the last one for the value */
	fake_rows.last_without_cpus = true;
	fake_rows.cpu_readings = 0;
	check_next_is(&name, "1.5.1.1.9");
	assert_int_equal(fake_rows.cpu_readings, 2 * (MANY + 1)); /* two columns */
}

static void test_unknown_number_of_cpus(void **state)
{
	(void)state;
	fake_rows.possible_cpus = -ENOENT;
	check_absent("1.1.2.0", SNMP_NOSUCHINSTANCE);
	check_walk();
}

static void test_no_interfaces(void **state)
{
	netsnmp_variable_list variable;
	struct name name = name_of("1.1.8.0");

	(void)state;
	fake_registry.rows.shown.count = fake_registry.rows.counted.count = 0;
	check_get("1.1.3.0", "Gauge32: 0");
	check_absent("1.2.1.1.9", SNMP_NOSUCHINSTANCE);
	set_variable(&variable, &name);
	ask(MODE_GETNEXT, &variable, 1);
	assert_int_equal(variable.type, ASN_NULL);
	snmp_reset_var_buffers(&variable);
}

/* Columns that are no counters read no map. */
static void test_only_counters_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < walk_length; i++) {
		fake_rows.readings = 0;
		check_get(walk[i].name, walk[i].value);
		assert_int_equal(fake_rows.readings, !strncmp(walk[i].value, "Counter64", 9));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, mib_fixture_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unreadable_interface),    TEST(test_cpu_table_is_off),
		TEST(test_interfaces_without_cpus), TEST(test_many_without_cpus),
		TEST(test_unknown_number_of_cpus),  TEST(test_no_interfaces),
		TEST(test_only_counters_are_read),
	};

	return cmocka_run_group_tests_name("mib_gaps", tests, mib_fixture_begin, mib_fixture_end);
}
