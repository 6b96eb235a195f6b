/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the registry decides where the verdicts of somebody else's program are to be counted. */
#include "registry_fixture.h"

#include <errno.h>

#include "lib/log.h"

/* --- one program --- */

static void test_no_program(void **state)
{
	(void)state;
	configure("eth0", "observe", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_false(counted(3));
	assert_nothing_new(0, XDP_MODE_NONE);
	assert_int_equal(rows_failed(registry_rows(registry)), 0);
	assert_string_equal(unit_logged, "");
}

static void test_no_program_where_a_pattern_matches(void **state)
{
	(void)state;
	configure("*", "observe", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_int_equal(registry_rows(registry)->watched.count, 1);
	assert_null(row(3));
	assert_nothing_new(0, XDP_MODE_NONE);
	assert_int_equal(registry_rows(registry)->last_change, 0);

	/* With the first program it has a row, and keeps it. */
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
}

static void test_foreign_program_is_observed(void **state)
{
	(void)state;
	later(10);
	observe_eth0("observe");
	assert_string_equal(row(3)->reason.text, "");
	assert_string_equal(row(3)->program.name, "prog50");
	assert_int_equal(row(3)->program_changes, 0);
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
	assert_string_equal(unit_logged,
			    "info: eth0: observing program 'prog50' (id 50, native)\n");
	grown();

	later(RETRY_MS);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->last_change, unit_now - RETRY_MS);
	assert_int_equal(row(3)->discontinuity, unit_now - RETRY_MS);
	assert_int_equal(fake_keeps, 1);
	assert_int_equal(grown(), 0);
}

static void test_remark_of_the_source_is_shown(void **state)
{
	(void)state;
	fake_answer.text = "not pinned: no";
	configure("eth0", "observe", NULL);
	present(3, "eth0", 50, XDP_MODE_GENERIC);
	registry_step(registry, 0);
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_GENERIC);
	assert_string_equal(row(3)->reason.text, fake_answer.text);
	assert_string_equal(unit_logged, "info: eth0: observing program 'prog50' (id 50, generic): "
					 "not pinned: no\n");
}

static void test_one_program_in_each_step(void **state)
{
	(void)state;
	configure("*", "observe", NULL);
	present(4, "b", 50, XDP_MODE_NATIVE);
	present(3, "a", 50, XDP_MODE_NATIVE);
	present(5, "c", 0, XDP_MODE_NONE);
	assert_true(registry_step(registry, 0));
	assert_calls("open;observe a 50;");
	assert_false(registry_step(registry, 0));
	assert_calls("open;observe b 50;");
	assert_int_equal(registry_rows(registry)->counted.count, 2);
}

static void test_program_goes_before_its_turn(void **state)
{
	(void)state;
	configure("eth0", "observe", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_nothing_new(0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_false(counted(3));
}

/* --- programs that change --- */

static void test_program_is_replaced(void **state)
{
	int64_t replaced;

	(void)state;
	observe_eth0("observe");
	grown();
	replaced = later(1000);
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	assert_calls("end observing;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 51, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "about to observe the program");
	assert_true(counted(3)); /* what was counted stays valid */
	assert_int_equal(row(3)->last_change, replaced);
	assert_int_equal(row(3)->discontinuity, replaced - 1000);

	later(10);
	assert_false(registry_step(registry, 0));
	assert_calls("observe eth0 51;"); /* by the same source, with its values */
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 51, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->program.name, "prog51");
	assert_int_equal(row(3)->program_changes, 1);
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(registry_rows(registry)->last_change, unit_now);
	assert_int_equal(grown(), 0); /* no row came or went */
}

static void test_mode_changes(void **state)
{
	(void)state;
	observe_eth0("observe");
	later(1000);
	present(3, "eth0", 50, XDP_MODE_GENERIC);
	assert_false(registry_step(registry, 0));
	assert_calls(""); /* it is the same program, and goes on being observed */
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_GENERIC);
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, unit_now - 1000);
}

