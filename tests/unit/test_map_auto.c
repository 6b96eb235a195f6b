/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps that are read by the rule auto, as an earlier run left them, or from the path of xdpMap. */
#include "map_rules_fixture.h"

#include <errno.h>

#include "lib/log.h"

/* --- auto, where nothing but the map can be read --- */

static void test_auto_reads_the_map_instead(void **state)
{
	(void)state;
	refuse_to_observe();
	configure("eth0", "auto", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "about to observe the program");
	assert_step("open;observe eth0 50;map eth0 50;");
	assert_map_is_read();
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
	tell_and_step(50, "open;map eth0 50 /bpf/a;");
	assert_map_is_read();
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
	refuse_map(-ENOENT, "it has none");
	begin_eth0("auto", "open;observe eth0 50;map eth0 50;");
	assert_map_is_not_read(NOT_OBSERVED "; nor can its map be read: it has none");
	later(RETRY_MS - 1);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	later(1);
	tell_and_step(50, "observe eth0 50;map eth0 50;");
}

static void test_auto_with_a_shared_map(void **state)
{
	(void)state;
	refuse_to_observe();
	configure("eth0", "auto", NULL);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	tell_and_step(50, "open;observe eth0 50;");
	assert_map_is_not_read(NOT_OBSERVED "; nor can its map be read: " ON_TWO);
	present(4, "eth1", 0, XDP_MODE_NONE);
	assert_step("observe eth0 50;map eth0 50 from now on;");
	assert_map_is_read();
}

/* Its owner may be about to bring it back. */
static void test_auto_waits_where_a_map_was_read(void **state)
{
	(void)state;
	refuse_to_observe();
	begin_eth0("auto", "open;observe eth0 50;map eth0 50;");
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls("end reading;");
	assert_waits_for_a_program(true);
	later(RETRY_MS);
	assert_nothing_new(0, XDP_MODE_NONE);
}

/* What auto would choose itself it keeps. */
static void test_auto_keeps_a_map_that_is_read(void **state)
{
	(void)state;
	read_eth0();
	configure("eth0", "auto", NULL);
	assert_nothing_new(50, XDP_MODE_NATIVE);
	assert_map_is_read();
}

/* --- what an earlier run has left --- */

static void leave_map_behind(int64_t last_change)
{
	fake_pins.at[3] = (struct fake_pinned){
		.kept = true, .kind = SOURCE_MAP, .discontinuity = 500, .last_change = last_change
	};
}

/* The rule of eth0 and its program, before the first request. */
static void restart(const char *source, uint32_t prog_id, const char *calls)
{
	configure("eth0", source, NULL);
	present(3, "eth0", prog_id, XDP_MODE_NATIVE);
	registry_adopt(registry, INT64_MAX);
	assert_calls(calls);
}

static void assert_resumed(void)
{
	assert_map_is_read();
	assert_int_equal(row(3)->discontinuity, 500);
	assert_int_equal(row(3)->last_change, 600);
}

static void test_auto_waits_after_a_restart(void **state)
{
	(void)state;
	leave_map_behind(0);
	configure("eth0", "auto", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_calls(""); /* its program may be on an interface that is still to come */
	registry_dump_end(registry);
	settle();
	assert_calls("open;end reading;");
	assert_waits_for_a_program(true);
	registry_adopt(registry, INT64_MAX);
	assert_nothing_new(0, XDP_MODE_NONE);
}

/* All that was there is taken over before the first request, with its times. */
static void test_restart(void **state)
{
	(void)state;
	leave_map_behind(600);
	restart("map", 50, "open;resume map eth0 50;");
	assert_resumed();
	registry_sweep(registry, INT64_MAX);
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

/* Nor does auto give it away, or have anybody wait for it. */
static void test_auto_and_a_restart(void **state)
{
	(void)state;
	leave_map_behind(600);
	refuse_to_observe();
	restart("auto", 50, "open;resume map eth0 50;");
	assert_resumed();
}

/* A program that can be observed is observed. */
static void test_auto_and_a_restart_with_another_program(void **state)
{
	(void)state;
	leave_map_behind(0);
	restart("auto", 51, "open;observe eth0 51;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 51, XDP_MODE_NATIVE);
}

/* --- xdpMap --- */

static void test_path_of_the_map(void **state)
{
	(void)state;
	configure_map("map", "eth0", "/bpf/a");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	present(4, "eth1", 51, XDP_MODE_NATIVE);
	assert_true(registry_step(registry, 0));
	assert_false(registry_step(registry, 0));
	assert_calls("open;map eth0 50 /bpf/a;open;map eth1 51;");
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

static void test_path_changes(void **state)
{
	(void)state;
	read_eth0();
	configure_map("map", "eth0", "/bpf/a");
	assert_calls("end reading;");
	assert_step("map eth0 50 /bpf/a;");
	configure_map("map", "eth0", "/bpf/a");
	assert_nothing_new(50, XDP_MODE_NATIVE);
	configure_map("map", "eth0", "/bpf/b");
	assert_step("end reading;map eth0 50 /bpf/b;");
	assert_map_is_read();
	assert_int_equal(row(3)->program_changes, 0);

	/* From now on it is to be found by its name, and so may be another one. */
	configure_map("map", "eth0", NULL);
	assert_step("end reading;map eth0 50;");
	assert_nothing_new(50, XDP_MODE_NATIVE);
}

/* It is by name. */
static void test_path_of_a_renamed_interface(void **state)
{
	(void)state;
	configure_map("map", "eth1", "/bpf/a");
	tell_and_step(50, "open;map eth0 50;");
	present(3, "eth1", 50, XDP_MODE_NATIVE);
	assert_step("end reading;map eth1 50 /bpf/a;");
}

/* A path may be right from now on. */
static void test_new_rules_are_a_try(void **state)
{
	(void)state;
	refuse_map(-ENOENT, "it has none");
	begin_eth0("map", "open;map eth0 50;");
	refuse_map(0, "");
	configure_map("map", "eth0", "/bpf/a");
	assert_step("map eth0 50 /bpf/a;");
	assert_map_is_read();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_auto_reads_the_map_instead),
		TEST(test_auto_where_nothing_can_be_traced),
		TEST(test_observe_does_not_read_a_map),
		TEST(test_auto_has_two_reasons),
		TEST(test_auto_with_a_shared_map),
		TEST(test_auto_waits_where_a_map_was_read),
		TEST(test_auto_keeps_a_map_that_is_read),
		TEST(test_auto_waits_after_a_restart),
		TEST(test_restart),
		TEST(test_auto_and_a_restart),
		TEST(test_auto_and_a_restart_with_another_program),
		TEST(test_path_of_the_map),
		TEST(test_path_changes),
		TEST(test_path_of_a_renamed_interface),
		TEST(test_new_rules_are_a_try),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("map_auto", tests, NULL, NULL);
}
