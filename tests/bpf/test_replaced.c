/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs whose functions others replace: what runs there in truth, and what it is called. */
#include "target_fixture.h"

#include "fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "kernel/broker.h"
#include "source/target.h"

static int dispatcher = -1;
static struct target target;

static int setup(void **state)
{
	struct reason reason = { "" };

	(void)state;
	dispatcher = target_fixture_load("dispatcher_of_two", NULL, NULL);
	assert_true(dispatcher >= 0);
	if (target_open(&target, fixture_prog_id(dispatcher), &reason))
		fail_msg("%s", reason.text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	target_close(&target);
	close(dispatcher);
	return 0;
}

static void aim(struct bpf_program *program, const void *function)
{
	assert_int_equal(bpf_program__set_attach_target(program, dispatcher, function), 0);
}

/* The descriptor of a link that the caller owns, or -errno. */
static int replace(const char *function, const char *component)
{
	_cleanup_close_ int fd = target_fixture_load(component, aim, function);

	return fd < 0 ? fd : bpf_raw_tracepoint_open(NULL, fd);
}

/* Looks on when a function returns, as an observer does: a link, or -errno. */
static int look_on(const struct target *at)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_prog_fd = (__u32)at->prog_fd, .attach_btf_id = at->function);
	_cleanup_close_ int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "looks_on", "GPL", insns,
					       LENGTH(insns), &options);

	return fd < 0 ? fd : bpf_raw_tracepoint_open(NULL, fd);
}

static void assert_name(const char *name)
{
	assert_string_equal(fixture_describe(target.prog_id).name, name);
	assert_string_equal(fixture_describe_fd(dispatcher).name, name);
}

static void assert_no_replacement(void)
{
	struct target found = { .prog_fd = -77 };
	struct reason reason = { "" };

	assert_int_equal(target_replacement(&found, &target, &fixture_common.freplace, &reason),
			 -ENOENT);
	assert_string_equal(reason.text, "no program replaces its entry function");
	assert_int_equal(found.prog_fd, -77);
}

static void test_nothing_is_replaced(void **state)
{
	(void)state;
	assert_name("dispatcher_of_two");
	assert_no_replacement();
}

static void test_components_are_named_in_order(void **state)
{
	_cleanup_close_ int second = replace("call10", "component_that_runs_second"), first = -1;

	(void)state;
	assert_true(second >= 0);
	assert_name("dispatcher_of_two: component_that_runs_second");
	first = replace("call2", "component_that_runs_first");
	assert_true(first >= 0);
	assert_name("dispatcher_of_two: component_that_runs_first, component_that_runs_second");
	assert_no_replacement();
}

static bool has_plain_name(const void *prog_id)
{
	return !strcmp(fixture_describe(*(const uint32_t *)prog_id).name, "dispatcher_of_two");
}

/* More links, one after another, than are remembered at first. */
static void test_components_come_and_go(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		int link = replace("call2", "component_that_runs_first");

		assert_true(link >= 0);
		assert_name("dispatcher_of_two: component_that_runs_first");
		close(link);
		assert_true(fixture_eventually(has_plain_name, &target.prog_id));
	}
}

/* Its owner may keep the program when it no longer replaces anything. */
static void test_component_without_its_link(void **state)
{
	_cleanup_close_ int fd =
		target_fixture_load("component_that_runs_alone", aim, "dispatcher_of_two");
	int link = bpf_raw_tracepoint_open(NULL, fd);

	(void)state;
	assert_true(link >= 0);
	assert_name("dispatcher_of_two: component_that_runs_alone");
	close(link);
	assert_true(fixture_eventually(has_plain_name, &target.prog_id));
	assert_no_replacement();
}

/* Their functions have the same numbers. */
static void test_dispatchers_are_told_apart(void **state)
{
	_cleanup_close_ int another = target_fixture_load("dispatcher_of_two", NULL, NULL);
	_cleanup_close_ int link = replace("dispatcher_of_two", "component_that_runs_alone");
	struct target other = target, found;
	struct reason reason = { "" };

	(void)state;
	assert_true(another >= 0);
	assert_true(link >= 0);
	assert_string_equal(fixture_describe_fd(another).name, "dispatcher_of_two");
	other.prog_id = fixture_prog_id(another);
	assert_int_equal(target_replacement(&found, &other, &fixture_common.freplace, &reason),
			 -ENOENT);
	assert_name("dispatcher_of_two: component_that_runs_alone");
}

