/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ownership by scope, and the one clock of the program.
 *
 * This folder knows nothing of XDP, and includes no other: messages for the operator (log), why
 * something was refused (reason), sorted arrays (sorted), numbers by ifIndex (if_map), lists of
 * names (names) and text on its way out (text). What is here could serve any daemon. A type that
 * owns something has a cleanup of its own beside it, _cleanup_TYPE_, in place of hand-written ends.
 */
#ifndef XDP_AGENTX_LIB_UTIL_H
#define XDP_AGENTX_LIB_UTIL_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline void close_fd_at(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void free_at(void *pointer)
{
	free(*(void **)pointer);
}

#define _cleanup_close_ __attribute__((cleanup(close_fd_at)))
#define _cleanup_free_ __attribute__((cleanup(free_at)))

/* Hands the descriptor over to the caller; the variable no longer owns it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Milliseconds on CLOCK_MONOTONIC. */
static inline int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

#endif
