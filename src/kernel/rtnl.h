/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network interfaces of this network namespace and the XDP programs on them, as the kernel
 * tells by rtnetlink (rtnetlink(7); IFLA_XDP in linux/if_link.h). With link_query.h the only file
 * that speaks netlink.
 */
#ifndef XDP_AGENTX_KERNEL_RTNL_H
#define XDP_AGENTX_KERNEL_RTNL_H

#include <stdbool.h>
#include <stdint.h>

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
 * Takes changes that are waiting, one or more, until the time is over (CLOCK_MONOTONIC, ms),
 * without blocking; call it again while rtnl_fd() is readable. A change of a link is only a hint:
 * rtnl_step() asks for the link anew, once for many changes, so handlers get the latest state
 * however old the message is. That a link is gone they get at once. Returns 0 or -errno; the
 * failure has been logged.
 */
int rtnl_read(struct rtnl *rtnl, int64_t until);

/* The same hint from elsewhere. */
void rtnl_ask(struct rtnl *rtnl, unsigned int ifindex);

/*
 * Asks for all links; rtnl_step() calls present() for each, once. A dump that the kernel marks as
 * inconsistent is repeated, a few times. 0; -EINTR: the links went on changing, and what the last
 * dump told may lack some; or another -errno, present() is called for none, and the failure has
 * been logged.
 */
int rtnl_dump(struct rtnl *rtnl);

/* The same, and tells of all at once. */
int rtnl_dump_all(struct rtnl *rtnl);

/* Whether rtnl_step() has yet to call present() for links of a dump. */
bool rtnl_is_telling(const struct rtnl *rtnl);

/*
 * Tells of links of a dump, then asks for those that have changed, and tells of them: one or more,
 * until the time is over (CLOCK_MONOTONIC, ms). True: there is more to be done.
 */
bool rtnl_step(struct rtnl *rtnl, int64_t until);

/*
 * Links go down or away, many at once, and the kernel may hold its lock (rtnl_lock()) for seconds:
 * whoever asks for a link, attaches to one or closes a bpf_link waits for that, and all who ask us
 * do. Links that are down are not asked for meanwhile. It lasts some seconds at most.
 */
bool rtnl_is_storming(const struct rtnl *rtnl);

/* In how many ms rtnl_step() or whoever waits for the end of that has something to do. */
int64_t rtnl_wait(const struct rtnl *rtnl);

/* Whether this namespace has no link of that number, or no longer; its gone() may be yet to come.
 */
bool rtnl_is_gone(unsigned int ifindex);

#endif