static void test_lone_component_is_found(void **state)
{
	_cleanup_close_ int link = replace("dispatcher_of_two", "component_that_runs_alone");
	_cleanup_close_ int looking_on = -1;
	struct reason reason = { "" };
	struct target found;

	(void)state;
	assert_true(link >= 0);
	assert_int_equal(look_on(&target), -EBUSY);
	assert_int_equal(target_replacement(&found, &target, &fixture_common.freplace, &reason), 0);
	assert_string_equal(fixture_describe_fd(found.prog_fd).name, "component_that_runs_alone");
	assert_int_equal(fixture_prog_id(found.prog_fd), found.prog_id);
	assert_int_equal(found.function,
			 target_fixture_function(found.prog_fd, "component_that_runs_alone"));
	assert_name("dispatcher_of_two: component_that_runs_alone");

	/* What it is found for. */
	looking_on = look_on(&found);
	assert_true(looking_on >= 0);
	assert_string_equal(fixture_describe_fd(found.prog_fd).name, "component_that_runs_alone");
	target_close(&found);
}

static void test_lone_component_comes_first(void **state)
{
	_cleanup_close_ int call = replace("call2", "component_that_runs_first");
	_cleanup_close_ int link = replace("dispatcher_of_two", "component_that_runs_alone");

	(void)state;
	assert_true(call >= 0);
	assert_true(link >= 0);
	assert_name("dispatcher_of_two: component_that_runs_alone, component_that_runs_first");
}

static void test_those_who_look_on_are_no_components(void **state)
{
	_cleanup_close_ int looking_on = look_on(&target);

	(void)state;
	assert_true(looking_on >= 0);
	assert_name("dispatcher_of_two");
	assert_no_replacement();
}

static void test_replacement_is_no_program_of_a_hook(void **state)
{
	_cleanup_close_ int link = replace("dispatcher_of_two", "component_that_runs_alone");
	struct reason reason = { "" };
	struct target found, again;

	(void)state;
	assert_true(link >= 0);
	assert_int_equal(target_replacement(&found, &target, &fixture_common.freplace, &reason), 0);
	assert_int_equal(target_open(&again, found.prog_id, &reason), -EPROTOTYPE);
	assert_string_equal(reason.text, "it is a program of type 28, expected 6 (XDP)");
	target_close(&found);
}

static void describe_without_capability(struct fixture_answer *answer)
{
	broker_close();
	reason_set(&answer->reason, 0, "%s", fixture_describe_fd(dispatcher).name);
}

static void test_names_without_capability(void **state)
{
	_cleanup_close_ int link = replace("call2", "component_that_runs_first");
	struct fixture_answer answer;
	int status;

	(void)state;
	assert_true(link >= 0);
	answer = fixture_ask_child(describe_without_capability, &status);
	assert_int_equal(answer.err, 0);
	assert_string_equal(answer.reason.text, "dispatcher_of_t");
}

/* The whole program: the reason is the same for each test. */
static void skip_without_freplace(void)
{
	_cleanup_close_ int fd = target_fixture_load("dispatcher_of_two", NULL, NULL), link = -1;

	dispatcher = fd;
	link = fd < 0 ? fd : replace("call2", "component_that_runs_first");
	if (link >= 0)
		return;
	printf("1..0 # SKIP the kernel refuses to replace functions: %s\n", strerror(-link));
	exit(EXIT_SUCCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_components_are_named_in_order, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_components_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_component_without_its_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dispatchers_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lone_component_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lone_component_comes_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_those_who_look_on_are_no_components, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_replacement_is_no_program_of_a_hook, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_names_without_capability, setup, teardown),
	};

	fixture_enter();
	skip_without_freplace();
	return cmocka_run_group_tests_name("replaced", tests, NULL, NULL);
}
