/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the kernel for links by rtnetlink, and reads its answers (RTM_GETLINK, rtnetlink(7)). */
#ifndef XDP_AGENTX_KERNEL_LINK_QUERY_H
#define XDP_AGENTX_KERNEL_LINK_QUERY_H

#include "kernel/netdev.h"

struct mnl_socket;

/* Octets: 64 KiB of a link may be alternative names (rtnl_alt_ifname() in net/core/rtnetlink.c). */
#define LINK_MESSAGE_MAX (128 * 1024)

/*
 * Opens a socket that hears of these groups, RTMGRP_LINK or 0: the caller's, to be given to
 * mnl_socket_close(). 0 or -errno.
 */
int link_query_socket(struct mnl_socket **socket, unsigned int groups);

/*
 * Asks for one link, or for all if ifindex is 0, and adds what is told to the list. 0; -EINTR: the
 * dump was inconsistent; or another -errno.
 */
int link_query(unsigned int ifindex, struct netdev_list *list);

#endif
