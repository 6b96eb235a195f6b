/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which programs can be observed, what is said of the others, and what programs are called. */
#include "target_fixture.h"

#include "fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel/broker.h"
#include "kernel/capability.h"
#include "kernel/program_name.h"
#include "lib/util.h"
#include "source/target.h"

#define LONG_NAME "passes_every_frame_of_its_interface"
#define UNTOUCHED                                                                                  \
	(struct target)                                                                            \
	{                                                                                          \
		.prog_fd = -77, .prog_id = 77, .function = 77                                      \
	}

#ifndef BPF_F_XDP_DEV_BOUND_ONLY /* linux/bpf.h of 6.3 */
#define BPF_F_XDP_DEV_BOUND_ONLY (1U << 6)
#endif

static int load(const char *name)
{
	int fd = target_fixture_load(name, NULL, NULL);

	assert_true(fd >= 0);
	return fd;
}

static void assert_refused(uint32_t prog_id, int err, const char *words)
{
	struct target target = UNTOUCHED;
	struct reason reason = { "" };

	assert_int_equal(target_open(&target, prog_id, &reason), err);
	assert_string_equal(reason.text, words);
	assert_int_equal(target.prog_fd, -77);
	assert_int_equal(target.prog_id, 77);
	assert_int_equal(target.function, 77);
}

static void assert_opens(int prog_fd, const char *function)
{
	struct reason reason = { "" };
	struct target target = UNTOUCHED;

	if (target_open(&target, fixture_prog_id(prog_fd), &reason))
		fail_msg("%s", reason.text);
	assert_int_equal(target.prog_id, fixture_prog_id(prog_fd));
	assert_int_equal(fixture_prog_id(target.prog_fd), target.prog_id);
	assert_int_equal(target.function, target_fixture_function(prog_fd, function));
	target_close(&target);
	assert_int_equal(target.prog_fd, -1);
	target_close(&target);
}

static void test_opens_what_can_be_observed(void **state)
{
	_cleanup_close_ int simple = load(LONG_NAME), with_functions = load("dispatcher_of_two");

	(void)state;
	assert_opens(simple, LONG_NAME);
	assert_opens(with_functions, "dispatcher_of_two");
}

static void test_program_without_btf(void **state)
{
	_cleanup_close_ int fd = fixture_load_foreign();

	(void)state;
	assert_refused(fixture_prog_id(fd), -ENODATA,
		       "it has no BTF; compile it with -g and load it with its BTF");
}

static void test_program_that_is_gone(void **state)
{
	int fd = load(LONG_NAME);
	uint32_t id = fixture_prog_id(fd);

	(void)state;
	close(fd);
	assert_true(fixture_eventually(fixture_program_is_gone, &id));
	assert_refused(id, -ENOENT, "it is gone");
}

static void test_program_of_another_type(void **state)
{
	_cleanup_close_ int fd = load("classifies");

	(void)state;
	assert_refused(fixture_prog_id(fd), -EPROTOTYPE,
		       "it is neither an XDP program nor part of one");
}

static void bind_to_device(struct bpf_program *program, const void *ifname)
{
	bpf_program__set_ifindex(program, if_nametoindex(ifname));
	bpf_program__set_flags(program, BPF_F_XDP_DEV_BOUND_ONLY);
}

/* Not to be taken for one that was offloaded. */
static void test_program_that_is_bound_to_a_device(void **state)
{
	_cleanup_close_ int fd = target_fixture_load(LONG_NAME, bind_to_device, "left");
	struct utsname kernel;

	(void)state;
	assert_int_equal(uname(&kernel), 0);
	if (strverscmp(kernel.release, "6.3") < 0) {
		assert_int_equal(fd, -EINVAL);
		return;
	}
	assert_true(fd >= 0);
	assert_opens(fd, LONG_NAME);
}

/* What the children look at. */
static int given_fd;
static uint32_t given_id;

static void open_without_capability(struct fixture_answer *answer)
{
	struct target target = UNTOUCHED;

	broker_close();
	answer->err = target_open(&target, given_id, &answer->reason);
	answer->prog_id = target.prog_id;
}

static void test_missing_capability(void **state)
{
	_cleanup_close_ int fd = load(LONG_NAME);
	struct fixture_answer answer;
	int status;

	(void)state;
	given_id = fixture_prog_id(fd);
	answer = fixture_ask_child(open_without_capability, &status);
	assert_int_equal(answer.err, -EPERM);
	assert_string_equal(answer.reason.text,
			    "observing takes CAP_SYS_ADMIN, which the agent does not have");
	assert_int_equal(answer.prog_id, 77);
}

