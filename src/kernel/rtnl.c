/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kernel/link_query.h"
#include "lib/if_map.h"
#include "lib/log.h"
#include "lib/util.h"

/* How often an inconsistent dump is repeated before it is given up until the next one. */
#define DUMP_TRIES 10

/*
 * Links go down or away: so many within that time are a storm, ms, of which no more than STORM_MAX
 * is waited for. A link that went down is asked for after DOWN_WAIT, when it may be gone.
 */
#define STORM_LINKS 16
#define STORM_TIME 500
#define STORM_MAX 10000
#define DOWN_WAIT 20

/* Octets that may wait in the kernel: what happens to thousands of links at once makes no dump. */
#define QUEUE_MAX (1024 * 1024)

struct rtnl {
	struct mnl_socket *events; /* subscribed to RTNLGRP_LINK, read without blocking */
	struct rtnl_handlers handlers;
	/*
	 * Messages were dropped. The kernel says so once, and drops the next ones in silence until
	 * its queue has been read to the end (NETLINK_S_CONGESTED in net/netlink/af_netlink.c):
	 * only what is asked for then is complete.
	 */
	bool overrun;
	int dump_err, ask_err, read_err; /* the last failures, which have been logged, or 0 */
	struct netdev_list dump;         /* the links of the last one */
	size_t told;                     /* of how many the handlers know */
	struct if_map asked;             /* links to ask for */
	struct if_map down;              /* the same, of links that went down */
	/* CLOCK_MONOTONIC, ms: when links went down or away, the last ones, by turns. */
	int64_t went[STORM_LINKS];
	unsigned int next;
	int64_t storm_began;
};

int rtnl_dump(struct rtnl *rtnl)
{
	struct netdev_list *list = &rtnl->dump;
	int err = -EINTR;

	rtnl->told = 0;
	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		netdev_list_free(list);
		err = link_query(0, list);
	}
	if (err == -EINTR) {
		log_debug("xdp:links", "the links changed during each of %d dumps", DUMP_TRIES);
		netdev_list_settle(list);
	} else if (err) {
		netdev_list_free(list);
	}
	if (log_is_news(&rtnl->dump_err, err == -EINTR ? 0 : err))
		log_error(err, "cannot list the network interfaces (RTM_GETLINK)");
	return err;
}

bool rtnl_is_telling(const struct rtnl *rtnl)
{
	return rtnl->told < rtnl->dump.count;
}

static bool tell_next(struct rtnl *rtnl)
{
	const struct netdev *netdev;

	if (!rtnl_is_telling(rtnl))
		return false;
	netdev = &rtnl->dump.member[rtnl->told++].netdev;
	if (netdev->ifindex)
		rtnl->handlers.present(netdev, rtnl->handlers.context);
	if (!rtnl_is_telling(rtnl)) {
		netdev_list_free(&rtnl->dump);
		rtnl->told = 0;
	}
	return true;
}

int rtnl_dump_all(struct rtnl *rtnl)
{
	int err = rtnl_dump(rtnl);

	while (tell_next(rtnl))
		;
	return err;
}

/* What the dump has told of it, and the handlers do not know, is old. */
static void forget_told(struct rtnl *rtnl, unsigned int ifindex)
{
	for (size_t i = rtnl->told; i < rtnl->dump.count; i++)
		if (rtnl->dump.member[i].netdev.ifindex == ifindex)
			rtnl->dump.member[i].netdev.ifindex = 0;
}

static void ask(struct rtnl *rtnl, unsigned int ifindex)
{
	struct netdev_list list = { 0 };
	int err = link_query(ifindex, &list);

	if (log_is_news(&rtnl->ask_err, err == -ENODEV ? 0 : err))
		log_error(err, "cannot ask for interface %u (RTM_GETLINK)", ifindex);
	for (size_t i = 0; i < list.count; i++)
		rtnl->handlers.present(&list.member[i].netdev, rtnl->handlers.context);
	netdev_list_free(&list);
}

/* --- many links that go down or away --- */

/* The oldest of the last STORM_LINKS was a short time ago. */
static bool is_storm(const struct rtnl *rtnl, int64_t now)
{
	return rtnl->went[rtnl->next] && now - rtnl->went[rtnl->next] < STORM_TIME;
}

static void note_that_one_went(struct rtnl *rtnl)
{
	int64_t now = monotonic_ms();

	if (!is_storm(rtnl, now))
		rtnl->storm_began = now;
	rtnl->went[rtnl->next] = now;
	rtnl->next = (rtnl->next + 1) % STORM_LINKS;
}

bool rtnl_is_storming(const struct rtnl *rtnl)
{
	int64_t now = monotonic_ms();

	return is_storm(rtnl, now) && now - rtnl->storm_began < STORM_MAX;
}

static bool is_waiting_for_down(const struct rtnl *rtnl)
{
	unsigned int last = (rtnl->next + STORM_LINKS - 1) % STORM_LINKS;
	int64_t now = monotonic_ms();

	return is_storm(rtnl, now) ? rtnl_is_storming(rtnl) : now - rtnl->went[last] < DOWN_WAIT;
}

int64_t rtnl_wait(const struct rtnl *rtnl)
{
	return rtnl->down.count || rtnl_is_storming(rtnl) ? DOWN_WAIT : INT64_MAX;
}

/* --- questions --- */

