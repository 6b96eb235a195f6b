/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registry among fakes, with the rules that count. */
#include "registry_fixture.h"

#include <errno.h>
#include <string.h>

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

	assert_false(registry_step(registry));
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
	fake_answer.attach_err = -EPERM;
	fake_answer.text = "refused";
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
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
	assert_int_equal(registry_rows(registry)->counted.count, 3);
}

static void test_vanishes_before_its_turn(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	present(2, "a", 0, XDP_MODE_NONE);
	present(3, "b", 0, XDP_MODE_NONE);
	registry_gone(registry, 2);
	assert_false(registry_step(registry));
	assert_calls("open;attach b any;");
}

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
	assert_false(registry_step(registry));
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
	registry_step(registry);
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

static void test_refused_attachment(void **state)
{
	(void)state;
	fake_answer.attach_err = -EOPNOTSUPP;
	fake_answer.text = "cannot attach the counter program; native: not today";
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry));
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
	assert_false(registry_step(registry));
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
}

static void refuse_eth0(void)
{
	fake_answer.attach_err = -EOPNOTSUPP;
	fake_answer.text = "refused";
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
	registry_step(registry);
	assert_calls("open;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, fake_answer.text);

	fake_answer.open_err = 0;
	fake_answer.text = "";
	later(RETRY_MS);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry);
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

/* The row of ifIndex 3 is gone and its program let go; what was counted is still there. */
static void assert_not_asked_for(void)
{
	assert_calls("detach;");
	assert_int_equal(registry_rows(registry)->watched.count, 1);
	assert_int_equal(registry_rows(registry)->shown.count, 0);
	assert_int_equal(registry_rows(registry)->counted.count, 0);
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
	assert_int_equal(grown(), 1);
	assert_false(registry_step(registry));
	assert_calls("");
	assert_int_equal(fake_open_sources, 1);
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
	assert_int_equal(registry_rows(registry)->watched.count, 0);
	assert_int_equal(registry_rows(registry)->shown.count, 0);
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
	assert_string_equal(row(3)->netdev.name, "eth7");
	assert_true(counted(3));
	assert_int_equal(row(3)->last_change, unit_now - 1000);
	assert_int_equal(row(3)->discontinuity, unit_now - 1000);
}

static void test_link_gone(void **state)
{
	(void)state;
	count_eth0(NULL);
	grown();
	registry_gone(registry, 4);
	assert_int_equal(grown(), 0);
	registry_gone(registry, 3);
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
	assert_non_null(iface_set_find(&registry_rows(registry)->watched, 5));
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
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
	assert_int_equal(registry_rows(registry)->watched.count, 1);
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
	assert_int_equal(registry_rows(registry)->shown.count, 0);
	assert_false(registry_step(registry));
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_rows(registry)->watched.count, 0);
	assert_calls("");
}

