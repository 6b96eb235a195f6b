/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces that go, are left out of a dump, or are others than before. */
#include "registry_fixture.h"

#include "lib/log.h"

static void test_vanishes_before_its_turn(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	present(2, "a", 0, XDP_MODE_NONE);
	present(3, "b", 0, XDP_MODE_NONE);
	registry_gone(registry, 2);
	settle();
	assert_false(registry_step(registry, 0));
	assert_calls("open;attach b any;");
}

static void test_link_gone(void **state)
{
	(void)state;
	count_eth0(NULL);
	grown();
	registry_gone(registry, 4);
	settle();
	assert_int_equal(grown(), 0);
	registry_gone(registry, 3);
	settle();
	assert_calls("discard;");
	assert_null(row(3));
	assert_int_equal(grown(), 1);
}

static void test_left_out_of_the_dump(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	present(2, "a", 0, XDP_MODE_NONE);
	present(3, "b", 0, XDP_MODE_NONE);
	present(4, "c", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	registry_step(registry, 0);
	assert_calls("open;attach a any;open;attach b any;");
	later(1000);

	registry_dump_begin(registry);
	present(3, "b", FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	present(5, "d", 0, XDP_MODE_NONE);
	assert_non_null(row(2)); /* until the dump is complete */
	registry_dump_end(registry);
	settle();
	assert_calls("discard;");
	assert_null(row(2));
	assert_null(row(4));
	assert_true(counted(3));
	assert_non_null(iface_set_find(&registry_rows(registry)->watched, 5));
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
}

/* Its interface is gone, and another one has got its ifIndex, while messages were lost. */
static void test_another_interface_with_the_same_ifindex(void **state)
{
	(void)state;
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
	grown();
	later(1000);
	fake_answer.stale = true;
	present(3, "eth7", 0, XDP_MODE_NONE);
	assert_calls("discard;");
	assert_null(row(3));
	assert_false(counted(3));
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
	assert_int_equal(grown(), 1);

	later(1000);
	registry_step(registry, 0);
	assert_calls("open;attach eth7 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 1);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

static void test_another_interface_that_no_line_asks_for(void **state)
{
	(void)state;
	count_eth0(NULL);
	fake_answer.stale = true;
	present(3, "lan0", 0, XDP_MODE_NONE);
	assert_calls("discard;");
	assert_int_equal(registry_rows(registry)->watched.count, 0);
}

/* An interface that nobody watches has gone, and no message said so: its program is not there. */
static void test_unwatched_one_left_out_of_the_dump(void **state)
{
	(void)state;
	configure("eth0", "map", NULL);
	present(4, "other", 50, XDP_MODE_NATIVE);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "it is on several interfaces");

	registry_dump_begin(registry);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_dump_end(registry);
	settle();
	registry_step(registry, 0);
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vanishes_before_its_turn),
		TEST(test_link_gone),
		TEST(test_left_out_of_the_dump),
		TEST(test_unwatched_one_left_out_of_the_dump),
		TEST(test_another_interface_with_the_same_ifindex),
		TEST(test_another_interface_that_no_line_asks_for),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("hotplug", tests, NULL, NULL);
}
