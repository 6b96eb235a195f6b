/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alternative names: which interface is watched for them, and which ones are missing. */
#include "registry_fixture.h"

#include <stdio.h>
#include <string.h>

#include "lib/log.h"

/* The kernel's news; altnames is a list as lib/names.h has it, and gone after the call. */
static void present_as(unsigned int ifindex, const char *name, const char *altnames, size_t size,
		       uint32_t prog_id)
{
	struct netdev netdev = {
		.ifindex = ifindex,
		.mtu = 1500,
		.mode = prog_id ? XDP_MODE_NATIVE : XDP_MODE_NONE,
		.prog_id = prog_id,
	};
	char copy[64];

	assert_true(size <= sizeof(copy));
	memcpy(copy, altnames, size);
	netdev.altnames = size > 1 ? copy : NULL;
	snprintf(netdev.name, sizeof(netdev.name), "%s", name);
	registry_present(registry, &netdev);
	settle();
	memset(copy, 'x', sizeof(copy));
}

#define PRESENT(ifindex, name, altnames, prog_id)                                                  \
	present_as(ifindex, name, altnames, sizeof(altnames), prog_id)

static void test_counted_by_altname(void **state)
{
	(void)state;
	configure("alt0", "count", NULL);
	assert_int_equal(registry_missing(registry), 1);
	PRESENT(3, "eth0", "other\0alt0\0", 0);
	assert_int_equal(registry_missing(registry), 0);
	assert_false(registry_step(registry, 0));
	assert_calls("open;attach eth0 any;");

	/* It is matched again without news, and stays with each of them. */
	configure("alt0,alt1", "count", NULL);
	assert_int_equal(registry_missing(registry), 1);
	PRESENT(3, "eth0", "alt1\0", FIRST_PROG_ID);
	PRESENT(3, "eth9", "alt1\0alt0\0", FIRST_PROG_ID);
	assert_int_equal(registry_missing(registry), 0);
	assert_calls("");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, fake_answer.mode);
}

static void test_altname_moves(void **state)
{
	(void)state;
	configure("alt0", "count", NULL);
	PRESENT(3, "eth0", "alt0\0", 0);
	PRESENT(4, "eth1", "", 0);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");

	PRESENT(3, "eth0", "", FIRST_PROG_ID);
	assert_null(row(3));
	assert_int_equal(registry_missing(registry), 1);
	fake_calls[0] = '\0';
	PRESENT(4, "eth1", "alt0\0", 0);
	registry_step(registry, 0);
	assert_calls("open;attach eth1 any;");
	assert_int_equal(registry_missing(registry), 0);
}

static void test_map_by_altname(void **state)
{
	struct reason error;

	(void)state;
	assert_int_equal(rules_add_map(&rules, "alt0", "/bpf/a", &error), 0);
	add_rules_to(&rules, "eth0", "map", NULL);
	registry_set_rules(registry, &rules);
	settle();
	PRESENT(3, "eth0", "alt0\0", 50);
	assert_string_equal(row(3)->map_path, "/bpf/a");
	registry_set_rules(registry, &rules);
	settle();
	assert_string_equal(row(3)->map_path, "/bpf/a");
	PRESENT(3, "eth0", "", 50);
	assert_null(row(3)->map_path);
}

/* An interface that an earlier line leaves alone exists. */
static void test_missing_but_off(void **state)
{
	(void)state;
	add_rules_to(&rules, "alt1,wan*", "off", NULL);
	add_rules_to(&rules, "eth0,alt0,eth1,wan1", "count", NULL);
	registry_set_rules(registry, &rules);
	settle();
	assert_int_equal(registry_missing(registry), 3);
	PRESENT(3, "eth0", "alt1\0", 0); /* off by its alternative name */
	assert_int_equal(registry_missing(registry), 2);
	PRESENT(4, "wan0", "alt0\0", 0); /* off by its own */
	assert_int_equal(registry_missing(registry), 1);
	PRESENT(3, "eth1", "alt1\0", 0);
	assert_int_equal(registry_missing(registry), 1);
	registry_gone(registry, 3);
	settle();
	assert_int_equal(registry_missing(registry), 2);

	registry_dump_begin(registry);
	PRESENT(4, "wan0", "alt0\0", 0);
	registry_dump_end(registry);
	settle();
	assert_int_equal(registry_missing(registry), 2);
	registry_dump_begin(registry);
	registry_dump_end(registry);
	settle();
	assert_int_equal(registry_missing(registry), 3);
}

/* Some have alternative names, most have not, and they are told of in any order. */
static void test_many(void **state)
{
	char altnames[16];

	(void)state;
	configure("alt4,alt7,alt3", "observe", NULL);
	for (unsigned int i = 15; i > 0; i--) {
		memset(altnames, 0, sizeof(altnames));
		snprintf(altnames, sizeof(altnames), "alt%u", i);
		present_as(i * 7 % 16, "eth", altnames, i % 2 ? sizeof(altnames) : 1, 0);
	}
	assert_int_equal(registry_missing(registry), 1);
	assert_non_null(row(7 * 7 % 16));
	assert_non_null(row(3 * 7 % 16));
	registry_gone(registry, 3 * 7 % 16);
	settle();
	assert_int_equal(registry_missing(registry), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_counted_by_altname), TEST(test_altname_moves), TEST(test_map_by_altname),
		TEST(test_missing_but_off),    TEST(test_many),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("altnames", tests, NULL, NULL);
}