static void test_rules_say_native_where_generic_is(void **state)
{
	(void)state;
	fake_answer.mode = XDP_MODE_GENERIC;
	count_eth0(NULL);
	later(1000);
	configure("eth0", "count", "native");
	assert_calls("detach;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_true(counted(3));

	fake_answer.mode = XDP_MODE_NATIVE;
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
	registry_gone(registry, 6);
	assert_int_equal(registry_missing(registry), 3);
	configure("eth0", "count", NULL);
	assert_int_equal(registry_missing(registry), 1);
}

static void test_reading(void **state)
{
	struct counters counters;

	(void)state;
	count_eth0(NULL);
	assert_int_equal(registry_read(registry, row(3), &counters, NULL), 0);
	assert_calls("read;");
	assert_int_equal(counters.action[2].rx_packets, 7);
	assert_int_equal(counters.action[2].rx_bytes, 700);
}

static void test_reading_by_cpu(void **state)
{
	struct cpu_counters none, *each = NULL;
	struct counters counters;

	(void)state;
	count_eth0(NULL);
	fake_answer.each = &none;
	assert_int_equal(registry_read(registry, row(3), &counters, &each), 0);
	assert_ptr_equal(each, &none);
	assert_calls("read;");
	assert_int_equal(counters.action[2].rx_packets, 7);
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
	fake_answer.read_err = -EIO;
	assert_int_equal(registry_read(registry, row(3), &counters, NULL), -EIO);
	assert_memory_equal(&counters, &before, sizeof(counters));
	assert_row(3, IFACE_FAILED, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "cannot be read");
	assert_false(counted(3));
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
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
	fake_answer.read_err = -EIO;
	registry_read(registry, row(2), &counters, NULL);
	assert_false(counted(2));
	assert_true(counted(3));
	assert_int_equal(row(3)->status, IFACE_ACTIVE);
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
}

/* Each event of a life, and what it moves. */
static void test_times_and_generation(void **state)
{
	struct netdev netdev = { .ifindex = 3, .name = "eth0", .mtu = 9000, .mode = XDP_MODE_NONE };
	int64_t appeared, attached, foreign;

	(void)state;
	configure("eth0", "count", NULL);
	assert_int_equal(grown(), 0);
	appeared = later(10);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(row(3)->last_change, appeared);
	assert_int_equal(row(3)->discontinuity, 0);
	assert_int_equal(registry_rows(registry)->last_change, appeared);
	assert_int_equal(grown(), 1);

	attached = later(10);
	registry_step(registry);
	assert_int_equal(row(3)->last_change, attached);
	assert_int_equal(row(3)->discontinuity, attached);
	assert_int_equal(registry_rows(registry)->last_change, attached);
	assert_int_equal(grown(), 1);

	/* The MTU is in no column. */
	later(10);
	netdev.prog_id = FIRST_PROG_ID;
	netdev.mode = XDP_MODE_NATIVE;
	registry_present(registry, &netdev);
	assert_int_equal(row(3)->netdev.mtu, 9000);
	assert_int_equal(row(3)->last_change, attached);
	assert_int_equal(registry_rows(registry)->last_change, attached);
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
	assert_int_equal(registry_rows(registry)->last_change, foreign);
	assert_int_equal(grown(), 0);
	foreign = later(10);
	present(3, "eth0", 51, XDP_MODE_GENERIC);
	assert_int_equal(row(3)->last_change, foreign);
	assert_int_equal(row(3)->program_changes, 3); /* ours, 50, 51 */

	later(10);
	registry_gone(registry, 3);
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
	assert_int_equal(grown(), 1);
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

static void assert_eth0_released(void)
{
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_contains(row(3)->reason.text, "released by the operator");
	assert_true(counted(3)); /* what was counted stays to be seen */
	registry_adopt(registry);
	assert_false(registry_step(registry));
	later(RETRY_MS);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry));
	assert_calls("");
	assert_int_equal(rows_failed(registry_rows(registry)), 0);
}

static void retake_eth0(void)
{
	fake_pins.at[3].released = false;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "about to attach the counter program");
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
	fake_pins.at[3].released = true;
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
	fake_pins.at[3] = (struct fake_pinned){
		.prog_id = 900, .kept = true, .released = true, .discontinuity = 500
	};
	configure("eth0", "count", NULL);
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
	fake_pins.at[3].released = true;
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
	fake_pins.at[3].released = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("detach;");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
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
	fake_answer.stale = true;
	present(3, "eth7", 0, XDP_MODE_NONE);
	assert_calls("discard;");
	assert_null(row(3));
	assert_false(counted(3));
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
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
	fake_answer.stale = true;
	present(3, "lan0", 0, XDP_MODE_NONE);
	assert_calls("discard;");
	assert_int_equal(registry_rows(registry)->watched.count, 0);
}

