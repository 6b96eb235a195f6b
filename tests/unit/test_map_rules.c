/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule map, and auto where nothing but the map can be read. */
#include "registry_fixture.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"

/* The program 50 of eth0 counts by itself, and its map is read. */
static void read_eth0(void)
{
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "about to read the program's map");
	assert_calls("");
	assert_false(registry_step(registry));
	assert_calls("open;map eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
}

static void refuse(int err, const char *why)
{
	fake_answer.map_err = err;
	fake_answer.map_text = why;
}

static void assert_failed(const char *text)
{
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, text);
	assert_false(counted(3));
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
}

#define NO_MAP "program 'prog50' (id 50, native) has no map that can be read: "
#define SHARED NO_MAP "it is on 2 interfaces, which its map does not tell apart"

/* With a map that more programs than one count in. */
static void fail_eth0_by_sharing(void)
{
	refuse(-EBUSY, "2 programs count in its map");
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;map eth0 50;");
	assert_failed(NO_MAP "2 programs count in its map");
}

static void test_waits_for_a_program(void **state)
{
	(void)state;
	configure("eth0", "map", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_false(counted(3));
	assert_nothing_new(0, XDP_MODE_NONE);

	present(3, "eth0", 50, XDP_MODE_GENERIC);
	registry_step(registry);
	assert_calls("open;map eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_GENERIC);
	assert_int_equal(row(3)->program_changes, 1);
}

/* A pattern asks for no row. */
static void test_no_row_without_a_program(void **state)
{
	(void)state;
	configure("eth*", "map", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_null(row(3));
}

static void test_active(void **state)
{
	(void)state;
	read_eth0();
	assert_string_equal(row(3)->reason.text, "");
	assert_string_equal(row(3)->program.name, "prog50");
	assert_contains(unit_logged,
			"info: eth0: reading the map of program 'prog50' (id 50, native)\n");
	later(1000);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, unit_now - 1000);
	assert_int_equal(row(3)->discontinuity, unit_now - 1000);
	assert_int_equal(fake_keeps, 1);
}

static void test_what_is_not_pinned_is_said(void **state)
{
	(void)state;
	refuse(0, "not pinned: no bpffs");
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "not pinned: no bpffs");
	assert_contains(unit_logged, "(id 50, native): not pinned: no bpffs\n");
}

static void test_no_map(void **state)
{
	(void)state;
	refuse(-ENOENT, "it has none");
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;map eth0 50;");
	assert_failed(NO_MAP "it has none");
	assert_contains(unit_logged, "warning: eth0: " NO_MAP "it has none\n");

	/* Nothing but time may help. */
	later(RETRY_MS - 1);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	later(1);
	refuse(0, "");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("map eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
}

static void test_source_cannot_be_opened(void **state)
{
	(void)state;
	fake_answer.open_err = -ENOSPC;
	fake_answer.text = "cannot make the counter map";
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;");
	assert_failed(NO_MAP "cannot make the counter map");
}

/* Whoever else counts in it may be on the way out: each dump is a try. */
static void test_shared_map_is_tried_again_at_once(void **state)
{
	(void)state;
	fail_eth0_by_sharing();
	unit_log_clear();
	for (int i = 0; i < 3; i++) {
		later(1);
		present(3, "eth0", 50, XDP_MODE_NATIVE);
		assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
		registry_step(registry);
		assert_calls("map eth0 50 from now on;");
		assert_failed(NO_MAP "2 programs count in its map");
	}
	assert_string_equal(unit_logged, ""); /* which is no news */
	refuse(0, "");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("map eth0 50 from now on;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

/* What fails for another reason then has to wait again. */
static void test_no_longer_shared_but_wrong(void **state)
{
	(void)state;
	fail_eth0_by_sharing();
	refuse(-EINVAL, "it is no counter map");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("map eth0 50 from now on;");
	assert_failed(NO_MAP "it is no counter map");
	later(RETRY_MS - 1);
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

/* Nor has it to do with what the next rule asks for. */
static void test_no_longer_shared_but_counted(void **state)
{
	(void)state;
	fail_eth0_by_sharing();
	fake_answer.attach_err = -EOPNOTSUPP;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("attach eth0 any;");
	later(RETRY_MS - 1);
	assert_nothing_new(0, XDP_MODE_NONE);
}

static void test_one_program_on_two_interfaces(void **state)
{
	(void)state;
	configure("eth0", "map", NULL);
	present(4, "eth1", 50, XDP_MODE_NATIVE); /* not watched */
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("");
	assert_failed(SHARED);

	/* Nobody has to look at eth0 again. */
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;map eth0 50 from now on;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

static void test_both_are_watched(void **state)
{
	(void)state;
	configure("eth*", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	while (registry_step(registry))
		;
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_row(4, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, SHARED);
	assert_string_equal(row(4)->reason.text, SHARED);
	registry_gone(registry, 4);
	assert_false(registry_step(registry));
	assert_calls("open;map eth0 50 from now on;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

/* Until then what it counted was of eth0 alone; that stays. */
static void test_program_comes_to_a_second_interface(void **state)
{
	(void)state;
	read_eth0();
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("");
	assert_failed(SHARED);
	present(4, "eth1", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("map eth0 50 from now on;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

/* A program that comes to another interface may count in the same map: the source knows. */
static void test_program_of_another_interface_shares_the_map(void **state)
{
	(void)state;
	read_eth0();
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	assert_calls("");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);

	fake_answer.map_shared = true;
	refuse(-EBUSY, "2 programs count in its map");
	present(4, "eth1", 52, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	registry_step(registry);
	assert_calls("map eth0 50;");
	assert_failed(NO_MAP "2 programs count in its map");

	fake_answer.map_shared = false;
	refuse(0, "");
	registry_gone(registry, 4);
	registry_step(registry);
	assert_calls("map eth0 50 from now on;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

/* What is no map's business is not decided again. */
static void test_other_interfaces_do_not_matter(void **state)
{
	(void)state;
	refuse(-ENOENT, "it has none");
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;map eth0 50;");
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	assert_false(registry_step(registry));
	registry_gone(registry, 4);
	assert_false(registry_step(registry));
	assert_calls("");
	assert_failed(NO_MAP "it has none");
}

static void test_program_is_exchanged(void **state)
{
	(void)state;
	read_eth0();
	later(1000);
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 51, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("map eth0 51;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 51, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 1);
	assert_int_equal(row(3)->discontinuity, unit_now);

	/* By one without a map. */
	refuse(-ENOENT, "it has none");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	registry_step(registry);
	assert_calls("map eth0 50;");
	assert_failed(NO_MAP "it has none");
}

static void test_program_goes(void **state)
{
	(void)state;
	read_eth0();
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_true(counted(3));
	later(RETRY_MS);
	assert_nothing_new(0, XDP_MODE_NONE);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("map eth0 50;");
}

/* A reading has found out first. */
static void test_shared_when_read(void **state)
{
	struct counters counters;

	(void)state;
	read_eth0();
	unit_log_clear();
	fake_answer.read_err = -EBUSY;
	fake_answer.map_shared = true;
	refuse(-EBUSY, "2 programs count in its map");
	assert_int_equal(registry_read(registry, row(3), &counters, NULL), -EBUSY);
	assert_calls("read;end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(unit_logged, "");
	registry_step(registry);
	assert_calls("map eth0 50;");
	assert_failed(NO_MAP "2 programs count in its map");
	assert_string_equal(unit_logged, "warning: eth0: " NO_MAP "2 programs count in its map\n");
	refuse(0, "");
	fake_answer.map_shared = false;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("map eth0 50 from now on;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

/* As configure(), with xdpMap; path may be NULL. */
static void configure_map(const char *source, const char *ifname, const char *path)
{
	struct reason error;
	struct rules old = rules;

	rules = (struct rules){ 0 };
	add_rules_to(&rules, "eth*", source, NULL);
	if (path)
		assert_int_equal(rules_add_map(&rules, ifname, path, &error), 0);
	registry_set_rules(registry, &rules);
	rules_free(&old);
}

static void test_path_of_the_map(void **state)
{
	(void)state;
	configure_map("map", "eth0", "/bpf/a");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	assert_true(registry_step(registry));
	assert_false(registry_step(registry));
	assert_calls("open;map eth0 50 /bpf/a;open;map eth1 51;");
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

static void test_path_changes(void **state)
{
	(void)state;
	read_eth0();
	configure_map("map", "eth0", "/bpf/a");
	assert_calls("end reading;");
	registry_step(registry);
	assert_calls("map eth0 50 /bpf/a;");
	configure_map("map", "eth0", "/bpf/a");
	assert_nothing_new(50, XDP_MODE_NATIVE);
	configure_map("map", "eth0", "/bpf/b");
	registry_step(registry);
	assert_calls("end reading;map eth0 50 /bpf/b;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->program_changes, 0);

	/* From now on it is to be found by its name, and so may be another one. */
	configure_map("map", "eth0", NULL);
	registry_step(registry);
	assert_calls("end reading;map eth0 50;");
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

/* It is by name. */
static void test_path_of_a_renamed_interface(void **state)
{
	(void)state;
	configure_map("map", "eth1", "/bpf/a");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;map eth0 50;");
	present(3, "eth1", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("end reading;map eth1 50 /bpf/a;");
}

/* A path may be right from now on. */
static void test_new_rules_are_a_try(void **state)
{
	(void)state;
	refuse(-ENOENT, "it has none");
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;map eth0 50;");
	refuse(0, "");
	configure_map("map", "eth0", "/bpf/a");
	registry_step(registry);
	assert_calls("map eth0 50 /bpf/a;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

static void refuse_to_observe(void)
{
	fake_answer.observe_err = -ENODATA;
	fake_answer.text = "it has no BTF";
}

static void test_auto_reads_the_map_instead(void **state)
{
	(void)state;
	refuse_to_observe();
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "about to observe the program");
	registry_step(registry);
	assert_calls("open;observe eth0 50;map eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "");
	assert_true(counted(3));
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_int_equal(fake_keeps, 1);
}

/* Where nothing at all can be observed no source was open yet. */
static void test_auto_where_nothing_can_be_traced(void **state)
{
	(void)state;
	fake_answer.trace_err = -EOPNOTSUPP;
	fake_answer.text = "this kernel refuses";
	configure_map("auto", "eth0", "/bpf/a");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;map eth0 50 /bpf/a;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

static void test_observe_does_not_read_a_map(void **state)
{
	(void)state;
	refuse_to_observe_eth0();
	assert_calls("");
}

static void test_auto_has_two_reasons(void **state)
{
	(void)state;
	refuse_to_observe();
	refuse(-ENOENT, "it has none");
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;observe eth0 50;map eth0 50;");
	assert_failed("program 'prog50' (id 50, native) cannot be observed: it has no BTF; "
		      "nor can its map be read: it has none");
	later(RETRY_MS - 1);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	later(1);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("observe eth0 50;map eth0 50;");
}

static void test_auto_with_a_shared_map(void **state)
{
	(void)state;
	refuse_to_observe();
	configure("eth0", "auto", NULL);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("open;observe eth0 50;");
	assert_failed(
		"program 'prog50' (id 50, native) cannot be observed: it has no BTF; nor can its "
		"map be read: it is on 2 interfaces, which its map does not tell apart");
	present(4, "eth1", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("observe eth0 50;map eth0 50 from now on;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

/* Its owner may be about to bring it back. */
static void test_auto_waits_where_a_map_was_read(void **state)
{
	(void)state;
	refuse_to_observe();
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("open;observe eth0 50;map eth0 50;end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_true(counted(3));
	later(RETRY_MS);
	assert_nothing_new(0, XDP_MODE_NONE);
}

static void test_auto_waits_after_a_restart(void **state)
{
	(void)state;
	fake_pins.at[3] =
		(struct fake_pinned){ .kept = true, .kind = SOURCE_MAP, .discontinuity = 500 };
	configure("eth0", "auto", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("open;end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_true(counted(3));
	registry_adopt(registry);
	assert_nothing_new(0, XDP_MODE_NONE);
}

/* All that was there is taken over before the first request, with its times. */
static void test_restart(void **state)
{
	(void)state;
	fake_pins.at[3] = (struct fake_pinned){
		.kept = true, .kind = SOURCE_MAP, .discontinuity = 500, .last_change = 600
	};
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_adopt(registry);
	assert_calls("open;resume map eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, 500);
	assert_int_equal(row(3)->last_change, 600);
	registry_sweep(registry);
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

/* Nor does auto give it away, or have anybody wait for it. */
static void test_auto_and_a_restart(void **state)
{
	(void)state;
	fake_pins.at[3] = (struct fake_pinned){
		.kept = true, .kind = SOURCE_MAP, .discontinuity = 500, .last_change = 600
	};
	refuse_to_observe();
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_adopt(registry);
	assert_calls("open;resume map eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, 500);
	assert_int_equal(row(3)->last_change, 600);
}

/* A program that can be observed is observed. */
static void test_auto_and_a_restart_with_another_program(void **state)
{
	(void)state;
	fake_pins.at[3] =
		(struct fake_pinned){ .kept = true, .kind = SOURCE_MAP, .discontinuity = 500 };
	configure("eth0", "auto", NULL);
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	registry_adopt(registry);
	assert_calls("open;observe eth0 51;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 51, XDP_MODE_NATIVE);
}

/* The counter program makes way, and comes back. */
static void test_map_and_count_in_turn(void **state)
{
	(void)state;
	count_eth0(NULL);
	configure("eth0", "map", NULL);
	assert_calls("detach;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_true(counted(3));
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("map eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);

	configure("eth0", "count", NULL);
	assert_calls("end reading;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "is attached already and is left alone");
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
	assert_calls("attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_true(counted(3));
}

static void test_off_ends_it(void **state)
{
	(void)state;
	read_eth0();
	configure("eth0", "off", NULL);
	assert_calls("end reading;");
	assert_null(row(3));
	configure("eth0", "map", NULL);
	registry_step(registry);
	assert_calls("map eth0 50;");
}

/* What auto would choose itself it keeps. */
static void test_auto_keeps_a_map_that_is_read(void **state)
{
	(void)state;
	read_eth0();
	configure("eth0", "auto", NULL);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

/* The program is not ours: all that a release ends is the reading. */
static void test_released(void **state)
{
	(void)state;
	read_eth0();
	fake_pins.at[3].released = true;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("end reading;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "released by the operator");
	assert_true(counted(3));
	assert_nothing_new(50, XDP_MODE_NATIVE);

	/* Nor does a program of another interface bring it back. */
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	fake_pins.at[3].released = false;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	assert_calls("map eth0 50;");
}

/* A program of theirs that is in our link would go with it. */
static void test_foreign_program_in_our_link(void **state)
{
	(void)state;
	count_eth0(NULL);
	fake_answer.held = 50;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	configure("eth0", "map", NULL);
	assert_calls("");
	assert_failed("program 'prog50' (id 50, native) is left alone: it is in the link of the "
		      "counter program, and would go with it; attach it by itself");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_waits_for_a_program),
		TEST(test_no_row_without_a_program),
		TEST(test_active),
		TEST(test_what_is_not_pinned_is_said),
		TEST(test_no_map),
		TEST(test_source_cannot_be_opened),
		TEST(test_shared_map_is_tried_again_at_once),
		TEST(test_no_longer_shared_but_wrong),
		TEST(test_no_longer_shared_but_counted),
		TEST(test_one_program_on_two_interfaces),
		TEST(test_both_are_watched),
		TEST(test_program_comes_to_a_second_interface),
		TEST(test_program_of_another_interface_shares_the_map),
		TEST(test_other_interfaces_do_not_matter),
		TEST(test_program_is_exchanged),
		TEST(test_program_goes),
		TEST(test_shared_when_read),
		TEST(test_path_of_the_map),
		TEST(test_path_changes),
		TEST(test_path_of_a_renamed_interface),
		TEST(test_new_rules_are_a_try),
		TEST(test_auto_reads_the_map_instead),
		TEST(test_auto_where_nothing_can_be_traced),
		TEST(test_observe_does_not_read_a_map),
		TEST(test_auto_has_two_reasons),
		TEST(test_auto_with_a_shared_map),
		TEST(test_auto_waits_where_a_map_was_read),
		TEST(test_auto_waits_after_a_restart),
		TEST(test_restart),
		TEST(test_auto_and_a_restart),
		TEST(test_auto_and_a_restart_with_another_program),
		TEST(test_map_and_count_in_turn),
		TEST(test_off_ends_it),
		TEST(test_auto_keeps_a_map_that_is_read),
		TEST(test_released),
		TEST(test_foreign_program_in_our_link),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("map_rules", tests, NULL, NULL);
}
