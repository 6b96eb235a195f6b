/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <syslog.h>
#include <unistd.h>

char unit_logged[16384];
char unit_written[3][16384];
int64_t unit_now;

void unit_log(int priority, const char *token, const char *message)
{
	static const char *const names[] = {
		[LOG_ERR] = "err",
		[LOG_WARNING] = "warning",
		[LOG_INFO] = "info",
	};
	size_t used = strlen(unit_logged);

	if (priority == LOG_DEBUG) {
		assert_memory_equal(token, "xdp:", 4);
		return;
	}
	assert_null(token);
	snprintf(unit_logged + used, sizeof(unit_logged) - used, "%s: %s\n", names[priority],
		 message);
}

void unit_log_clear(void)
{
	unit_logged[0] = '\0';
}

void unit_assert_contains(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	print_error("\"%s\" is missing in \"%s\"\n", part, text);
	_fail(file, line);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	assert_int_equal(clock, CLOCK_MONOTONIC);
	*now = (struct timespec){ .tv_sec = unit_now / 1000, .tv_nsec = unit_now % 1000 * 1000000 };
	return 0;
}

void unit_enter_namespace(void)
{
	if (!unshare(CLONE_NEWNET))
		return;
	printf("1..0 # SKIP cannot make a network namespace: %s\n", strerror(errno));
	exit(EXIT_SUCCESS);
}

char unit_bpffs[] = "/tmp/xdp-agentx-unit-XXXXXX";

void unit_bpffs_begin(void)
{
	bool made = mkdtemp(unit_bpffs);

	if (made && !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	    !mount("bpf", unit_bpffs, "bpf", 0, NULL))
		return;
	printf("1..0 # SKIP cannot mount a bpffs: %s\n", strerror(errno));
	if (made)
		rmdir(unit_bpffs);
	exit(EXIT_SUCCESS);
}

void unit_bpffs_end(void)
{
	umount2(unit_bpffs, MNT_DETACH);
	rmdir(unit_bpffs);
}

void unit_run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		fail_msg("failed: %s", command);
}

static struct {
	int saved, file;
} captured[3];

void unit_capture_begin(void)
{
	fflush(NULL);
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		captured[fd].saved = dup(fd);
		captured[fd].file = memfd_create("unit", MFD_CLOEXEC);
		if (captured[fd].saved < 0 || dup2(captured[fd].file, fd) < 0)
			fail_msg("cannot capture: %s", strerror(errno));
	}
}

void unit_capture_end(void)
{
	fflush(NULL);
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		ssize_t length =
			pread(captured[fd].file, unit_written[fd], sizeof(unit_written[fd]) - 1, 0);

		dup2(captured[fd].saved, fd);
		close(captured[fd].saved);
		close(captured[fd].file);
		assert_true(length >= 0);
		unit_written[fd][length] = '\0';
	}
}
