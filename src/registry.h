/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that are watched, by ifIndex. The only place that decides to attach and to let go:
 * every piece of news ends in the same routine, which compares what is with what the rules ask for.
 */
#ifndef XDP_AGENTX_REGISTRY_H
#define XDP_AGENTX_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iface_set.h"
#include "links.h"
#include "rules.h"
#include "source.h"

/* Numbered like the MIB's xdpIfStatus. */
enum iface_status { IFACE_ACTIVE = 1, IFACE_WAITING, IFACE_FAILED };

struct iface {
	struct link link; /* as the kernel told last */
	const struct rule *rule;
	struct source *source; /* NULL until it was first counted */
	enum source_kind kind; /* who gives the values at present */
	enum iface_status status;
	char text[STATUS_TEXT_MAX];
	struct program_info program;
	uint32_t program_changes;
	int64_t last_change;   /* this and the next on CLOCK_MONOTONIC, in ms */
	int64_t discontinuity; /* 0: never */

	/* The rest is the registry's own. */
	bool visible; /* has a row in xdpIfTable */
	bool pending; /* waits for its turn to be attached */
	bool seen;    /* by the dump that is going on */
	int64_t retry_at;
};

struct registry;

/* On success *registry is owned by the caller, who gives it to registry_free(). 0 or -ENOMEM. */
int registry_new(struct registry **registry);

/* Lets all interfaces go. */
void registry_free(struct registry *registry);

/*
 * Takes other rules into use; they are the caller's and have to outlive the registry or the next
 * call. Follow it with a dump of all links (registry_dump_begin()).
 */
void registry_set_rules(struct registry *registry, const struct rules *rules);

/* News of a link: it is there, in this state; it is gone. */
void registry_link_present(struct registry *registry, const struct link *link);
void registry_link_gone(struct registry *registry, unsigned int ifindex);

/* Around the registry_link_present() calls for all links there are: what is left out is gone. */
void registry_dump_begin(struct registry *registry);
void registry_dump_end(struct registry *registry);

/* Attaches to one interface that waits for it. True: others are still waiting. */
bool registry_step(struct registry *registry);

/*
 * All interfaces that a rule asks for, the rows of xdpIfTable, and those with counters to read. The
 * sets belong to the registry; each of the calls above, and a registry_read() that fails, may
 * change them.
 */
const struct iface_set *registry_watched(const struct registry *registry);
const struct iface_set *registry_rows(const struct registry *registry);
const struct iface_set *registry_counted(const struct registry *registry);

/*
 * Reads the counters of an interface. On failure, -errno, *counters is unchanged, and the interface
 * has become failed, with the reason in its text.
 */
int registry_read(struct registry *registry, struct iface *iface, struct counters *counters);

/* How many interfaces the rules name that do not exist, and how many rows are failed. */
unsigned int registry_missing(struct registry *registry);
unsigned int registry_failed(const struct registry *registry);

/* When a row came, went, or had its last_change moved: CLOCK_MONOTONIC in ms, 0 for never. */
int64_t registry_last_change(const struct registry *registry);

/* Grows by one each time that the set of rows or of counted interfaces changes. */
uint64_t registry_generation(const struct registry *registry);

#endif
