/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One agent for each network namespace, where an ifIndex means the same to it and to snmpd. */
#ifndef XDP_AGENTX_LIB_LOCK_H
#define XDP_AGENTX_LIB_LOCK_H

#include <sys/types.h>

/*
 * Takes the lock: an abstract socket, which belongs to the network namespace and goes with the
 * process, however that ends (unix(7)). On success the caller owns *lock_fd; closing it gives the
 * lock back. Returns 0 or -errno, -EADDRINUSE if somebody has it; the failure has been logged.
 */
int lock_open(int *lock_fd);

/* The process that has the lock; 0: nobody, -1: one that the kernel does not show us. */
pid_t lock_holder(void);

#endif
