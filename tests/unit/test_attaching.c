/* SPDX-License-Identifier: GPL-2.0-or-later */
/* At the hook: our program, somebody else's, and what is refused and tried again. */
#include "registry_fixture.h"

#include <errno.h>

#include "lib/log.h"

static void test_foreign_program_is_left_alone(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "program 'prog50' (id 50, native) is attached");
	assert_string_equal(row(3)->program.name, "prog50");
	assert_int_equal(row(3)->program_changes, 0);
	assert_false(counted(3));
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_contains(unit_logged, "warning: eth0: program 'prog50' (id 50, native)");
}

static void test_foreign_program_is_logged_once(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	unit_log_clear();
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	later(RETRY_MS);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_string_equal(unit_logged, "");
}

static void test_foreign_program_goes(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(3, "eth0", 0, XDP_MODE_NONE);
	/* It has not got better until our turn. */
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->program.name, "");
	assert_calls("");
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 2);
	assert_int_equal(rows_failed(registry_rows(registry)), 0);
}

static void test_foreign_program_comes_before_our_turn(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	present(3, "eth0", 50, XDP_MODE_GENERIC);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_GENERIC);
}

static void test_our_program_is_known_again(void **state)
{
	(void)state;
	count_eth0(NULL);
	grown();
	later(5000);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 1);
	assert_int_equal(row(3)->last_change, unit_now - 5000);
	assert_int_equal(row(3)->discontinuity, unit_now - 5000);
	assert_int_equal(registry_rows(registry)->last_change, unit_now - 5000);
	assert_int_equal(grown(), 0);
}

/* The hardware may run somebody's program beside ours. */
static void test_our_program_is_one_of_several(void **state)
{
	(void)state;
	count_eth0("native");
	later(1000);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_MULTIPLE);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_MULTIPLE);
	assert_true(counted(3));
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, unit_now - 1000);
}

static void test_our_program_vanishes(void **state)
{
	int64_t began = unit_now, vanished;
	const struct iface *before;

	(void)state;
	count_eth0(NULL);
	before = row(3);
	grown();
	vanished = later(1000);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("detach;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_true(counted(3)); /* what was counted stays valid */
	assert_int_equal(row(3)->last_change, vanished);
	assert_int_equal(row(3)->discontinuity, began);

	later(1000);
	registry_step(registry, 0);
	assert_calls("attach eth0 any;"); /* to the same source, with its values */
	assert_ptr_equal(row(3), before);
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_true(counted(3));
	assert_int_equal(row(3)->program_changes, 3);
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
	assert_int_equal(grown(), 0); /* no row came or went */
}

static void test_our_program_is_replaced(void **state)
{
	(void)state;
	count_eth0(NULL);
	grown();
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("detach;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_false(counted(3));
	assert_int_equal(row(3)->program_changes, 2);
	assert_int_equal(grown(), 1);
}

/* No pin leads to it; it is not somebody else's for that, and its map can be read. */
static void ours_elsewhere(const char *source)
{
	configure("eth0", source, NULL);
	fake_answer.elsewhere = 50;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_false(registry_step(registry, 0));
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	fake_answer.elsewhere = 0; /* nobody can be asked any more */
	fake_calls[0] = '\0';
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry, 0));
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
}

static void test_ours_elsewhere(void **state)
{
	(void)state;
	ours_elsewhere("count");
}

static void test_ours_elsewhere_auto(void **state)
{
	(void)state;
	ours_elsewhere("auto");
}

/* Somebody has updated our link: to close it would take that program away. */
static void test_foreign_program_in_our_link(void **state)
{
	(void)state;
	count_eth0(NULL);
	fake_answer.held = 50;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	later(RETRY_MS);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text,
			"program 'prog50' (id 50, native) is attached already");
	assert_false(counted(3));

	/* Ours is put back, and was the program of the link all the time. */
	later(1000);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_calls("");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_true(counted(3));
}

