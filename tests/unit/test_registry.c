/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registry among fakes: this file is the source, the kernel's news and the clock. */
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "registry.h"

#define FIRST_PROG_ID 1000 /* of ours; what the tests attach themselves has smaller numbers */
#define RETRY_MS 60000

struct source {
	unsigned int ifindex;
	uint32_t prog_id;
	enum xdp_mode mode;
	char name[IFNAMSIZ]; /* of the interface that it was opened for */
	int64_t discontinuity, last_change;
};

/* What is pinned, by ifIndex, as an earlier run left it and ours go on with it. */
struct pins {
	struct pinned {
		uint32_t prog_id;    /* on the interface, by a link of ours */
		const char *why;     /* what is wrong with the pinned link, or NULL */
		bool kept, released; /* there are counters; there is the operator's mark */
		int64_t discontinuity, last_change;
	} at[16];
};

static struct pins pins;
static struct registry *registry;
static struct rules rules;
static uint64_t generation; /* as it was when grown() looked last */

/* What the registry asked of its sources. */
static char calls[1024];
static unsigned int keeps; /* too many to be recorded */
static int open_sources;

/* What it gets for an answer. */
static struct {
	int open_err, attach_err, read_err;
	const char *text;
	enum xdp_mode mode;
	uint32_t next_prog_id;
	uint32_t held;     /* somebody's program that is in our link */
	int64_t folded;    /* a reading found a reset at that time */
	unsigned int gone; /* there is no interface with this ifIndex any more */
	bool stale;        /* a source whose interface was called otherwise has none */
} answer;

