/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network namespace that this process is in. */
#ifndef XDP_AGENTX_KERNEL_NETNS_H
#define XDP_AGENTX_KERNEL_NETNS_H

#include <stdint.h>

/*
 * Its number, which is not used twice between two boots, as an inode number is (SO_NETNS_COOKIE,
 * socket(7); net_cookie in the kernel's struct net). 0 or -errno; *cookie is then unchanged.
 */
int netns_cookie(uint64_t *cookie);

#endif
