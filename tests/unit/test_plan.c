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
	{ .ifindex = 6, .name = "old0", .mode = XDP_MODE_NATIVE, .prog_id = 60 },
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

struct pins {
	unsigned int left_behind, released; /* ifIndex */
};

/* What the plan touched. It must not, and is told so when its output is no longer captured. */
static char touched[256];
#define TOUCHES(what) snprintf(touched, sizeof(touched), "%s: %s", __func__, what)

int source_open(struct source **source, const struct pins *pins, const struct link *link,
		char text[static STATUS_TEXT_MAX])
{
	(void)source;
	(void)pins;
	(void)text;
	TOUCHES(link->name);
	return -EPERM;
}

int source_attach(struct source *source, const struct link *link, enum rule_hook hook,
		  char text[static STATUS_TEXT_MAX])
{
	(void)source;
	(void)hook;
	(void)text;
	TOUCHES(link->name);
	return -EPERM;
}

bool source_take_off(const struct pins *pins, unsigned int ifindex)
{
	(void)pins;
	(void)ifindex;
	TOUCHES("a program");
	return false;
}

bool source_forget(const struct pins *pins, unsigned int ifindex)
{
	(void)pins;
	(void)ifindex;
	TOUCHES("a pin");
	return false;
}

void source_close(struct source *source)
{
	assert_null(source);
}

void source_discard(struct source *source)
{
	assert_null(source);
}

/* There is no source, so these are not called. */
#define NO_SOURCE(source)                                                                          \
	do {                                                                                       \
		(void)(source);                                                                    \
		TOUCHES("a map");                                                                  \
	} while (0)

void source_detach(struct source *source)
{
	NO_SOURCE(source);
}

const char *source_refusal(const struct source *source)
{
	(void)source;
	return "";
}

uint32_t source_prog_id(const struct source *source)
{
	NO_SOURCE(source);
	return 0;
}

enum xdp_mode source_mode(const struct source *source)
{
	NO_SOURCE(source);
	return XDP_MODE_NONE;
}

struct program_info source_program(const struct source *source)
{
	NO_SOURCE(source);
	return (struct program_info){ 0 };
}

bool source_holds(const struct source *source, uint32_t prog_id)
{
	(void)prog_id;
	NO_SOURCE(source);
	return false;
}

bool source_is_stale(const struct source *source, const struct link *link)
{
	(void)link;
	NO_SOURCE(source);
	return false;
}

int source_read(struct source *source, struct counters *served)
{
	(void)served;
	NO_SOURCE(source);
	return -EPERM;
}

void source_keep(struct source *source, const struct link *link)
{
	(void)link;
	NO_SOURCE(source);
}

int64_t source_last_change(const struct source *source)
{
	NO_SOURCE(source);
	return 0;
}

void source_set_last_change(struct source *source, int64_t when)
{
	(void)when;
	NO_SOURCE(source);
}

int64_t source_discontinuity(const struct source *source)
{
	NO_SOURCE(source);
	return 0;
}

bool source_left_behind(const struct pins *pins, unsigned int ifindex, uint32_t prog_id,
			char why[static PINS_ERROR_MAX])
{
	*why = '\0';
	return pins && pins->left_behind == ifindex && prog_id;
}

bool source_is_kept(const struct pins *pins, unsigned int ifindex)
{
	return pins->left_behind == ifindex || pins->released == ifindex;
}

bool pins_is_released(const struct pins *pins, unsigned int ifindex)
{
	return pins->released == ifindex;
}

int pins_each(const struct pins *pins, void (*each)(unsigned int ifindex, void *context),
	      void *context)
{
	(void)pins;
	(void)each;
	(void)context;
	TOUCHES("what was left");
	return 0;
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

static int print_plan(struct rules *rules, const struct pins *pins)
{
	int err;

	touched[0] = '\0';
	unit_capture_begin();
	err = plan_print(rules, pins);
	unit_capture_end();
	rules_free(rules);
	assert_string_equal(touched, "");
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
		"eth1             count    native   failed: program 'theirs' (id 50, native) is "
		"attached already and is left alone; detach it to have the interface counted\n"
		"wan0             auto     any      the counter program will be attached\n"
		"wan1             off      -        left alone\n"
		"old0             -        -        left alone: no line matches\n"
		"wan7             auto     any      does not exist\n");
}

static void test_sources_of_later_versions(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	add(&rules, "eth*", "observe", NULL);
	add(&rules, "wan0", "map", NULL);
	add(&rules, "*", "off", NULL);
	assert_int_equal(print_plan(&rules, NULL), 0);
	assert_string_equal(
		unit_written[STDOUT_FILENO],
		HEAD "lo               off      -        left alone\n"
		     "eth0             observe  -        nothing, until a program is attached\n"
		     "eth1             observe  -        failed: observe is not in this version\n"
		     "wan0             map      -        failed: map is not in this version\n"
		     "wan1             off      -        left alone\n"
		     "old0             off      -        left alone\n");
}

static void test_what_is_pinned(void **state)
{
	static const struct pins pins = { .left_behind = 6, .released = 4 };
	struct rules rules = { 0 };

	(void)state;
	add(&rules, "eth1,old*", "count", NULL);
	assert_int_equal(print_plan(&rules, &pins), 0);
	assert_contains(unit_written[STDOUT_FILENO],
			"old0             count    any      the counter program is there and will "
			"be kept\n");
}

static void test_what_is_released(void **state)
{
	static const char *const patterns[] = { "wan0", "wan*" };

	(void)state;
	for (size_t i = 0; i < LENGTH(patterns); i++) {
		static const struct pins pins = { .released = 4 };
		struct rules rules = { 0 };

		setup(NULL);
		add(&rules, patterns[i], "count", NULL);
		assert_int_equal(print_plan(&rules, &pins), 0);
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
		cmocka_unit_test_setup(test_sources_of_later_versions, setup),
		cmocka_unit_test_setup(test_what_is_pinned, setup),
		cmocka_unit_test_setup(test_what_is_released, setup),
		cmocka_unit_test_setup(test_failures_are_handed_on, setup),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