static void record(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void record(const char *format, ...)
{
	size_t used = strlen(calls);
	va_list args;

	va_start(args, format);
	vsnprintf(calls + used, sizeof(calls) - used, format, args);
	va_end(args);
}

int source_open(struct source **source, const struct pins *from, const struct link *link,
		char text[static STATUS_TEXT_MAX])
{
	record("open;");
	if (answer.open_err) {
		snprintf(text, STATUS_TEXT_MAX, "%s", answer.text);
		return answer.open_err;
	}
	*source = calloc(1, sizeof(**source));
	assert_non_null(*source);
	assert_ptr_equal(from, &pins);
	(*source)->ifindex = link->ifindex;
	memcpy((*source)->name, link->name, IFNAMSIZ);
	(*source)->discontinuity = pins.at[link->ifindex].discontinuity;
	(*source)->last_change = pins.at[link->ifindex].last_change;
	pins.at[link->ifindex].kept = true;
	open_sources++;
	return 0;
}

int source_attach(struct source *source, const struct link *link, enum rule_hook hook,
		  char text[static STATUS_TEXT_MAX])
{
	const struct pinned *pinned = &pins.at[link->ifindex];
	bool adopt = pinned->prog_id && pinned->prog_id == link->prog_id;

	record("%s %s %s;", adopt ? "adopt" : "attach", link->name, rule_hook_name(hook));
	source->prog_id = 0;
	snprintf(text, STATUS_TEXT_MAX, "%s", answer.text);
	if (answer.attach_err)
		return answer.attach_err;
	source->prog_id = adopt ? pinned->prog_id : answer.next_prog_id++;
	source->mode = adopt ? link->mode : answer.mode;
	if (!adopt)
		source->discontinuity = unit_now;
	return 0;
}

void source_detach(struct source *source)
{
	if (source->prog_id)
		record("detach;");
	source->prog_id = 0;
}

static void end(struct source *source, const char *how)
{
	if (!source)
		return;
	record("%s;", how);
	open_sources--;
	free(source);
}

void source_close(struct source *source)
{
	end(source, "close");
}

void source_discard(struct source *source)
{
	end(source, "discard");
}

const char *source_refusal(const struct source *source)
{
	(void)source;
	return "";
}

uint32_t source_prog_id(const struct source *source)
{
	return source->prog_id;
}

enum xdp_mode source_mode(const struct source *source)
{
	return source->mode;
}

struct program_info source_program(const struct source *source)
{
	return source_describe(source->prog_id);
}

bool source_holds(const struct source *source, uint32_t prog_id)
{
	return source->prog_id && prog_id == answer.held;
}

bool source_is_stale(const struct source *source, const struct link *link)
{
	return answer.stale && strcmp(source->name, link->name);
}

int source_read(struct source *source, struct counters *served)
{
	record("read;");
	assert_non_null(source);
	if (answer.folded)
		source->discontinuity = answer.folded;
	if (!answer.read_err)
		*served = (struct counters){ .action[2] = { 7, 700 } };
	return answer.read_err;
}

void source_keep(struct source *source, const struct link *link)
{
	memcpy(source->name, link->name, IFNAMSIZ);
	keeps++;
}

int64_t source_last_change(const struct source *source)
{
	return source->last_change;
}

void source_set_last_change(struct source *source, int64_t when)
{
	source->last_change = when;
}

int64_t source_discontinuity(const struct source *source)
{
	return source->discontinuity;
}

bool source_left_behind(const struct pins *from, unsigned int ifindex, uint32_t prog_id,
			char why[static PINS_ERROR_MAX])
{
	const struct pinned *pinned = &pins.at[ifindex];

	assert_ptr_equal(from, &pins);
	assert_int_not_equal(prog_id, 0);
	snprintf(why, PINS_ERROR_MAX, "%s", pinned->why ? pinned->why : "");
	return pinned->prog_id == prog_id && !pinned->why;
}

bool source_is_kept(const struct pins *from, unsigned int ifindex)
{
	assert_ptr_equal(from, &pins);
	return pins.at[ifindex].kept;
}

bool source_take_off(const struct pins *from, unsigned int ifindex)
{
	bool was = pins.at[ifindex].prog_id;

	assert_ptr_equal(from, &pins);
	if (was)
		record("take off %u;", ifindex);
	pins.at[ifindex].prog_id = 0;
	return was;
}

bool source_forget(const struct pins *from, unsigned int ifindex)
{
	assert_ptr_equal(from, &pins);
	record("forget %u;", ifindex);
	pins.at[ifindex] = (struct pinned){ 0 };
	return true;
}

bool pins_is_released(const struct pins *from, unsigned int ifindex)
{
	assert_ptr_equal(from, &pins);
	return pins.at[ifindex].released;
}

int pins_each(const struct pins *from, void (*each)(unsigned int ifindex, void *context),
	      void *context)
{
	assert_ptr_equal(from, &pins);
	for (unsigned int ifindex = 1; ifindex < LENGTH(pins.at); ifindex++)
		if (pins.at[ifindex].kept)
			each(ifindex, context);
	return 0;
}

/* Fakes if_indextoname(3). */
char *__wrap_if_indextoname(unsigned int ifindex, char *name);
char *__wrap_if_indextoname(unsigned int ifindex, char *name)
{
	return ifindex == answer.gone ? NULL : strcpy(name, "any");
}

/* Only looks; not worth a record. */
struct program_info source_describe(uint32_t prog_id)
{
	struct program_info info = { 0 };

	if (prog_id)
		snprintf(info.name, sizeof(info.name), "prog%u", prog_id);
	return info;
}

static int setup(void **state)
{
	(void)state;
	unit_log_clear();
	unit_now = 1000000;
	memset(&answer, 0, sizeof(answer));
	answer.text = "";
	answer.mode = XDP_MODE_NATIVE;
	answer.next_prog_id = FIRST_PROG_ID;
	memset(&pins, 0, sizeof(pins));
	calls[0] = '\0';
	generation = keeps = 0;
	return registry_new(&registry, &pins);
}

static int teardown(void **state)
{
	(void)state;
	registry_free(registry, true);
	rules_free(&rules);
	assert_int_equal(open_sources, 0);
	return 0;
}

static void assert_calls(const char *wanted)
{
	assert_string_equal(calls, wanted);
	calls[0] = '\0';
}

static void add_rules_to(struct rules *to, const char *patterns, const char *source,
			 const char *hook)
{
	char error[RULES_ERROR_MAX];

	assert_int_equal(rules_add(to, patterns, source, hook, error), 0);
}

/* The one line of the configuration. */
static void configure(const char *patterns, const char *source, const char *hook)
{
	struct rules old = rules;

	rules = (struct rules){ 0 };
	add_rules_to(&rules, patterns, source, hook);
	registry_set_rules(registry, &rules);
	rules_free(&old);
}

static void present(unsigned int ifindex, const char *name, uint32_t prog_id, enum xdp_mode mode)
{
	struct link link = { .ifindex = ifindex, .mtu = 1500, .mode = mode, .prog_id = prog_id };

	snprintf(link.name, sizeof(link.name), "%s", name);
	registry_link_present(registry, &link);
}

static struct iface *row(unsigned int ifindex)
{
	return iface_set_find(registry_rows(registry), ifindex);
}

static bool counted(unsigned int ifindex)
{
	return iface_set_find(registry_counted(registry), ifindex);
}

static void assert_row(unsigned int ifindex, enum iface_status status, enum source_kind kind,
		       uint32_t prog_id, enum xdp_mode mode)
{
	const struct iface *iface = row(ifindex);

	assert_non_null(iface);
	assert_int_equal(iface->status, status);
	assert_int_equal(iface->kind, kind);
	assert_int_equal(iface->link.prog_id, prog_id);
	assert_int_equal(iface->link.mode, mode);
}

/* Asks once; returns by how much it grew. */
static uint64_t grown(void)
{
	uint64_t before = generation;

	generation = registry_generation(registry);
	return generation - before;
}

static int64_t later(int64_t ms)
{
	return unit_now += ms;
}

/* eth0 with ifIndex 3, counted by a first program of ours. */
static void count_eth0(const char *hook)
{
	configure("eth0", "count", hook);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry));
	assert_calls(hook && !strcmp(hook, "native") ? "open;attach eth0 native;"
						     : "open;attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, answer.mode);
	assert_true(counted(3));
}