static void test_program_is_detached(void **state)
{
	int64_t began = unit_now;

	(void)state;
	observe_eth0("observe");
	grown();
	later(1000);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("end observing;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_string_equal(row(3)->program.name, "");
	assert_true(counted(3));
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, began);
	assert_nothing_new(0, XDP_MODE_NONE);
	assert_int_equal(fake_keeps, 2); /* pins that somebody has taken away are put back */
	assert_int_equal(rows_failed(registry_rows(registry)), 0);
	assert_int_equal(grown(), 0);

	/* The next one is counted beside what is there. */
	later(1000);
	present(3, "eth0", 52, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("observe eth0 52;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 52, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(row(3)->program_changes, 2);
}

static void test_interface_goes(void **state)
{
	(void)state;
	observe_eth0("observe");
	registry_gone(registry, 3);
	settle();
	assert_calls("discard;");
	assert_null(row(3));
}

static void test_renamed_out_of_the_rules(void **state)
{
	(void)state;
	observe_eth0("observe");
	present(3, "lan0", 50, XDP_MODE_NATIVE);
	assert_calls("end observing;");
	assert_null(row(3));
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("observe eth0 50;");
	assert_true(counted(3));
}

static void test_failed_reading(void **state)
{
	struct counters counters;

	(void)state;
	observe_eth0("observe");
	fake_answer.read_err = -EIO;
	assert_int_equal(registry_read(registry, row(3), &counters, NULL), -EIO);
	assert_row(3, IFACE_FAILED, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	assert_calls("read;");
	fake_answer.read_err = 0;
	present(3, "eth0", 50, XDP_MODE_NATIVE); /* another chance */
	assert_calls("read;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
}

static void test_invalid_verdicts_are_the_source_s(void **state)
{
	uint64_t count;

	(void)state;
	observe_eth0("observe");
	assert_int_equal(registry_read_invalid(row(3), &count), 0);
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_int_equal(registry_read_invalid(row(3), &count), -ENOENT);
}

/* --- programs that cannot be observed --- */

static void test_refused(void **state)
{
	(void)state;
	refuse_to_observe_eth0();
	assert_string_equal(unit_logged, "warning: eth0: program 'prog50' (id 50, native) cannot "
					 "be observed: it has no BTF\n");
	later(RETRY_MS - 1);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
}

/* CAP_SYS_ADMIN is what is missing, so the kernel does not tell the name, either. */
static void test_program_without_a_name(void **state)
{
	(void)state;
	fake_answer.nameless = true;
	fake_answer.trace_err = -EPERM;
	fake_answer.text = "not for you";
	configure("eth0", "observe", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_string_equal(row(3)->reason.text,
			    "program '?' (id 50, native) cannot be observed: not for you");
}

static void test_refused_is_tried_after_a_minute(void **state)
{
	int64_t refused = unit_now;

	(void)state;
	refuse_to_observe_eth0();
	unit_log_clear();
	grown();
	later(RETRY_MS);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "it has no BTF"); /* until it works */
	registry_step(registry, 0);
	assert_calls("observe eth0 50;");

	/* To be refused again is no news, and the next time is a minute from then. */
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(unit_logged, "");
	assert_int_equal(row(3)->last_change, refused);
	assert_int_equal(registry_rows(registry)->last_change, refused);
	assert_int_equal(grown(), 0);
	later(RETRY_MS - 1);
	assert_nothing_new(50, XDP_MODE_NATIVE);

	fake_answer.observe_err = 0;
	fake_answer.text = "";
	later(1);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("observe eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "");
	assert_true(counted(3));
	assert_int_equal(row(3)->last_change, unit_now);
}

static void test_refused_is_tried_when_something_changes(void **state)
{
	(void)state;
	refuse_to_observe_eth0();
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("observe eth0 51;");
	present(3, "eth0", 51, XDP_MODE_GENERIC);
	registry_step(registry, 0);
	assert_calls("observe eth0 51;");
	assert_contains(row(3)->reason.text,
			"program 'prog51' (id 51, generic) cannot be observed");
	configure("eth0", "observe", NULL);
	registry_step(registry, 0);
	assert_calls("observe eth0 51;");

	/* With the program the reason goes. */
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_int_equal(rows_failed(registry_rows(registry)), 0);
}

static void test_refused_after_it_was_observed(void **state)
{
	(void)state;
	observe_eth0("observe");
	grown();
	fake_answer.observe_err = -ENOEXEC;
	fake_answer.text = "not today";
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("end observing;observe eth0 51;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 51, XDP_MODE_NATIVE);
	assert_false(counted(3));
	assert_int_equal(grown(), 1);

	/* The totals are there again with the first that can be observed. */
	fake_answer.observe_err = 0;
	fake_answer.text = "";
	present(3, "eth0", 52, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("observe eth0 52;");
	assert_true(counted(3));
}

static void test_source_that_cannot_be_opened(void **state)
{
	(void)state;
	fake_answer.open_err = -EPERM;
	fake_answer.text = "cannot make the counter map";
	configure("eth0", "observe", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("open;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "cannot make the counter map");
	fake_answer.open_err = 0;
	later(RETRY_MS);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("open;observe eth0 50;");
	assert_int_equal(row(3)->status, IFACE_ACTIVE);
}

/* Where nothing can be observed, nothing is made for it, and nothing pinned. */
static void test_kernel_that_refuses_to_trace(void **state)
{
	(void)state;
	fake_answer.trace_err = -EPERM;
	fake_answer.text = "the kernel refuses";
	configure("eth0", "observe", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(
		row(3)->reason.text,
		"program 'prog50' (id 50, native) cannot be observed: the kernel refuses");
	assert_int_equal(fake_traces, 1);

	/* It is asked again after a minute, and not in each turn. */
	assert_false(registry_step(registry, 0));
	later(RETRY_MS - 1);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_int_equal(fake_traces, 1);
	later(1);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_int_equal(fake_traces, 2);
	fake_answer.trace_err = 0;
	fake_answer.text = "";
	later(RETRY_MS);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("open;observe eth0 50;");
	assert_int_equal(row(3)->status, IFACE_ACTIVE);
}

static void test_program_on_the_nic(void **state)
{
	static const struct {
		enum xdp_mode mode;
		const char *words;
	} modes[] = {
		{ XDP_MODE_OFFLOAD, "program 'prog50' (id 50, offload) cannot be observed: " },
		{ XDP_MODE_MULTIPLE, "program 'prog50' (id 50, multiple) cannot be observed" },
	};

	(void)state;
	configure("eth0", "observe", NULL);
	for (size_t i = 0; i < LENGTH(modes); i++) {
		present(3, "eth0", 50, modes[i].mode);
		assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, modes[i].mode);
		assert_contains(row(3)->reason.text, modes[i].words);
		assert_contains(row(3)->reason.text, "it runs on the NIC");
		later(RETRY_MS);
		assert_nothing_new(50, modes[i].mode);
	}
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("open;observe eth0 50;");
	assert_int_equal(row(3)->status, IFACE_ACTIVE);
}

/* --- our own program, and other rules --- */

static void test_count_then_observe_then_count(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");

	later(1000);
	configure("eth0", "observe", NULL);
	assert_calls("detach;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_true(counted(3));
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("observe eth0 50;"); /* by the same source */
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);

	later(1000);
	configure("eth0", "count", NULL);
	assert_calls("end observing;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "detach it to have the interface counted");
	assert_false(counted(3));
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

static void test_observe_then_count_then_observe(void **state)
{
	(void)state;
	observe_eth0("observe");
	later(1000);
	configure("eth0", "count", NULL);
	assert_calls("end observing;");
	assert_int_equal(row(3)->status, IFACE_FAILED);

	later(1000);
	configure("eth0", "observe", NULL);
	assert_calls("");
	registry_step(registry, 0);
	assert_calls("observe eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
	assert_int_equal(row(3)->discontinuity, unit_now);
	assert_int_equal(row(3)->program_changes, 0);
}

static void test_other_rules_end_it(void **state)
{
	static const struct {
		const char *source, *there, *back;
	} others[] = { { "off", "", "observe eth0 50;" },
		       { "map", "map eth0 50;", "end reading;observe eth0 50;" } };

	(void)state;
	observe_eth0("observe");
	for (size_t i = 0; i < LENGTH(others); i++) {
		configure("eth0", others[i].source, NULL);
		assert_calls("end observing;");
		assert_false(registry_step(registry, 0));
		assert_calls(others[i].there);
		assert_int_equal(counted(3), i);
		configure("eth0", "observe", NULL);
		registry_step(registry, 0);
		assert_calls(others[i].back);
		assert_true(counted(3));
	}
}

static void test_rules_that_mean_the_same(void **state)
{
	static const char *const sources[] = { "auto", "observe" };

	(void)state;
	observe_eth0("observe");
	later(1000);
	for (size_t i = 0; i < LENGTH(sources); i++) {
		configure("eth*", sources[i], NULL);
		assert_nothing_new(50, XDP_MODE_NATIVE);
		assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
		assert_int_equal(row(3)->last_change, unit_now - 1000);
		assert_int_equal(row(3)->discontinuity, unit_now - 1000);
	}
}

/* --- released by the operator --- */

static void test_released_and_retaken(void **state)
{
	int64_t began = unit_now;

	(void)state;
	observe_eth0("observe");
	later(1000);
	fake_pins.at[3].released = true;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("end observing;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_contains(row(3)->reason.text, "released by the operator");
	assert_true(counted(3));
	assert_int_equal(row(3)->last_change, unit_now);
	assert_int_equal(row(3)->discontinuity, began);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_nothing_new(51, XDP_MODE_NATIVE); /* whatever is attached in the meantime */

	later(1000);
	fake_pins.at[3].released = false;
	present(3, "eth0", 51, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "about to observe the program");
	assert_false(registry_step(registry, 0));
	assert_calls("observe eth0 51;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 51, XDP_MODE_NATIVE);
	assert_int_equal(row(3)->discontinuity, unit_now);
}

/* While no agent ran: the observer that the last one left has to go. */
static void test_released_before_the_start(void **state)
{
	(void)state;
	fake_pins.at[3] = (struct fake_pinned){
		.observed = 50,
		.kept = true,
		.released = true,
		.kind = SOURCE_OBSERVE,
		.discontinuity = 500,
	};
	configure("eth0", "observe", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_calls("unobserve 3;open;");
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
	registry_adopt(registry, INT64_MAX);
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

static void test_released_before_it_was_observed(void **state)
{
	(void)state;
	fake_pins.at[3].released = true;
	configure("eth0", "observe", NULL);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_false(counted(3));
}

static void test_foreign_program_in_our_link(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
	fake_answer.held = 50;
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	configure("eth0", "observe", NULL);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
}

/* --- the ports of a bond --- */

static void test_ports_are_observed_with_their_bond(void **state)
{
	(void)state;
	configure("bond0", "observe", NULL);
	present(10, "bond0", 50, XDP_MODE_NATIVE);
	present_port(4, "p1", 10);
	present_port(3, "p0", 10);
	present_port(5, "p2", 11); /* of another */
	registry_step(registry, 0);
	assert_calls("open;observe bond0 50 ports 3 4;");
	assert_row(10, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
}

/* A dump is in the order of the ifIndex. */
static void test_ports_that_come_before_their_bond(void **state)
{
	(void)state;
	configure("bond0", "observe", NULL);
	registry_dump_begin(registry);
	present_port(3, "p0", 10);
	present_port(4, "p1", 10);
	present(10, "bond0", 50, XDP_MODE_NATIVE);
	registry_dump_end(registry);
	settle();
	registry_step(registry, 0);
	assert_calls("open;observe bond0 50 ports 3 4;");
}

static void test_adoption_knows_the_ports(void **state)
{
	(void)state;
	configure("bond0", "observe", NULL);
	fake_pins.at[10] =
		(struct fake_pinned){ .observed = 50, .kept = true, .kind = SOURCE_OBSERVE };
	present(10, "bond0", 50, XDP_MODE_NATIVE);
	present_port(12, "p0", 10);
	registry_adopt(registry, INT64_MAX);
	assert_calls("open;resume bond0 50 ports 12;");
}

static void test_ports_come_and_go(void **state)
{
	int64_t began = unit_now;

	(void)state;
	configure("bond*", "observe", NULL);
	present(10, "bond0", 50, XDP_MODE_NATIVE);
	present(11, "bond1", 51, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	registry_step(registry, 0);
	assert_calls("open;observe bond0 50;open;observe bond1 51;");
	grown();
	later(1000);

	present_port(3, "p0", 10);
	assert_calls("ports 3;");
	present_port(4, "p1", 10);
	assert_calls("ports 3 4;");
	present_port(4, "p1", 10);
	assert_calls("");
	present_port(3, "p0", 11); /* from one to the other */
	assert_calls("ports 4;ports 3;");
	present_port(4, "p1", 0); /* let go */
	assert_calls("ports;");
	registry_gone(registry, 3); /* deleted */
	settle();
	assert_calls("ports;");

	/* Nothing of that is a change of the interface. */
	assert_false(registry_step(registry, 0));
	assert_int_equal(row(10)->last_change, began);
	assert_int_equal(row(10)->discontinuity, began);
	assert_int_equal(grown(), 0);
}

/* Its frames come under its own ifIndex: the program runs on top of it. */
static void test_generic_program_has_no_ports(void **state)
{
	(void)state;
	configure("bond0", "observe", NULL);
	present_port(3, "p0", 10);
	present(10, "bond0", 50, XDP_MODE_GENERIC);
	registry_step(registry, 0);
	assert_calls("open;observe bond0 50;");
	present_port(4, "p1", 10);
	assert_calls("");
	present(10, "bond0", 50, XDP_MODE_NATIVE);
	assert_calls("ports 3 4;");
	present(10, "bond0", 50, XDP_MODE_GENERIC);
	assert_calls("ports;");
}

static void test_ports_with_rows_of_their_own(void **state)
{
	(void)state;
	configure("*", "observe", NULL);
	present_port(3, "p0", 10);
	present(10, "bond0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("open;observe bond0 50 ports 3;");
	assert_null(row(3)); /* no program is attached to it */
	assert_int_equal(registry_rows(registry)->watched.count, 2);
}

static void test_bond_that_is_counted_has_no_use_for_ports(void **state)
{
	(void)state;
	configure("bond0", "count", NULL);
	present_port(3, "p0", 10);
	present(10, "bond0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach bond0 any;");
	present_port(4, "p1", 10);
	assert_calls("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_program),
		TEST(test_no_program_where_a_pattern_matches),
		TEST(test_foreign_program_is_observed),
		TEST(test_remark_of_the_source_is_shown),
		TEST(test_one_program_in_each_step),
		TEST(test_program_goes_before_its_turn),
		TEST(test_program_is_replaced),
		TEST(test_mode_changes),
		TEST(test_program_is_detached),
		TEST(test_interface_goes),
		TEST(test_renamed_out_of_the_rules),
		TEST(test_failed_reading),
		TEST(test_invalid_verdicts_are_the_source_s),
		TEST(test_refused),
		TEST(test_program_without_a_name),
		TEST(test_refused_is_tried_after_a_minute),
		TEST(test_refused_is_tried_when_something_changes),
		TEST(test_refused_after_it_was_observed),
		TEST(test_source_that_cannot_be_opened),
		TEST(test_kernel_that_refuses_to_trace),
		TEST(test_program_on_the_nic),
		TEST(test_count_then_observe_then_count),
		TEST(test_observe_then_count_then_observe),
		TEST(test_other_rules_end_it),
		TEST(test_rules_that_mean_the_same),
		TEST(test_released_and_retaken),
		TEST(test_released_before_the_start),
		TEST(test_released_before_it_was_observed),
		TEST(test_foreign_program_in_our_link),
		TEST(test_ports_are_observed_with_their_bond),
		TEST(test_ports_that_come_before_their_bond),
		TEST(test_adoption_knows_the_ports),
		TEST(test_ports_come_and_go),
		TEST(test_generic_program_has_no_ports),
		TEST(test_ports_with_rows_of_their_own),
		TEST(test_bond_that_is_counted_has_no_use_for_ports),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("observe_rules", tests, NULL, NULL);
}