/* So are those of counters that nobody writes into at present. */
static void test_pins_without_a_program_are_kept(void **state)
{
	(void)state;
	count_eth0(NULL);
	fake_pins.at[3].released = true;
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(fake_keeps, 1);
	fake_pins.at[3].released = false;
	configure("eth0", "off", NULL);
	assert_int_equal(fake_keeps, 2);
	assert_calls("detach;");
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
	assert_false(registry_step(registry));
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

static void test_pins_of_ours_are_kept(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_int_equal(fake_keeps, 0);
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_int_equal(fake_keeps, 1);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_int_equal(fake_keeps, 1);
}

static void test_reset_moves_the_discontinuity(void **state)
{
	struct counters counters;
	int64_t began = unit_now;

	(void)state;
	count_eth0(NULL);
	grown();
	later(1000);
	registry_read(registry, row(3), &counters, NULL);
	assert_int_equal(row(3)->discontinuity, began);
	fake_answer.folded = later(1000);
	registry_read(registry, row(3), &counters, NULL);
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(row(3)->last_change, began);
	assert_int_equal(grown(), 0);
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
	registry_adopt(registry);
	registry_sweep(registry);
	registry_set_rules(registry, &none);
	assert_calls("");
	registry_free(registry, false);
	registry = with;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* --- errors --- */

/* They are counted wherever there is a program, whether it is counted or not. */
static void test_errors_of_rows(void **state)
{
	struct xdp_errors errors;

	(void)state;
	fake_answer.observe_err = -ENODATA;
	add_rules_to(&rules, "eth*", "observe", NULL);
	registry_set_rules(registry, &rules);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(4, "eth1", 0, XDP_MODE_NONE);
	present(5, "lo", 51, XDP_MODE_NATIVE);
	while (registry_step(registry))
		;
	assert_false(counted(3));
	assert_true(fake_errors[3].counted);
	assert_int_equal(registry_read_errors(registry, row(3), &errors), 0);
	assert_int_equal(errors.exceptions, 7);
	assert_false(fake_errors[4].counted); /* no row */
	assert_false(fake_errors[5].counted); /* no rule */
}

static void test_errors_are_kept(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_true(fake_errors[3].counted);
	configure("eth0", "off", NULL);
	assert_null(row(3));
	assert_true(fake_errors[3].counted);
	registry_free(registry, true);
	assert_true(fake_errors[3].counted);

	fake_errors[4].counted = true;
	assert_int_equal(registry_new(&registry, &fake_common, &fake_pins), 0);
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_sweep(registry);
	assert_true(fake_errors[3].counted);
	assert_false(fake_errors[4].counted);
}

static void test_errors_of_what_is_gone(void **state)
{
	(void)state;
	count_eth0(NULL);
	registry_gone(registry, 3);
	assert_false(fake_errors[3].counted);
	assert_calls("discard;");
	fake_answer.next_prog_id = FIRST_PROG_ID;
	count_eth0(NULL);
	registry_dump_begin(registry);
	registry_dump_end(registry);
	assert_false(fake_errors[3].counted);
	assert_calls("discard;");
	fake_answer.next_prog_id = FIRST_PROG_ID;
	count_eth0(NULL);
	registry_free(registry, false);
	assert_false(fake_errors[3].counted);
	assert_int_equal(registry_new(&registry, &fake_common, &fake_pins), 0);
}

static void test_errors_of_ports(void **state)
{
	(void)state;
	configure("bond0", "observe", NULL);
	present(3, "bond0", 50, XDP_MODE_NATIVE);
	registry_step(registry);
	present_port(4, "eth1", 3);
	present_port(5, "eth2", 9);
	assert_int_equal(fake_errors[4].bond, 3);
	assert_int_equal(fake_errors[5].bond, 0);
	present_port(4, "eth1", 0);
	assert_int_equal(fake_errors[4].bond, 0);
}

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
		TEST(test_missing_interfaces),
		TEST(test_reading),
		TEST(test_reading_by_cpu),
		TEST(test_failed_reading),
		TEST(test_one_failed_reading_harms_no_other),
		TEST(test_times_and_generation),
		TEST(test_last_change_is_told_to_the_source),
		TEST(test_released_while_counted),
		TEST(test_released_before_the_start),
		TEST(test_released_before_it_was_counted),
		TEST(test_released_to_somebody),
		TEST(test_another_interface_with_the_same_ifindex),
		TEST(test_another_interface_that_no_line_asks_for),
		TEST(test_pins_without_a_program_are_kept),
		TEST(test_foreign_program_in_our_link),
		TEST(test_foreign_program_in_our_link_and_other_rules),
		TEST(test_pins_of_ours_are_kept),
		TEST(test_reset_moves_the_discontinuity),
		TEST(test_free_ends_all),
		TEST(test_errors_of_rows),
		TEST(test_errors_are_kept),
		TEST(test_errors_of_what_is_gone),
		TEST(test_errors_of_ports),
		TEST(test_works_without_pins),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