static void test_literal_name_has_a_row_at_once(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	assert_int_equal(registry_last_change(registry), 0);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->text, "about to attach the counter program");
	assert_false(counted(3));
	assert_calls("");

	assert_false(registry_step(registry));
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->text, "");
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
	assert_non_null(iface_set_find(registry_watched(registry), 3));

	/* It keeps the row when that program is gone. */
	registry_step(registry);
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
	answer.attach_err = -EPERM;
	answer.text = "refused";
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_null(row(3));
	assert_int_equal(registry_failed(registry), 0);
	assert_int_equal(registry_last_change(registry), 0);
}

static void test_what_no_line_asks_for_is_not_watched(void **state)
{
	(void)state;
	configure("eth0", "off", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	assert_int_equal(registry_watched(registry)->count, 0);
	assert_false(registry_step(registry));
	assert_calls("");
}

static void test_one_interface_in_each_step(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	present(9, "c", 0, XDP_MODE_NONE);
	present(10, "b", 0, XDP_MODE_NONE);
	present(2, "a", 0, XDP_MODE_NONE);
	assert_true(registry_step(registry));
	assert_calls("open;attach a any;");
	assert_true(registry_step(registry));
	assert_calls("open;attach c any;");
	assert_false(registry_step(registry));
	assert_calls("open;attach b any;");
	assert_false(registry_step(registry));
	assert_calls("");
	assert_int_equal(registry_counted(registry)->count, 3);
}

static void test_vanishes_before_its_turn(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	present(2, "a", 0, XDP_MODE_NONE);
	present(3, "b", 0, XDP_MODE_NONE);
	registry_link_gone(registry, 2);
	assert_false(registry_step(registry));
	assert_calls("open;attach b any;");
}

static void test_foreign_program_is_left_alone(void **state)
{
	static const char *const sources[] = { "count", "auto" };

	(void)state;
	for (size_t i = 0; i < LENGTH(sources); i++) {
		configure("eth0", sources[i], NULL);
		present(3, "eth0", 50, XDP_MODE_NATIVE);
		assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
		assert_contains(row(3)->text, "program 'prog50' (id 50, native) is attached");
		assert_string_equal(row(3)->program.name, "prog50");
		assert_int_equal(row(3)->program_changes, 0);
		assert_false(counted(3));
		assert_int_equal(registry_failed(registry), 1);
		assert_false(registry_step(registry));
		assert_calls("");
	}
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
	registry_step(registry);
	assert_calls("open;attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 2);
	assert_int_equal(registry_failed(registry), 0);
}

static void test_foreign_program_comes_before_our_turn(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	present(3, "eth0", 50, XDP_MODE_GENERIC);
	assert_false(registry_step(registry));
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
	assert_false(registry_step(registry));
	assert_calls("");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 1);
	assert_int_equal(row(3)->last_change, unit_now - 5000);
	assert_int_equal(row(3)->discontinuity, unit_now - 5000);
	assert_int_equal(registry_last_change(registry), unit_now - 5000);
	assert_int_equal(grown(), 0);
}

/* The hardware may run somebody's program beside ours. */
static void test_our_program_is_one_of_several(void **state)
{
	(void)state;
	count_eth0("native");
	later(1000);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_MULTIPLE);
	assert_false(registry_step(registry));
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
	registry_step(registry);
	assert_calls("attach eth0 any;"); /* to the same source, with its values */
	assert_ptr_equal(row(3), before);
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_true(counted(3));
	assert_int_equal(row(3)->program_changes, 3);
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(registry_last_change(registry), unit_now);
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

static void test_refused_attachment(void **state)
{
	(void)state;
	answer.attach_err = -EOPNOTSUPP;
	answer.text = "cannot attach the counter program; native: not today";
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry));
	assert_calls("open;attach eth0 any;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->text, answer.text);
	assert_false(counted(3));
	assert_int_equal(row(3)->discontinuity, 0);
	assert_int_equal(registry_failed(registry), 1);
	assert_string_equal(unit_logged, "warning: eth0: cannot attach the counter program; "
					 "native: not today\n");

	/* Not tried again while nothing changes. */
	later(RETRY_MS - 1);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry));
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
}

