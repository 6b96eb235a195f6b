/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces have rows, and when it is their turn; and how all of it ends. */
#include "registry_fixture.h"

#include <errno.h>

#include "lib/log.h"

static void test_literal_name_has_a_row_at_once(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	assert_int_equal(registry_rows(registry)->last_change, 0);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "about to attach the counter program");
	assert_false(counted(3));
	assert_calls("");

	assert_false(registry_step(registry, 0));
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "");
	assert_string_equal(row(3)->program.name, "prog1000");
	assert_true(counted(3));
	assert_calls("open;attach eth0 any;");
	assert_string_equal(unit_logged, "info: eth0: counting (native)\n");
}

static void test_pattern_gets_its_row_with_the_first_program(void **state)
{
	(void)state;
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_null(row(3));
	assert_non_null(iface_set_find(&registry_rows(registry)->watched, 3));

	/* It keeps the row when that program is gone. */
	registry_step(registry, 0);
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);

	/* Somebody else's program is a program, too. */
	present(4, "eth1", 50, XDP_MODE_GENERIC);
	assert_row(4, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_GENERIC);
}

static void test_pattern_without_a_program_has_no_row(void **state)
{
	(void)state;
	fake_answer.attach_err = -EPERM;
	fake_answer.text = "refused";
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_null(row(3));
	assert_int_equal(rows_failed(registry_rows(registry)), 0);
	assert_int_equal(registry_rows(registry)->last_change, 0);
}

static void test_what_no_line_asks_for_is_not_watched(void **state)
{
	(void)state;
	configure("eth0", "off", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	assert_int_equal(registry_rows(registry)->watched.count, 0);
	assert_false(registry_step(registry, 0));
	assert_calls("");
}

static void test_one_interface_in_each_step(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	present(9, "c", 0, XDP_MODE_NONE);
	present(10, "b", 0, XDP_MODE_NONE);
	present(2, "a", 0, XDP_MODE_NONE);
	assert_true(registry_step(registry, 0));
	assert_calls("open;attach a any;");
	assert_true(registry_step(registry, 0));
	assert_calls("open;attach c any;");
	assert_false(registry_step(registry, 0));
	assert_calls("open;attach b any;");
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_int_equal(registry_rows(registry)->counted.count, 3);
}

static void test_missing_interfaces(void **state)
{
	(void)state;
	assert_int_equal(registry_missing(registry), 0);
	add_rules_to(&rules, "br*", "count", NULL);
	add_rules_to(&rules, "eth0,eth1,eth0", "count", NULL);
	add_rules_to(&rules, "eth0,eth2", "auto", NULL); /* eth0 is taken */
	add_rules_to(&rules, "eth3", "off", NULL);       /* not watched */
	add_rules_to(&rules, "br0", "count", NULL);      /* taken by the pattern */
	registry_set_rules(registry, &rules);
	settle();
	assert_int_equal(registry_missing(registry), 3);

	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_missing(registry), 2);
	present(4, "eth2", 50, XDP_MODE_NATIVE);
	present(5, "lo", 0, XDP_MODE_NONE);
	assert_int_equal(registry_missing(registry), 1);
	present(3, "eth1", 0, XDP_MODE_NONE); /* renamed to another name, */
	assert_int_equal(registry_missing(registry), 1);
	present(3, "br7", 0, XDP_MODE_NONE); /* to one of a pattern, */
	assert_int_equal(registry_missing(registry), 2);
	present(4, "none", 50, XDP_MODE_NATIVE); /* to none that is asked for */
	assert_int_equal(registry_missing(registry), 3);

	present(6, "eth2", 0, XDP_MODE_NONE);
	assert_int_equal(registry_missing(registry), 2);
	registry_gone(registry, 6);
	settle();
	assert_int_equal(registry_missing(registry), 3);
	configure("eth0", "count", NULL);
	assert_int_equal(registry_missing(registry), 1);
}

/* What is pinned stays, or all is taken away. */
static void test_free_ends_all(void **state)
{
	struct registry *ended = registry;

	(void)state;
	registry_free(NULL, true);
	count_two();
	registry = NULL; /* teardown must not end it once more */
	registry_free(ended, true);
	assert_calls("close;close;");

	assert_int_equal(registry_new(&registry, &fake_common, &fake_pins), 0);
	count_two();
	ended = registry;
	registry = NULL;
	registry_free(ended, false);
	assert_calls("discard;discard;");
}

/* Then all goes on as if there were no pins to ask. */
static void test_works_without_pins(void **state)
{
	struct registry *with = registry;
	static const struct rules none;

	(void)state;
	assert_int_equal(registry_new(&registry, &fake_common, NULL), 0);
	registry_adopt(registry, INT64_MAX);
	registry_sweep(registry, INT64_MAX);
	registry_set_rules(registry, &none);
	settle();
	assert_calls("");
	registry_free(registry, false);
	registry = with;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_literal_name_has_a_row_at_once),
		TEST(test_pattern_gets_its_row_with_the_first_program),
		TEST(test_pattern_without_a_program_has_no_row),
		TEST(test_what_no_line_asks_for_is_not_watched),
		TEST(test_one_interface_in_each_step),
		TEST(test_missing_interfaces),
		TEST(test_free_ends_all),
		TEST(test_works_without_pins),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
