/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of XDP programs as they happen. Of those made by bpf_link the kernel sends no netlink
 * message, so the function that makes them is traced (bpf/watch_xdp.bpf.c).
 */
#ifndef XDP_AGENTX_KERNEL_WATCH_H
#define XDP_AGENTX_KERNEL_WATCH_H

#include "lib/reason.h"

struct watch;

/*
 * Where a change goes: a program was attached to this interface, exchanged or detached, by whatever
 * means. It comes before the kernel has finished; who asks by rtnetlink (rtnl_ask()) waits for
 * that. 0: changes were lost, of whatever interfaces.
 */
typedef void (*watch_changed)(unsigned int ifindex, void *context);

/*
 * Watches the network namespace that this process is in. On success *watch is owned by the caller,
 * who gives it to watch_close(). On failure, -errno, reason says why it is not possible; that is
 * not logged.
 */
int watch_open(struct watch **watch, watch_changed changed, void *context, struct reason *reason);
void watch_close(struct watch *watch); /* NULL is ignored */

/* The descriptor to wait on for reading before watch_read() is called. It belongs to watch. */
int watch_fd(const struct watch *watch);

/* Calls changed() for what has come, without blocking. */
void watch_read(struct watch *watch);

#endif
