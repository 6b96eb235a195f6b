/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network interfaces of this network namespace and the XDP programs on them, as the kernel
 * tells by rtnetlink (rtnetlink(7); IFLA_XDP in linux/if_link.h). The only file that speaks
 * netlink.
 */
#ifndef XDP_AGENTX_KERNEL_RTNL_H
#define XDP_AGENTX_KERNEL_RTNL_H

#include "kernel/netdev.h"

/*
 * Where a link goes that the kernel told of, and one that it took back. The alternative names of
 * a netdev are there during the call.
 */
struct rtnl_handlers {
	void (*present)(const struct netdev *netdev, void *context);
	void (*gone)(unsigned int ifindex, void *context);
	/* Messages were lost: what is known may be wrong until rtnl_dump() is called. */
	void (*lost)(void *context);
	void *context;
};

struct rtnl;

/*
 * Subscribes to the changes of links. Call rtnl_dump() afterwards for those that exist already.
 * handlers is copied. On success *links is owned by the caller, who gives it to rtnl_close().
 * Returns 0 or -errno; the failure has been logged.
 */
int rtnl_open(struct rtnl **rtnl, const struct rtnl_handlers *handlers);
void rtnl_close(struct rtnl *rtnl);

/* The descriptor to wait on for reading before rtnl_read() is called. It belongs to links. */
int rtnl_fd(const struct rtnl *rtnl);

/*
 * Handles changes that are waiting, without blocking; call it again while rtnl_fd() is readable. A
 * change of a link is only a hint: the link is asked for anew, so handlers get the latest state
 * however old the message is. Returns 0 or -errno; the failure has been logged.
 */
int rtnl_read(struct rtnl *rtnl);

/*
 * Asks for one link now and calls present() for it. Returns 0; -ENODEV: there is no such link,
 * gone() is not called; or another -errno, the failure has been logged.
 */
int rtnl_ask(struct rtnl *rtnl, unsigned int ifindex);

/*
 * Calls present() for each link there is, once. A dump that the kernel marks as inconsistent is
 * repeated, a few times. 0; -EINTR: the links went on changing, and present() was called for what
 * the last dump told, which may lack some; or another -errno, it was called for none, and the
 * failure has been logged.
 */
int rtnl_dump(struct rtnl *rtnl);

/* Whether this namespace has no link of that number, or no longer; its gone() may be yet to come.
 */
bool rtnl_is_gone(unsigned int ifindex);

#endif
