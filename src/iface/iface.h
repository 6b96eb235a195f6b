/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interface. The only place that decides to attach and to let go: every piece of news ends in
 * the same routine, which compares what is with what the rule asks for.
 */
#ifndef XDP_AGENTX_IFACE_H
#define XDP_AGENTX_IFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "iface/rules.h"
#include "kernel/rtnl.h"
#include "lib/if_map.h"
#include "source/source.h"

/* Numbered like the MIB's xdpIfStatus. */
enum iface_status { IFACE_ACTIVE = 1, IFACE_WAITING, IFACE_FAILED };

struct iface {
	struct link link;        /* as the kernel told last */
	const struct rule *rule; /* NULL: none asks for it any more, but it has counters to keep */
	struct source *source;   /* NULL until it was first counted */
	enum source_kind kind;   /* who gives the values at present */
	enum iface_status status;
	char text[STATUS_TEXT_MAX];
	struct program_info program;
	uint32_t program_changes;
	int64_t last_change;   /* this and the next on CLOCK_MONOTONIC, in ms */
	int64_t discontinuity; /* 0: never */

	/* The rest is for the decisions. */
	const struct pins *pins;                  /* NULL: nothing is pinned */
	bool only_look;                           /* nothing is touched */
	bool visible;                             /* has a row in xdpIfTable */
	const char *map_path;                     /* of xdpMap, or NULL */
	const struct numbers *masters, *programs; /* of all interfaces */
	enum source_kind wanted; /* what it waits for while pending: to be counted or observed */
	bool pending;            /* waits for its turn */
	bool seen;               /* by the dump that is going on */
	bool shared;             /* failed, for its program counts for other interfaces, too */
	bool others_counted;     /* it has been, so its map has their frames */
	bool map_path_is_new;    /* the map that is read may be another one than it names */
	int64_t retry_at;
};

/*
 * Takes news of the link, or NULL, and draws a conclusion, which is one of the functions below;
 * then brings up to date what the MIB shows. True: mode, program, source or status are other ones
 * now.
 */
bool iface_change(struct iface *iface, const struct link *link, void (*what)(struct iface *iface));

/* Compares what is with what the rule asks for: lets go at once, and has pending set to attach. */
void iface_decide(struct iface *iface);

/* Attaches or observes, as wanted, or takes over what an earlier run has left there. */
void iface_attach(struct iface *iface);

/* Whether what it waits for is to take over what an earlier run has left there. */
bool iface_was_left(const struct iface *iface);

/* The interfaces that run its program natively under their own ifIndex. */
void iface_find_ports(const struct iface *iface, struct port_list *ports);

/* Its map could not be read. */
void iface_fail_reading(struct iface *iface);

#endif