/* Nor do other rules take it away. */
static void test_foreign_program_in_our_link_and_other_rules(void **state)
{
	static const char *const sources[] = { "off", "map", "count" };

	(void)state;
	count_eth0(NULL);
	fake_answer.held = 50;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	for (size_t i = 0; i < LENGTH(sources); i++) {
		configure("eth0", sources[i], NULL);
		assert_calls("");
	}
}

static void test_refused_attachment(void **state)
{
	(void)state;
	fake_answer.attach_err = -EOPNOTSUPP;
	fake_answer.text = "cannot attach the counter program; native: not today";
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry, 0));
	assert_calls("open;attach eth0 any;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, fake_answer.text);
	assert_false(counted(3));
	assert_int_equal(row(3)->discontinuity, 0);
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
	assert_string_equal(unit_logged, "warning: eth0: cannot attach the counter program; "
					 "native: not today\n");

	/* Not tried again while nothing changes. */
	later(RETRY_MS - 1);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry, 0));
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
}

static void refuse_eth0(void)
{
	fake_answer.attach_err = -EOPNOTSUPP;
	fake_answer.text = "refused";
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
}

static void assert_eth0_tried_again(void)
{
	registry_step(registry, 0);
	assert_calls("attach eth0 any;");
}

static void test_refused_attachment_is_tried_after_a_minute(void **state)
{
	int64_t refused = unit_now;

	(void)state;
	refuse_eth0();
	grown();
	unit_log_clear();
	later(RETRY_MS);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_eth0_tried_again();
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);

	/* The next time is a minute from then. */
	later(RETRY_MS - 1);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("");

	/* To be refused again is no news. */
	assert_string_equal(unit_logged, "");
	assert_int_equal(row(3)->last_change, refused);
	assert_int_equal(registry_rows(registry)->last_change, refused);
	assert_int_equal(grown(), 0);

	fake_answer.attach_err = 0;
	later(1);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_eth0_tried_again();
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, unit_now);
}

static void test_refused_attachment_is_tried_when_the_link_changes(void **state)
{
	struct netdev netdev = { .ifindex = 3, .name = "eth0", .mtu = 9000, .mode = XDP_MODE_NONE };

	(void)state;
	refuse_eth0();
	registry_present(registry, &netdev);
	settle();
	assert_eth0_tried_again();
}

static void test_refused_attachment_is_tried_with_new_rules(void **state)
{
	(void)state;
	refuse_eth0();
	configure("eth0", "count", NULL);
	assert_eth0_tried_again();
}

static void test_source_that_cannot_be_opened(void **state)
{
	(void)state;
	fake_answer.open_err = -EPERM;
	fake_answer.text = "cannot make the counter map";
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, fake_answer.text);

	fake_answer.open_err = 0;
	fake_answer.text = "";
	later(RETRY_MS);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
}

static void test_refused_native_is_explained(void **state)
{
	(void)state;
	fake_answer.mode = XDP_MODE_GENERIC;
	fake_answer.text = "native was refused: no";
	count_eth0(NULL);
	assert_string_equal(row(3)->reason.text, fake_answer.text);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_GENERIC);
	assert_string_equal(row(3)->reason.text, fake_answer.text);
	assert_contains(unit_logged, "info: eth0: counting (generic): native was refused: no\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_foreign_program_is_left_alone),
		TEST(test_foreign_program_is_logged_once),
		TEST(test_foreign_program_goes),
		TEST(test_foreign_program_comes_before_our_turn),
		TEST(test_our_program_is_known_again),
		TEST(test_our_program_is_one_of_several),
		TEST(test_our_program_vanishes),
		TEST(test_our_program_is_replaced),
		TEST(test_ours_elsewhere),
		TEST(test_ours_elsewhere_auto),
		TEST(test_foreign_program_in_our_link),
		TEST(test_foreign_program_in_our_link_and_other_rules),
		TEST(test_refused_attachment),
		TEST(test_refused_attachment_is_tried_after_a_minute),
		TEST(test_refused_attachment_is_tried_when_the_link_changes),
		TEST(test_refused_attachment_is_tried_with_new_rules),
		TEST(test_source_that_cannot_be_opened),
		TEST(test_refused_native_is_explained),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("attaching", tests, NULL, NULL);
}
