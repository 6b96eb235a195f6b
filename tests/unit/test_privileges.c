/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each test is a process of its own, for what is given up does not come back. */
#include "unit.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/privileges.h"
#include "kernel/broker.h"
#include "lib/log.h"

#define SET(capability) (UINT64_C(1) << (capability))

struct sets {
	uint64_t effective, permitted, inheritable;
};

static struct sets get_sets(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	return (struct sets){
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
		.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
	};
}

static void give(uint64_t capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted = data[i].inheritable =
			(uint32_t)(capabilities >> 32 * i);
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

/* Runs a test in a child that has no other capabilities than these. */
static void in_child(uint64_t capabilities, void (*test)(void))
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		give(capabilities);
		unit_log_clear();
		test();
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* In the child; cmocka's own would end the tests of the parent. */
static void want(bool condition, const char *what)
{
	if (condition)
		return;
	printf("# not so: %s; logged:\n# %s\n", what, unit_logged);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static void drop_all_but(uint64_t expected)
{
	struct sets sets;

	want(!privileges_drop(), "it can");
	sets = get_sets();
	want(sets.permitted == expected && sets.effective == expected, "what is needed is left");
	want(!sets.inheritable, "nothing is inherited");
	want(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "nothing can be gained");
	want(!*unit_logged, "nothing is said");
}

#define SERVICE (SET(CAP_BPF) | SET(CAP_NET_ADMIN) | SET(CAP_PERFMON))

/* CAP_SYS_ADMIN, which the broker keeps, goes as well. */
static void drop_root(void)
{
	drop_all_but(SERVICE | SET(CAP_DAC_OVERRIDE) | SET(CAP_SETUID));
}

static void drop_service(void)
{
	drop_all_but(SERVICE);
}

static void drop_nothing(void)
{
	drop_all_but(0);
}

static void test_drop(void **state)
{
	(void)state;
	in_child(get_sets().permitted, drop_root);
	in_child(SERVICE | SET(CAP_NET_RAW) | SET(CAP_SYS_PTRACE), drop_service);
	in_child(SERVICE, drop_service);
	in_child(0, drop_nothing);
}

/* With the one rule "* SOURCE": which capabilities are said to be missing. */
static void report(const char *source, const char *const missing[4])
{
	static const char *const names[] = { "CAP_SYS_ADMIN", "CAP_BPF", "CAP_NET_ADMIN",
					     "CAP_PERFMON" };
	struct reason error;
	struct rules rules = { 0 };

	want(!rules_add(&rules, "*", source, NULL, &error), "the rule is right");
	want(!broker_open(), "the broker is started by who has the capability");
	privileges_report(&rules);
	for (size_t i = 0; i < LENGTH(names); i++) {
		char line[64];
		bool expected = false;

		for (size_t j = 0; j < 4 && missing[j]; j++)
			expected |= !strcmp(missing[j], names[i]);
		snprintf(line, sizeof(line), "warning: %s is missing: ", names[i]);
		want((strstr(unit_logged, line) != NULL) == expected, names[i]);
	}
	rules_free(&rules);
}

static void report_root(void)
{
	report("count", (const char *[4]){ NULL });
}

static void report_broker(void)
{
	report("count", (const char *[4]){ "CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON" });
}

static void report_service(void)
{
	report("count", (const char *[4]){ "CAP_SYS_ADMIN" });
}

static void report_bpf(void)
{
	report("auto", (const char *[4]){ "CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_PERFMON" });
}

static void report_bpf_that_attaches_nothing(void)
{
	report("observe", (const char *[4]){ "CAP_SYS_ADMIN", "CAP_PERFMON" });
}

static void report_nothing(void)
{
	report("count",
	       (const char *[4]){ "CAP_SYS_ADMIN", "CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON" });
}

static void test_report(void **state)
{
	(void)state;
	in_child(get_sets().permitted, report_root);
	in_child(SET(CAP_SYS_ADMIN), report_broker);
	in_child(SERVICE, report_service);
	in_child(SET(CAP_BPF), report_bpf);
	in_child(SET(CAP_BPF), report_bpf_that_attaches_nothing);
	in_child(0, report_nothing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_report),
	};

	if (!(get_sets().permitted & SET(CAP_SYS_ADMIN))) {
		puts("1..0 # SKIP needs root");
		return EXIT_SUCCESS;
	}
	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("privileges", tests, NULL, NULL);
}