static void refuse_eth0(void)
{
	answer.attach_err = -EOPNOTSUPP;
	answer.text = "refused";
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("open;attach eth0 any;");
}

static void assert_eth0_tried_again(void)
{
	registry_step(registry);
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
	registry_step(registry);
	assert_calls("");

	/* To be refused again is no news. */
	assert_string_equal(unit_logged, "");
	assert_int_equal(row(3)->last_change, refused);
	assert_int_equal(registry_last_change(registry), refused);
	assert_int_equal(grown(), 0);

	answer.attach_err = 0;
	later(1);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_eth0_tried_again();
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, unit_now);
}

static void test_refused_attachment_is_tried_when_the_link_changes(void **state)
{
	struct link link = { .ifindex = 3, .name = "eth0", .mtu = 9000, .mode = XDP_MODE_NONE };

	(void)state;
	refuse_eth0();
	registry_link_present(registry, &link);
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
	answer.open_err = -EPERM;
	answer.text = "cannot make the counter map";
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("open;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->text, answer.text);

	answer.open_err = 0;
	answer.text = "";
	later(RETRY_MS);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("open;attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
}

static void test_refused_native_is_explained(void **state)
{
	(void)state;
	answer.mode = XDP_MODE_GENERIC;
	answer.text = "native was refused: no";
	count_eth0(NULL);
	assert_string_equal(row(3)->text, answer.text);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_GENERIC);
	assert_string_equal(row(3)->text, answer.text);
	assert_contains(unit_logged, "info: eth0: counting (generic): native was refused: no\n");
}

/* The row of ifIndex 3 is gone and its program let go; what was counted is still there. */
static void assert_not_asked_for(void)
{
	assert_calls("detach;");
	assert_int_equal(registry_watched(registry)->count, 1);
	assert_int_equal(registry_rows(registry)->count, 0);
	assert_int_equal(registry_counted(registry)->count, 0);
	assert_int_equal(registry_last_change(registry), unit_now);
	assert_int_equal(grown(), 1);
	assert_false(registry_step(registry));
	assert_calls("");
	assert_int_equal(open_sources, 1);
}

static void test_renamed_out_of_the_rules(void **state)
{
	(void)state;
	count_eth0(NULL);
	grown();
	later(1000);
	present(3, "lan0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_not_asked_for();

	/* Renamed back, it goes on where it stopped. */
	later(1000);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("attach eth0 any;");
	assert_true(counted(3));
	assert_int_equal(row(3)->discontinuity, unit_now);
}

/* Without counters there is nothing to keep. */
static void test_renamed_out_of_the_rules_before_its_turn(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	present(3, "lan0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_watched(registry)->count, 0);
	assert_int_equal(registry_rows(registry)->count, 0);
	assert_false(registry_step(registry));
	assert_calls("");
}

static void test_renamed_within_the_rules(void **state)
{
	(void)state;
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("open;attach eth0 any;");
	later(1000);
	present(3, "eth7", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_calls("");
	assert_string_equal(row(3)->link.name, "eth7");
	assert_true(counted(3));
	assert_int_equal(row(3)->last_change, unit_now - 1000);
	assert_int_equal(row(3)->discontinuity, unit_now - 1000);
}

static void test_link_gone(void **state)
{
	(void)state;
	count_eth0(NULL);
	grown();
	registry_link_gone(registry, 4);
	assert_int_equal(grown(), 0);
	registry_link_gone(registry, 3);
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
	registry_step(registry);
	registry_step(registry);
	assert_calls("open;attach a any;open;attach b any;");
	later(1000);

	registry_dump_begin(registry);
	present(3, "b", FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	present(5, "d", 0, XDP_MODE_NONE);
	assert_non_null(row(2)); /* until the dump is complete */
	registry_dump_end(registry);
	assert_calls("discard;");
	assert_null(row(2));
	assert_null(row(4));
	assert_true(counted(3));
	assert_non_null(iface_set_find(registry_watched(registry), 5));
	assert_int_equal(registry_last_change(registry), unit_now);
}

static void test_rules_say_off(void **state)
{
	(void)state;
	count_eth0(NULL);
	grown();
	later(1000);
	configure("eth0", "off", NULL);
	assert_not_asked_for();

	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_watched(registry)->count, 1);
	configure("eth0", "count", NULL);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_true(counted(3));
	assert_int_equal(grown(), 1);
	later(1000);
	registry_step(registry);
	assert_calls("attach eth0 any;"); /* to the same source, with its values */
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

/* The next dump lets those go that have nothing to keep. */
static void test_rules_say_off_before_its_turn(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	configure("eth0", "off", NULL);
	assert_int_equal(registry_rows(registry)->count, 0);
	assert_false(registry_step(registry));
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_watched(registry)->count, 0);
	assert_calls("");
}

static void test_rules_say_native_where_generic_is(void **state)
{
	(void)state;
	answer.mode = XDP_MODE_GENERIC;
	count_eth0(NULL);
	later(1000);
	configure("eth0", "count", "native");
	assert_calls("detach;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_true(counted(3));

	answer.mode = XDP_MODE_NATIVE;
	registry_step(registry);
	assert_calls("attach eth0 native;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

static void test_rules_that_mean_the_same(void **state)
{
	static const char *const hooks[] = { "any", "native" };

	(void)state;
	count_eth0("native");
	later(1000);
	for (size_t i = 0; i < LENGTH(hooks); i++) {
		configure("eth*", i ? "auto" : "count", hooks[i]);
		assert_false(registry_step(registry));
		assert_calls("");
		assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
		assert_int_equal(row(3)->last_change, unit_now - 1000);
	}
	/* A generic hook is another one. */
	configure("eth*", "count", "generic");
	assert_calls("detach;");
}

static void test_sources_of_later_versions(void **state)
{
	static const char *const sources[] = { "observe", "map" };

	(void)state;
	count_eth0(NULL);
	for (size_t i = 0; i < LENGTH(sources); i++) {
		char text[64];

		configure("eth0", sources[i], NULL);
		assert_calls(i ? "" : "detach;");
		assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
		snprintf(text, sizeof(text), "%s is not in this version", sources[i]);
		assert_string_equal(row(3)->text, text);
		assert_false(counted(3));
		assert_false(registry_step(registry));
		assert_calls("");
	}
	/* What was counted before is still there. */
	configure("eth0", "count", NULL);
	registry_step(registry);
	assert_calls("attach eth0 any;");
	assert_true(counted(3));
}

static void test_nothing_to_observe_is_no_failure(void **state)
{
	(void)state;
	configure("*", "observe", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_watched(registry)->count, 1);
	assert_null(row(3));
	assert_string_equal(unit_logged, "");

	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->text, "observe is not in this version");
	assert_string_equal(unit_logged, "warning: eth0: observe is not in this version\n");
	assert_false(registry_step(registry));
	assert_calls("");
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
	registry_link_gone(registry, 6);
	assert_int_equal(registry_missing(registry), 3);
	configure("eth0", "count", NULL);
	assert_int_equal(registry_missing(registry), 1);
}

static void test_reading(void **state)
{
	struct counters counters;

	(void)state;
	count_eth0(NULL);
	assert_int_equal(registry_read(registry, row(3), &counters), 0);
	assert_calls("read;");
	assert_int_equal(counters.action[2].rx_packets, 7);
	assert_int_equal(counters.action[2].rx_bytes, 700);
}

static void test_failed_reading(void **state)
{
	struct counters counters, before;

	(void)state;
	count_eth0(NULL);
	grown();
	later(1000);
	memset(&counters, 0x5a, sizeof(counters));
	before = counters;
	answer.read_err = -EIO;
	assert_int_equal(registry_read(registry, row(3), &counters), -EIO);
	assert_memory_equal(&counters, &before, sizeof(counters));
	assert_row(3, IFACE_FAILED, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_contains(row(3)->text, "cannot be read");
	assert_false(counted(3));
	assert_int_equal(registry_failed(registry), 1);
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(registry_last_change(registry), unit_now);
	assert_int_equal(grown(), 1);
	assert_contains(unit_logged, "err: eth0: cannot read the counter map: Input/output error");

	/* The program is still there, so it is given another chance, and nothing is lost by it. */
	later(1000);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_true(counted(3));
	assert_int_equal(row(3)->discontinuity, unit_now - 2000);
	assert_calls("read;");
	assert_int_equal(grown(), 1);
}

static void test_one_failed_reading_harms_no_other(void **state)
{
	struct counters counters;

	(void)state;
	configure("*", "count", NULL);
	present(2, "a", 0, XDP_MODE_NONE);
	present(3, "b", 0, XDP_MODE_NONE);
	registry_step(registry);
	registry_step(registry);
	answer.read_err = -EIO;
	registry_read(registry, row(2), &counters);
	assert_false(counted(2));
	assert_true(counted(3));
	assert_int_equal(row(3)->status, IFACE_ACTIVE);
	assert_int_equal(registry_failed(registry), 1);
}

/* Each event of a life, and what it moves. */
static void test_times_and_generation(void **state)
{
	struct link link = { .ifindex = 3, .name = "eth0", .mtu = 9000, .mode = XDP_MODE_NONE };
	int64_t appeared, attached, foreign;

	(void)state;
	configure("eth0", "count", NULL);
	assert_int_equal(grown(), 0);
	appeared = later(10);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(row(3)->last_change, appeared);
	assert_int_equal(row(3)->discontinuity, 0);
	assert_int_equal(registry_last_change(registry), appeared);
	assert_int_equal(grown(), 1);

	attached = later(10);
	registry_step(registry);
	assert_int_equal(row(3)->last_change, attached);
	assert_int_equal(row(3)->discontinuity, attached);
	assert_int_equal(registry_last_change(registry), attached);
	assert_int_equal(grown(), 1);

	/* The MTU is in no column. */
	later(10);
	link.prog_id = FIRST_PROG_ID;
	link.mode = XDP_MODE_NATIVE;
	registry_link_present(registry, &link);
	assert_int_equal(row(3)->link.mtu, 9000);
	assert_int_equal(row(3)->last_change, attached);
	assert_int_equal(registry_last_change(registry), attached);
	assert_int_equal(grown(), 0);

	/* A program that nobody counts: no count was lost by that, for there are no counters. */
	foreign = later(10);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, foreign);
	assert_int_equal(row(3)->discontinuity, attached);
	assert_int_equal(grown(), 1);
	foreign = later(10);
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, foreign);
	assert_int_equal(registry_last_change(registry), foreign);
	assert_int_equal(grown(), 0);
	foreign = later(10);
	present(3, "eth0", 51, XDP_MODE_GENERIC);
	assert_int_equal(row(3)->last_change, foreign);
	assert_int_equal(row(3)->program_changes, 3); /* ours, 50, 51 */

	later(10);
	registry_link_gone(registry, 3);
	assert_int_equal(registry_last_change(registry), unit_now);
	assert_int_equal(grown(), 1);
}

/* What ifIndex 3 was left with by an earlier run: our program 900, and the times of its counters.
 */
static void leave_eth0_behind(void)
{
	pins.at[3] = (struct pinned){
		.prog_id = 900, .kept = true, .discontinuity = 500, .last_change = 400
	};
	configure("eth0", "count", NULL);
}

static void test_adopts_what_was_left_behind(void **state)
{
	(void)state;
	leave_eth0_behind();
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 900, XDP_MODE_NATIVE);
	assert_calls("");
	later(10);
	registry_adopt(registry);
	assert_calls("open;adopt eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, 900, XDP_MODE_NATIVE);
	assert_true(counted(3));
	assert_string_equal(row(3)->program.name, "prog900");
	assert_int_equal(row(3)->program_changes, 0);
	assert_int_equal(row(3)->discontinuity, 500);
	assert_int_equal(row(3)->last_change, 400);
	assert_false(registry_step(registry));
	assert_string_equal(unit_logged, "info: eth0: counting (native)\n");

	present(3, "eth0", 900, XDP_MODE_NATIVE);
	assert_calls("");
	assert_int_equal(row(3)->last_change, 400);
}

/* All that was left is adopted before anything is attached: attaching takes its time. */
static void test_adopts_all_at_once(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	pins.at[4].prog_id = 900;
	pins.at[5].prog_id = 901;
	present(3, "a", 0, XDP_MODE_NONE);
	present(4, "b", 900, XDP_MODE_NATIVE);
	present(5, "c", 901, XDP_MODE_GENERIC);
	registry_adopt(registry);
	assert_calls("open;adopt b any;open;adopt c any;");
	assert_row(5, IFACE_ACTIVE, SOURCE_COUNT, 901, XDP_MODE_GENERIC);
	assert_false(registry_step(registry));
	assert_calls("open;attach a any;");
}

/* A record without times, of a crash between two steps. */
static void test_adopts_without_known_times(void **state)
{
	(void)state;
	leave_eth0_behind();
	pins.at[3].last_change = 0;
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	later(10);
	registry_adopt(registry);
	assert_int_equal(row(3)->last_change, unit_now);
}

static void test_last_change_is_told_to_the_source(void **state)
{
	(void)state;
	later(10);
	count_eth0(NULL);
	assert_int_equal(row(3)->source->last_change, unit_now);
	later(10);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->source->last_change, unit_now);
}

static void test_refused_pin_is_told(void **state)
{
	(void)state;
	leave_eth0_behind();
	pins.at[3].why = "pin /x/3/link is left alone: it is yours";
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	registry_adopt(registry);
	assert_false(registry_step(registry));
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 900, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->text,
			    "program 'prog900' (id 900, native) is attached already and is left "
			    "alone; pin /x/3/link is left alone: it is yours");
	assert_false(counted(3));
	assert_int_equal(registry_failed(registry), 1);
}

/* What is pinned says nothing of another program. */
static void test_foreign_program_beside_a_pin(void **state)
{
	(void)state;
	leave_eth0_behind();
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_adopt(registry);
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->text, "detach it to have the interface counted");
}

static void assert_eth0_released(void)
{
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_contains(row(3)->text, "released by the operator");
	assert_true(counted(3)); /* what was counted stays to be seen */
	registry_adopt(registry);
	assert_false(registry_step(registry));
	later(RETRY_MS);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry));
	assert_calls("");
	assert_int_equal(registry_failed(registry), 0);
}

