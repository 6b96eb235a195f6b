/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of the observer (observe.bpf.c), as both sides see them. */
#ifndef XDP_AGENTX_OBSERVE_H
#define XDP_AGENTX_OBSERVE_H

#include <linux/types.h>

/*
 * Whose frame it is. The program is the one at the hook of the interface, which need not be the one
 * that is observed: what runs there no longer, or elsewhere, or in a test run, does not count. It
 * is 0 on the ports of a bond, whose hooks are empty while they run the bond's program.
 */
struct xdp_observe_key {
	__u64 netns;   /* cookie */
	__u32 ifindex; /* in that namespace */
	__u32 program; /* id */
};

/* As many interfaces as one network namespace may have counted. */
#define XDP_OBSERVE_INTERFACES 65536

#endif
