/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan for fake links, by the real rules and registry; no source may be touched for it. */
#include "fake_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/plan.h"
#include "iface/registry.h"

static const struct netdev there[] = {
	{ .ifindex = 1, .name = "lo", .mode = XDP_MODE_NONE },
	{ .ifindex = 2, .name = "eth0", .mode = XDP_MODE_NONE },
	{ .ifindex = 3, .name = "eth1", .mode = XDP_MODE_NATIVE, .prog_id = 50 },
	{ .ifindex = 4, .name = "wan0", .mode = XDP_MODE_NONE },
	{ .ifindex = 5, .name = "wan1", .mode = XDP_MODE_NONE },
	{ .ifindex = 6,
	  .name = "old0",
	  .mode = XDP_MODE_NATIVE,
	  .prog_id = 60,
	  .altnames = "alt0\0alt1\0" },
};

static struct rtnl_handlers handlers;
static int open_err, dump_err;
static unsigned int closed;

int rtnl_open(struct rtnl **rtnl, const struct rtnl_handlers *wanted)
{
	assert_null(*rtnl);
	handlers = *wanted;
	return open_err;
}

int rtnl_dump_all(struct rtnl *rtnl)
{
	(void)rtnl;
	for (size_t i = 0; !dump_err && i < LENGTH(there); i++)
		handlers.present(&there[i], handlers.context);
	return dump_err;
}

void rtnl_close(struct rtnl *rtnl)
{
	(void)rtnl;
	closed++;
}

static int setup(void **state)
{
	(void)state;
	fake_source_reset();
	open_err = dump_err = 0;
	closed = 0;
	return 0;
}

static void add(struct rules *rules, const char *patterns, const char *source, const char *hook)
{
	struct reason error;

	assert_int_equal(rules_add(rules, patterns, source, hook, &error), 0);
}

static int print_plan(struct rules *rules, const struct pins *pins)
{
	int err;

	unit_capture_begin();
	err = plan_print(rules, pins);
	unit_capture_end();
	rules_free(rules);
	assert_string_equal(fake_calls, "");
	assert_string_equal(unit_written[STDERR_FILENO], "");
	assert_int_equal(closed, 1);
	return err;
}

#define HEAD "INTERFACE        SOURCE   HOOK     WHAT WOULD HAPPEN\n"

static void test_plan(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	add(&rules, "eth*", "count", "native");
	add(&rules, "wan0,wan7", "auto", NULL);
	add(&rules, "wan1", "off", NULL);
	add(&rules, "eth9", "count", NULL); /* taken by the pattern */
	add(&rules, "vpn*", "count", NULL); /* not expected to exist */
	assert_int_equal(print_plan(&rules, NULL), 0);
	assert_string_equal(
		unit_written[STDOUT_FILENO], HEAD
		"lo               -        -        left alone: no line matches\n"
		"eth0             count    native   the counter program will be attached\n"
		"eth1             count    native   failed: program 'prog50' (id 50, native) is "
		"attached already and is left alone: detach it to have the interface counted\n"
		"wan0             auto     any      the counter program will be attached\n"
		"wan1             off      -        left alone\n"
		"old0             -        -        left alone: no line matches\n"
		"wan7             auto     any      does not exist\n");
}

static void test_odd_names(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	add(&rules, "#\033\xff", "count", NULL);
	assert_int_equal(print_plan(&rules, NULL), 0);
	assert_contains(unit_written[STDOUT_FILENO],
			"\n\\x23\\x1b\\xff     count    any      does not exist\n");
}

/* Whose name it is; one that an earlier line leaves alone is there as well. */
static void test_alternative_names(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	add(&rules, "alt1", "observe", NULL);
	add(&rules, "old0,alt0,alt2", "count", NULL);
	add(&rules, "alt*,lo", "count", NULL);
	assert_int_equal(print_plan(&rules, NULL), 0);
	assert_contains(unit_written[STDOUT_FILENO],
			"old0             observe  -        as alt1: program 'prog60' (id 60) will "
			"be observed\n"
			"alt2             count    any      does not exist\n");
	assert_null(strstr(unit_written[STDOUT_FILENO], "\nalt0"));
}

static void test_observe(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	add(&rules, "eth*,lo", "observe", NULL);
	add(&rules, "wan0", "map", NULL);
	add(&rules, "wan1,old0", "auto", "generic");
	add(&rules, "*", "off", NULL);
	assert_int_equal(print_plan(&rules, NULL), 0);
	assert_string_equal(
		unit_written[STDOUT_FILENO], HEAD
		"lo               observe  -        no program is attached\n"
		"eth0             observe  -        nothing, until a program is attached\n"
		"eth1             observe  -        program 'prog50' (id 50) will be observed\n"
		"wan0             map      -        no program is attached\n"
		"wan1             auto     generic  the counter program will be attached\n"
		"old0             auto     generic  program 'prog60' (id 60) will be observed\n");
}

static void test_what_cannot_be_observed(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	fake_answer.observe_err = -ENODATA;
	fake_answer.text = "it has no BTF";
	add(&rules, "eth1", "observe", NULL);
	assert_int_equal(print_plan(&rules, NULL), 0);
	assert_contains(unit_written[STDOUT_FILENO],
			"failed: program 'prog50' (id 50, native) cannot be observed: it "
			"has no BTF\n");
}