static void retake_eth0(void)
{
	pins.at[3].released = false;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->text, "about to attach the counter program");
	assert_false(registry_step(registry));
	assert_calls("attach eth0 any;");
	assert_int_equal(row(3)->status, IFACE_ACTIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

static void test_released_while_counted(void **state)
{
	int64_t began = unit_now;

	(void)state;
	count_eth0(NULL);
	later(1000);
	pins.at[3].released = true;
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_calls("detach;");
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, began);
	assert_eth0_released();
	retake_eth0();
}

static void test_released_before_the_start(void **state)
{
	(void)state;
	leave_eth0_behind();
	pins.at[3].released = true;
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	assert_calls("take off 3;open;");
	assert_int_equal(row(3)->discontinuity, 500);
	assert_eth0_released();
	retake_eth0();
}

/* There is nothing to show, so nothing is made. */
static void test_released_before_it_was_counted(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	pins.at[3].released = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_false(counted(3));
}

/* To whom the hook was released. */
static void test_released_to_somebody(void **state)
{
	(void)state;
	count_eth0(NULL);
	pins.at[3].released = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("detach;");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
}

static void test_released_and_cannot_be_opened(void **state)
{
	(void)state;
	leave_eth0_behind();
	pins.at[3] = (struct pinned){ .kept = true, .released = true };
	answer.open_err = -EINVAL;
	answer.text = "not today";
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("open;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_contains(unit_logged, "warning: eth0: not today\n");
	assert_false(counted(3));
}

/* Its interface is gone, and another one has got its ifIndex, while messages were lost. */
static void test_another_interface_with_the_same_ifindex(void **state)
{
	(void)state;
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("open;attach eth0 any;");
	grown();
	later(1000);
	answer.stale = true;
	present(3, "eth7", 0, XDP_MODE_NONE);
	assert_calls("discard;");
	assert_null(row(3));
	assert_false(counted(3));
	assert_int_equal(registry_last_change(registry), unit_now);
	assert_int_equal(grown(), 1);

	later(1000);
	registry_step(registry);
	assert_calls("open;attach eth7 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 1);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

static void test_another_interface_that_no_line_asks_for(void **state)
{
	(void)state;
	count_eth0(NULL);
	answer.stale = true;
	present(3, "lan0", 0, XDP_MODE_NONE);
	assert_calls("discard;");
	assert_int_equal(registry_watched(registry)->count, 0);
}

/* So are those of counters that nobody writes into at present. */
static void test_pins_without_a_program_are_kept(void **state)
{
	(void)state;
	count_eth0(NULL);
	pins.at[3].released = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(keeps, 1);
	pins.at[3].released = false;
	configure("eth0", "off", NULL);
	assert_int_equal(keeps, 2);
	assert_calls("detach;");
}

/* Somebody has updated our link: to close it would take that program away. */
static void test_foreign_program_in_our_link(void **state)
{
	(void)state;
	count_eth0(NULL);
	answer.held = 50;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	later(RETRY_MS);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_false(registry_step(registry));
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->text, "program 'prog50' (id 50, native) is attached already");
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
	static const char *const sources[] = { "off", "observe", "count" };

	(void)state;
	count_eth0(NULL);
	answer.held = 50;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	for (size_t i = 0; i < LENGTH(sources); i++) {
		configure("eth0", sources[i], NULL);
		assert_calls("");
	}
}

static void test_pins_of_ours_are_kept(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_int_equal(keeps, 0);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_int_equal(keeps, 1);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_int_equal(keeps, 1);
}

static void test_reset_moves_the_discontinuity(void **state)
{
	struct counters counters;
	int64_t began = unit_now;

	(void)state;
	count_eth0(NULL);
	grown();
	later(1000);
	registry_read(registry, row(3), &counters);
	assert_int_equal(row(3)->discontinuity, began);
	answer.folded = later(1000);
	registry_read(registry, row(3), &counters);
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(row(3)->last_change, began);
	assert_int_equal(grown(), 0);
}

static void test_sweeps_what_is_not_to_be_counted(void **state)
{
	(void)state;
	for (unsigned int ifindex = 3; ifindex < 10; ifindex++)
		pins.at[ifindex] = (struct pinned){ .prog_id = 900 + ifindex, .kept = true };
	pins.at[9].prog_id = 0;
	add_rules_to(&rules, "eth3", "count", NULL);
	add_rules_to(&rules, "eth4", "auto", NULL);
	add_rules_to(&rules, "eth5", "off", NULL);
	add_rules_to(&rules, "eth6", "observe", NULL);
	registry_set_rules(registry, &rules);
	for (unsigned int ifindex = 3; ifindex < 8; ifindex++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "eth%u", ifindex);
		present(ifindex, name, 900 + ifindex, XDP_MODE_NATIVE);
	}
	registry_adopt(registry);
	assert_calls("open;adopt eth3 any;open;adopt eth4 any;");
	answer.gone = 8;
	registry_sweep(registry);
	assert_calls("take off 5;take off 6;take off 7;forget 8;");
	assert_int_equal(open_sources, 2);
}

static void count_two(void)
{
	configure("*", "count", NULL);
	present(2, "a", 0, XDP_MODE_NONE);
	present(3, "b", 0, XDP_MODE_NONE);
	registry_step(registry);
	registry_step(registry);
	assert_calls("open;attach a any;open;attach b any;");
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

	assert_int_equal(registry_new(&registry, &pins), 0);
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
	assert_int_equal(registry_new(&registry, NULL), 0);
	registry_adopt(registry);
	registry_sweep(registry);
	registry_set_rules(registry, &none);
	assert_calls("");
	registry_free(registry, false);
	registry = with;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_literal_name_has_a_row_at_once),
		TEST(test_pattern_gets_its_row_with_the_first_program),
		TEST(test_pattern_without_a_program_has_no_row),
		TEST(test_what_no_line_asks_for_is_not_watched),
		TEST(test_one_interface_in_each_step),
		TEST(test_vanishes_before_its_turn),
		TEST(test_foreign_program_is_left_alone),
		TEST(test_foreign_program_is_logged_once),
		TEST(test_foreign_program_goes),
		TEST(test_foreign_program_comes_before_our_turn),
		TEST(test_our_program_is_known_again),
		TEST(test_our_program_is_one_of_several),
		TEST(test_our_program_vanishes),
		TEST(test_our_program_is_replaced),
		TEST(test_refused_attachment),
		TEST(test_refused_attachment_is_tried_after_a_minute),
		TEST(test_refused_attachment_is_tried_when_the_link_changes),
		TEST(test_refused_attachment_is_tried_with_new_rules),
		TEST(test_source_that_cannot_be_opened),
		TEST(test_refused_native_is_explained),
		TEST(test_renamed_out_of_the_rules),
		TEST(test_renamed_out_of_the_rules_before_its_turn),
		TEST(test_renamed_within_the_rules),
		TEST(test_link_gone),
		TEST(test_left_out_of_the_dump),
		TEST(test_rules_say_off),
		TEST(test_rules_say_off_before_its_turn),
		TEST(test_rules_say_native_where_generic_is),
		TEST(test_rules_that_mean_the_same),
		TEST(test_sources_of_later_versions),
		TEST(test_nothing_to_observe_is_no_failure),
		TEST(test_missing_interfaces),
		TEST(test_reading),
		TEST(test_failed_reading),
		TEST(test_one_failed_reading_harms_no_other),
		TEST(test_times_and_generation),
		TEST(test_adopts_what_was_left_behind),
		TEST(test_adopts_all_at_once),
		TEST(test_adopts_without_known_times),
		TEST(test_last_change_is_told_to_the_source),
		TEST(test_refused_pin_is_told),
		TEST(test_foreign_program_beside_a_pin),
		TEST(test_released_while_counted),
		TEST(test_released_before_the_start),
		TEST(test_released_before_it_was_counted),
		TEST(test_released_to_somebody),
		TEST(test_released_and_cannot_be_opened),
		TEST(test_another_interface_with_the_same_ifindex),
		TEST(test_another_interface_that_no_line_asks_for),
		TEST(test_foreign_program_in_our_link),
		TEST(test_foreign_program_in_our_link_and_other_rules),
		TEST(test_pins_of_ours_are_kept),
		TEST(test_pins_without_a_program_are_kept),
		TEST(test_reset_moves_the_discontinuity),
		TEST(test_sweeps_what_is_not_to_be_counted),
		TEST(test_free_ends_all),
		TEST(test_works_without_pins),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
