/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network interfaces of this network namespace and the XDP programs on them, as the kernel
 * tells by rtnetlink (rtnetlink(7); IFLA_XDP in linux/if_link.h). The only file that speaks
 * netlink.
 */
#ifndef XDP_AGENTX_KERNEL_RTNL_H
#define XDP_AGENTX_KERNEL_RTNL_H

#include <net/if.h>
#include <stdint.h>

#include "kernel/xdp.h"

struct netdev {
	unsigned int ifindex;
	char name[IFNAMSIZ];
	unsigned int master; /* ifIndex of the device that it is a port of, 0 if none */
	uint32_t mtu;        /* octets */
	uint64_t address; /* the first eight octets of its hardware address, to know it again by */
	enum xdp_mode mode;
	uint32_t prog_id; /* 0 if there is none; of several the native one, else the generic one */
};

/* Where a link goes that the kernel told of, and one that it took back. */
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
 * Calls present() for each link there is. A dump that the kernel marks as inconsistent is repeated,
 * a few times. Returns 0 or -errno, and present() may have been called for some; but for -EINTR,
 * which says that the links went on changing, the failure has been logged.
 */
int rtnl_dump(struct rtnl *rtnl);

#endif
