/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said of a program that is not JIT-compiled. To have one takes settings of the whole
 * machine, which change for a moment: only where MAY_SET_SYSCTL tells that nobody minds.
 */
#include "target_fixture.h"

#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/util.h"
#include "source/target.h"

struct setting {
	const char *path;
	int fd;
	char before;
};

static struct setting jit = { .path = "/proc/sys/net/core/bpf_jit_enable" };
static struct setting harden = { .path = "/proc/sys/net/core/bpf_jit_harden" };
static struct setting restricted = { .path = "/proc/sys/kernel/kptr_restrict" };

static bool set(const struct setting *setting, char value)
{
	return pwrite(setting->fd, &value, 1, 0) == 1;
}

/* Whether it can be set to this value; it is left as it was. */
static bool open_setting(struct setting *setting, char value)
{
	setting->fd = open(setting->path, O_RDWR | O_CLOEXEC);
	return setting->fd >= 0 && pread(setting->fd, &setting->before, 1, 0) == 1 &&
	       set(setting, value) && set(setting, setting->before);
}

static int restore(void **state)
{
	(void)state;
	assert_true(set(&jit, jit.before));
	assert_true(set(&harden, harden.before));
	assert_true(set(&restricted, restricted.before));
	return 0;
}

static void test_interpreted_program_is_refused(void **state)
{
	struct target target = { .prog_fd = -77 };
	struct reason reason = { "" };
	_cleanup_close_ int fd = -1;

	(void)state;
	assert_true(set(&jit, '0'));
	fd = target_fixture_load("dispatcher_of_two", NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(target_open(&target, fixture_prog_id(fd), &reason), -ENOEXEC);
	assert_string_equal(reason.text,
			    "it is not JIT-compiled: net.core.bpf_jit_enable was 0 when it "
			    "was loaded; set it to 1 and load the program again");
	assert_int_equal(target.prog_fd, -77);
	assert_string_equal(fixture_describe(fixture_prog_id(fd)).name, "dispatcher_of_two");
}

/* What hides the code of programs does not hide that there is some. */
static void test_hidden_code_is_not_missing(void **state)
{
	struct reason reason = { "" };
	_cleanup_close_ int fd = -1;
	struct target target;

	(void)state;
	assert_true(set(&jit, '1') && set(&harden, '2') && set(&restricted, '2'));
	fd = target_fixture_load("dispatcher_of_two", NULL, NULL);
	assert_true(fd >= 0);
	if (target_open(&target, fixture_prog_id(fd), &reason))
		fail_msg("%s", reason.text);
	target_close(&target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_interpreted_program_is_refused, restore),
		cmocka_unit_test_teardown(test_hidden_code_is_not_missing, restore),
	};

	if (!getenv("MAY_SET_SYSCTL")) {
		puts("1..0 # SKIP MAY_SET_SYSCTL is not set");
		return EXIT_SUCCESS;
	}
	/* Network namespaces but the first do not show them. */
	if (!open_setting(&jit, '0') || !open_setting(&harden, '2') ||
	    !open_setting(&restricted, '2')) {
		puts("1..0 # SKIP net.core.bpf_jit_enable or the like cannot be set");
		return EXIT_SUCCESS;
	}
	fixture_enter();
	return cmocka_run_group_tests_name("interpreted", tests, NULL, NULL);
}