static void test_map(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	fake_answer.observe_err = -ENODATA; /* which does not matter for map */
	add(&rules, "eth1", "map", NULL);
	add(&rules, "old0", "auto", NULL);
	assert_int_equal(print_plan(&rules, NULL), 0);
	assert_contains(
		unit_written[STDOUT_FILENO],
		"eth1             map      -        the map of program 'prog50' (id 50) will be "
		"read\n");
	assert_contains(
		unit_written[STDOUT_FILENO],
		"old0             auto     any      the map of program 'prog60' (id 60) will be "
		"read\n");
}

static void test_map_that_cannot_be_read(void **state)
{
	static const struct {
		const char *source, *why;
	} failures[] = {
		{ "map", "has no map that can be read: it has none\n" },
		{ "auto",
		  "cannot be observed: it has no BTF; nor can its map be read: it has none\n" },
	};

	for (size_t i = 0; i < LENGTH(failures); i++) {
		struct rules rules = { 0 };

		setup(state);
		fake_answer.observe_err = -ENODATA;
		fake_answer.text = "it has no BTF; compile it with -g";
		fake_answer.map_err = -ENOENT;
		fake_answer.map_text = "it has none";
		add(&rules, "eth1", failures[i].source, NULL);
		assert_int_equal(print_plan(&rules, NULL), 0);
		assert_contains(unit_written[STDOUT_FILENO],
				"failed: program 'prog50' (id 50, native) ");
		assert_contains(unit_written[STDOUT_FILENO], failures[i].why);
	}
}

/* What the verdicts are to be read from is no program of ours. */
static void test_counter_program_where_one_is_to_be_observed(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	fake_pins.at[3] = (struct fake_pinned){ .prog_id = 50, .kept = true };
	add(&rules, "eth*", "observe", NULL);
	assert_int_equal(print_plan(&rules, &fake_pins), 0);
	assert_contains(unit_written[STDOUT_FILENO],
			"eth1             observe  -        the counter program is there and will "
			"be taken off\n");
}

/* auto keeps what an earlier run counted with, and waits for what one observed. */
static void test_auto_after_an_earlier_run(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	fake_pins.at[3] = (struct fake_pinned){ .prog_id = 50, .kept = true, .kind = SOURCE_COUNT };
	fake_pins.at[4] = (struct fake_pinned){ .kept = true, .kind = SOURCE_OBSERVE };
	fake_pins.at[5] = (struct fake_pinned){ .kept = true, .kind = SOURCE_COUNT };
	fake_pins.at[6] =
		(struct fake_pinned){ .kept = true, .kind = SOURCE_COUNT, .observed = 60 };
	add(&rules, "eth1,wan0,wan1,old0", "auto", NULL);
	assert_int_equal(print_plan(&rules, &fake_pins), 0);
	assert_contains(
		unit_written[STDOUT_FILENO],
		"eth1             auto     any      the counter program is there and will be kept\n"
		"wan0             auto     any      no program is attached\n"
		"wan1             auto     any      the counter program will be attached\n"
		"old0             auto     any      program 'prog60' (id 60) will be observed\n");
}

static void test_what_is_pinned(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	fake_pins.at[6] = (struct fake_pinned){ .prog_id = 60, .kept = true };
	add(&rules, "eth1,old*", "count", NULL);
	assert_int_equal(print_plan(&rules, &fake_pins), 0);
	assert_contains(unit_written[STDOUT_FILENO],
			"old0             count    any      the counter program is there and will "
			"be kept\n");
}

static void test_what_is_released(void **state)
{
	static const char *const patterns[] = { "wan0", "wan*" };
	static const char *const sources[] = { "count", "auto", "observe" };

	for (size_t i = 0; i < LENGTH(patterns) * LENGTH(sources); i++) {
		struct rules rules = { 0 };

		setup(state);
		fake_pins.at[4].released = true;
		add(&rules, patterns[i / LENGTH(sources)], sources[i % LENGTH(sources)], NULL);
		assert_int_equal(print_plan(&rules, &fake_pins), 0);
		assert_contains(unit_written[STDOUT_FILENO], "released by the operator");
		assert_null(strstr(unit_written[STDOUT_FILENO], "failed"));
	}
}

static void test_failures_are_handed_on(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	open_err = -EMFILE;
	add(&rules, "*", "count", NULL);
	assert_int_equal(print_plan(&rules, NULL), -EMFILE);
	assert_string_equal(unit_written[STDOUT_FILENO], "");

	setup(NULL);
	dump_err = -EIO;
	add(&rules, "*", "count", NULL);
	assert_int_equal(print_plan(&rules, NULL), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_plan, setup),
		cmocka_unit_test_setup(test_odd_names, setup),
		cmocka_unit_test_setup(test_alternative_names, setup),
		cmocka_unit_test_setup(test_observe, setup),
		cmocka_unit_test_setup(test_what_cannot_be_observed, setup),
		cmocka_unit_test_setup(test_map, setup),
		cmocka_unit_test_setup(test_map_that_cannot_be_read, setup),
		cmocka_unit_test_setup(test_counter_program_where_one_is_to_be_observed, setup),
		cmocka_unit_test_setup(test_auto_after_an_earlier_run, setup),
		cmocka_unit_test_setup(test_what_is_pinned, setup),
		cmocka_unit_test_setup(test_what_is_released, setup),
		cmocka_unit_test_setup(test_failures_are_handed_on, setup),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