static void tell_capabilities(struct fixture_answer *answer)
{
	bool before = capability_is_effective(CAP_SYS_ADMIN);

	answer->err = target_fixture_drop(CAP_SYS_ADMIN);
	reason_set(&answer->reason, 0, "%d %d %d %d", before,
		   capability_is_effective(CAP_SYS_ADMIN), capability_is_effective(CAP_BPF),
		   capability_is_effective(CAP_PERFMON));
	if (!answer->err)
		answer->err = target_fixture_drop(CAP_BPF);
	answer->prog_id = capability_is_effective(CAP_BPF);
}

/* CAP_BPF is in the second half of the sets. */
static void test_knows_capabilities(void **state)
{
	struct fixture_answer answer;
	int status;

	(void)state;
	answer = fixture_ask_child(tell_capabilities, &status);
	assert_int_equal(answer.err, 0);
	assert_string_equal(answer.reason.text, "1 0 1 1");
	assert_int_equal(answer.prog_id, 0);
}

static void test_names_are_whole(void **state)
{
	_cleanup_close_ int simple = load(LONG_NAME), with_functions = load("dispatcher_of_two");
	_cleanup_close_ int without_btf = fixture_load_foreign();

	(void)state;
	assert_string_equal(fixture_describe(fixture_prog_id(simple)).name, LONG_NAME);
	assert_string_equal(fixture_describe_fd(simple).name, LONG_NAME);
	assert_string_equal(fixture_describe_fd(with_functions).name, "dispatcher_of_two");
	assert_string_equal(fixture_describe_fd(without_btf).name, "foreign");
}

static void describe_without_capability(struct fixture_answer *answer)
{
	struct program_info by_fd, by_id;

	broker_close();
	by_fd = fixture_describe_fd(given_fd);
	by_id = fixture_describe(given_id);
	reason_set(&answer->reason, 0, "'%.60s' '%.60s'", by_fd.name, by_id.name);
}

static void test_names_without_capability(void **state)
{
	_cleanup_close_ int fd = load(LONG_NAME);
	struct fixture_answer answer;
	int status;

	(void)state;
	given_fd = fd;
	given_id = fixture_prog_id(fd);
	answer = fixture_ask_child(describe_without_capability, &status);
	assert_int_equal(answer.err, 0);
	assert_string_equal(answer.reason.text, "'passes_every_fr' ''");
}

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X100 X50 X50

static void test_names_are_joined(void **state)
{
	static const struct {
		const char *program;
		const char *components[3];
		const char *joined;
	} cases[] = {
		{ "alone", { NULL }, "alone" },
		{ "one", { "first" }, "one: first" },
		{ "three", { "first", "second", "third" }, "three: first, second, third" },
		/* 127 octets just fit, and so does what stands for the rest. */
		{ "p", { X100, "ab", X50 }, "p: " X100 ", ab, ..." },
		{ "p", { X100, "twenty_octets_and_2222" }, "p: " X100 ", twenty_octets_and_2222" },
		{ "p", { X100, "twenty_octets_and_23333" }, "p: " X100 ", ..." },
		{ "p", { X100, "ten_and_17_octets", "b" }, "p: " X100 ", ten_and_17_octets, b" },
		{ "p", { X100, "ten_and_18__octets", "b" }, "p: " X100 ", ..." },
		{ "p", { X100 X50, "b" }, "p: ..." },
	};

	(void)state;
	for (unsigned int i = 0; i < LENGTH(cases); i++) {
		char joined[PROGRAM_NAME_MAX];
		unsigned int count = 0;

		while (count < LENGTH(cases[i].components) && cases[i].components[count])
			count++;
		program_name_join(joined, cases[i].program, cases[i].components, count);
		assert_string_equal(joined, cases[i].joined);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens_what_can_be_observed),
		cmocka_unit_test(test_program_without_btf),
		cmocka_unit_test(test_program_that_is_gone),
		cmocka_unit_test(test_program_of_another_type),
		cmocka_unit_test(test_program_that_is_bound_to_a_device),
		cmocka_unit_test(test_missing_capability),
		cmocka_unit_test(test_knows_capabilities),
		cmocka_unit_test(test_names_are_whole),
		cmocka_unit_test(test_names_without_capability),
		cmocka_unit_test(test_names_are_joined),
	};

	fixture_enter();
	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
