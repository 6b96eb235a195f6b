/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the unit tests share: cmocka, a log to look into, a clock to move, a network to play in. */
#ifndef XDP_AGENTX_UNIT_H
#define XDP_AGENTX_UNIT_H

/* cmocka.h wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* What was logged since unit_log_clear(), lines that start with err, warning or info. */
extern char unit_logged[16384];
void unit_log(int priority, const char *token, const char *message);
void unit_log_clear(void);

/* Fails the test unless the text contains the part. */
#define assert_contains(text, part) unit_assert_contains(text, part, __FILE__, __LINE__)
void unit_assert_contains(const char *text, const char *part, const char *file, int line);

/* CLOCK_MONOTONIC in ms, for the programs that are linked with -Wl,--wrap=clock_gettime. */
extern int64_t unit_now;
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

/* Moves to a network namespace of the program's own, or skips the whole program. */
void unit_enter_namespace(void);

/*
 * Has a bpffs of the program's own, in a mount namespace of its own, at unit_bpffs; or skips the
 * whole program. unit_bpffs_end() takes the empty directory below it away.
 */
extern char unit_bpffs[];
void unit_bpffs_begin(void);
void unit_bpffs_end(void);

/* Runs a command of the shell. */
void unit_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Between these two, what is written to standard output and error goes to unit_written[1] and
 * unit_written[2].
 */
extern char unit_written[3][16384];
void unit_capture_begin(void);
void unit_capture_end(void);

#endif