static bool ask_next(struct rtnl *rtnl)
{
	struct if_map *from = &rtnl->asked;
	unsigned int ifindex;

	if (!from->count && !is_waiting_for_down(rtnl))
		from = &rtnl->down;
	if (!from->count)
		return false;
	ifindex = from->entry[from->count - 1].ifindex;
	if_map_set(from, ifindex, 0);
	ask(rtnl, ifindex);
	return true;
}

bool rtnl_step(struct rtnl *rtnl, int64_t until)
{
	while (tell_next(rtnl) || ask_next(rtnl))
		if (monotonic_ms() >= until)
			return true;
	return false;
}

void rtnl_ask(struct rtnl *rtnl, unsigned int ifindex)
{
	if (!if_map_get(&rtnl->down, ifindex))
		if_map_set(&rtnl->asked, ifindex, 1);
}

bool rtnl_is_gone(unsigned int ifindex)
{
	char name[IFNAMSIZ];

	return !if_indextoname(ifindex, name) && errno == ENXIO;
}

/* Bridges announce their ports with a family of their own; a port that leaves is no link deleted.
 */
static bool is_link_message(const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	return mnl_nlmsg_get_payload_len(message) >= sizeof(*info) &&
	       info->ifi_family == AF_UNSPEC && info->ifi_index > 0;
}

static void link_is_gone(struct rtnl *rtnl, unsigned int ifindex)
{
	log_debug("xdp:links", "interface %u: gone", ifindex);
	note_that_one_went(rtnl);
	if_map_set(&rtnl->asked, ifindex, 0);
	if_map_set(&rtnl->down, ifindex, 0);
	forget_told(rtnl, ifindex);
	rtnl->handlers.gone(ifindex, rtnl->handlers.context);
}

/* A new one is down, too, but has not gone there: everything of it has changed. */
static bool went_down(const struct ifinfomsg *info)
{
	return !(info->ifi_flags & IFF_UP) && info->ifi_change & IFF_UP && ~info->ifi_change;
}

/* If it is gone by now, its RTM_DELLINK is on the way. */
static void link_has_changed(struct rtnl *rtnl, const struct ifinfomsg *info)
{
	unsigned int ifindex = (unsigned int)info->ifi_index;

	log_debug("xdp:links", "interface %u: changed", ifindex);
	if (info->ifi_flags & IFF_UP)
		if_map_set(&rtnl->down, ifindex, 0);
	if (went_down(info)) {
		note_that_one_went(rtnl);
		if_map_set(&rtnl->asked, ifindex, 0);
		if_map_set(&rtnl->down, ifindex, 1);
	}
	rtnl_ask(rtnl, ifindex);
}

static int handle_event(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct rtnl *rtnl = data;

	if (!is_link_message(message))
		return MNL_CB_OK;
	if (message->nlmsg_type == RTM_DELLINK)
		link_is_gone(rtnl, (unsigned int)info->ifi_index);
	else if (message->nlmsg_type == RTM_NEWLINK)
		link_has_changed(rtnl, info);
	return MNL_CB_OK;
}

int rtnl_read(struct rtnl *rtnl, int64_t until)
{
	char buffer[LINK_MESSAGE_MAX];

	do {
		struct sockaddr_nl sender = { 0 };
		socklen_t sender_size = sizeof(sender);
		ssize_t length = recvfrom(rtnl_fd(rtnl), buffer, sizeof(buffer), MSG_DONTWAIT,
					  (struct sockaddr *)&sender, &sender_size);

		if (length >= 0) {
			/* Only the kernel has port 0; another sender is a process that pretends. */
			if (sender.nl_pid == 0 && !rtnl->overrun)
				mnl_cb_run(buffer, (size_t)length, 0, 0, handle_event, rtnl);
		} else if (errno == ENOBUFS) {
			log_debug("xdp:links", "the kernel dropped link messages; resynchronizing");
			rtnl->overrun = true;
		} else if (errno == EAGAIN || errno == EINTR) {
			if (errno == EAGAIN && rtnl->overrun) {
				rtnl->overrun = false;
				rtnl->handlers.lost(rtnl->handlers.context);
			}
			return 0;
		} else {
			int err = -errno;

			if (log_is_news(&rtnl->read_err, err))
				log_error(err, "cannot read link messages from the kernel");
			return err;
		}
	} while (monotonic_ms() < until);
	return 0;
}

int rtnl_fd(const struct rtnl *rtnl)
{
	return mnl_socket_get_fd(rtnl->events);
}

int rtnl_open(struct rtnl **out, const struct rtnl_handlers *handlers)
{
	static const int queue_max = QUEUE_MAX;
	struct rtnl *rtnl = calloc(1, sizeof(*rtnl));
	int err = -ENOMEM;

	if (rtnl) {
		rtnl->handlers = *handlers;
		err = link_query_socket(&rtnl->events, RTMGRP_LINK);
	}
	if (!err)
		setsockopt(rtnl_fd(rtnl), SOL_SOCKET, SO_RCVBUFFORCE, &queue_max,
			   sizeof(queue_max));
	if (err) {
		log_error(err, "cannot subscribe to link messages (netlink group RTNLGRP_LINK)");
		rtnl_close(rtnl);
		return err;
	}
	*out = rtnl;
	return 0;
}

void rtnl_close(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	if (rtnl->events)
		mnl_socket_close(rtnl->events);
	netdev_list_free(&rtnl->dump);
	if_map_free(&rtnl->asked);
	if_map_free(&rtnl->down);
	free(rtnl);
}
