/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan for fake links, by the real rules and registry; no source may be touched for it. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plan.h"
#include "registry.h"

static const struct link there[] = {
	{ .ifindex = 1, .name = "lo", .mode = XDP_MODE_NONE },
	{ .ifindex = 2, .name = "eth0", .mode = XDP_MODE_NONE },
	{ .ifindex = 3, .name = "eth1", .mode = XDP_MODE_NATIVE, .prog_id = 50 },
	{ .ifindex = 4, .name = "wan0", .mode = XDP_MODE_NONE },
	{ .ifindex = 5, .name = "wan1", .mode = XDP_MODE_NONE },
};

static struct link_handlers handlers;
static int open_err, dump_err;
static unsigned int closed;

int links_open(struct links **links, const struct link_handlers *wanted)
{
	assert_null(*links);
	handlers = *wanted;
	return open_err;
}

int links_dump(struct links *links)
{
	(void)links;
	for (size_t i = 0; !dump_err && i < LENGTH(there); i++)
		handlers.present(&there[i], handlers.context);
	return dump_err;
}

void links_close(struct links *links)
{
	(void)links;
	closed++;
}

int source_open(struct source **source, char text[static STATUS_TEXT_MAX])
{
	(void)source;
	(void)text;
	fail_msg("a map was made");
	return -EPERM;
}

int source_attach(struct source *source, const struct link *link, enum rule_hook hook,
		  char text[static STATUS_TEXT_MAX])
{
	(void)source;
	(void)link;
	(void)hook;
	(void)text;
	fail_msg("a program was attached");
	return -EPERM;
}

void source_detach(struct source *source)
{
	(void)source;
	fail_msg("a program was detached");
}

void source_close(struct source *source)
{
	assert_null(source);
}

uint32_t source_prog_id(const struct source *source)
{
	assert_non_null(source);
	return 0;
}

enum xdp_mode source_mode(const struct source *source)
{
	assert_non_null(source);
	return XDP_MODE_NONE;
}

int source_read(const struct source *source, struct counters *sum)
{
	(void)source;
	(void)sum;
	fail_msg("a map was read");
	return -EPERM;
}

struct program_info source_describe(uint32_t prog_id)
{
	struct program_info info = { 0 };

	if (prog_id)
		strcpy(info.name, "theirs");
	return info;
}

static int setup(void **state)
{
	(void)state;
	open_err = dump_err = 0;
	closed = 0;
	return 0;
}

static void add(struct rules *rules, const char *patterns, const char *source, const char *hook)
{
	char error[RULES_ERROR_MAX];

	assert_int_equal(rules_add(rules, patterns, source, hook, error), 0);
}

static int print_plan(struct rules *rules)
{
	int err;

	unit_capture_begin();
	err = plan_print(rules);
	unit_capture_end();
	rules_free(rules);
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
	assert_int_equal(print_plan(&rules), 0);
	assert_string_equal(
		unit_written[STDOUT_FILENO], HEAD
		"lo               -        -        left alone: no line matches\n"
		"eth0             count    native   the counter program will be attached\n"
		"eth1             count    native   failed: program 'theirs' (id 50, native) is "
		"attached already and is left alone; detach it to have the interface counted\n"
		"wan0             auto     any      the counter program will be attached\n"
		"wan1             off      -        left alone\n"
		"wan7             auto     any      does not exist\n");
}

static void test_sources_of_later_versions(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	add(&rules, "eth*", "observe", NULL);
	add(&rules, "wan0", "map", NULL);
	add(&rules, "*", "off", NULL);
	assert_int_equal(print_plan(&rules), 0);
	assert_string_equal(
		unit_written[STDOUT_FILENO],
		HEAD "lo               off      -        left alone\n"
		     "eth0             observe  -        nothing, until a program is attached\n"
		     "eth1             observe  -        failed: observe is not in this version\n"
		     "wan0             map      -        failed: map is not in this version\n"
		     "wan1             off      -        left alone\n");
}

static void test_failures_are_handed_on(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	open_err = -EMFILE;
	add(&rules, "*", "count", NULL);
	assert_int_equal(print_plan(&rules), -EMFILE);
	assert_string_equal(unit_written[STDOUT_FILENO], "");

	setup(NULL);
	dump_err = -EIO;
	add(&rules, "*", "count", NULL);
	assert_int_equal(print_plan(&rules), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_plan, setup),
		cmocka_unit_test_setup(test_sources_of_later_versions, setup),
		cmocka_unit_test_setup(test_failures_are_handed_on, setup),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
