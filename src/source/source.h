/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the counters of one interface come from: its counter map, and the writer that counts in it.
 * This folder owns every kernel object that counts: programs, links, maps and what is pinned of
 * them. A source has one writer at most: our program at the hook (count), an observer of somebody
 * else's (observe), or somebody's program that counts by itself (map). The writer may come and go;
 * the map, and with it the values, stays until source_close() and, pinned, beyond. What all sources
 * share is in common.h, what is pinned without a source in pinned.h. Whether an interface is to be
 * counted, and how, is decided above, in iface; this folder includes kernel and lib alone, and
 * xdp-stats is built from it without an agent.
 */
#ifndef XDP_AGENTX_SOURCE_H
#define XDP_AGENTX_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/program_name.h"
#include "kernel/rtnl.h"
#include "kernel/xdp.h"
#include "lib/if_map.h"
#include "lib/reason.h"
#include "source/common.h"
#include "source/counters.h"
#include "source/record.h"

struct source;

/* What there is to know of a source; what it points to belongs to the source. */
struct source_status {
	enum source_kind
		last_kind;  /* who counted last, in whatever run; SOURCE_NONE if nobody has */
	uint32_t prog_id;   /* of our program; 0 while there is none */
	enum xdp_mode mode; /* in which it is attached */
	const struct program_info *program; /* what it is called */
	bool resumed;        /* the writer is one that an earlier run left, and missed no frame */
	const char *refusal; /* what is wrong with a pin that was found and refused, or "" */
	/* CLOCK_MONOTONIC in ms, kept over restarts by the pins; 0: never. */
	int64_t last_change;   /* of the program or its state: source_set_last_change() */
	int64_t discontinuity; /* when frames were last lost to the counters */
};

struct source_status source_status(const struct source *source);

/*
 * Takes the pinned map of an interface into use, or makes one, and pins it; without a writer. What
 * is in the way of pinning is logged and remembered for the text of source_attach(). On success
 * *source is owned by the caller, who gives it to source_close(); common has to outlive it. On
 * failure, -errno, reason says what could not be done and why.
 */
int source_open(struct source **source, struct common *common, const struct netdev *netdev,
		struct reason *reason);

/* Ends the use of a source and leaves what is pinned as it is. NULL is ignored. */
void source_close(struct source *source);

/* Takes everything away: writer, map and pins; its interface is gone. NULL is ignored. */
void source_discard(struct source *source);

/*
 * Has our counter program at the hook of the interface, writing into the map of the source: the one
 * that an earlier run left there, brought up to date if need be, else a new one. A writer that the
 * source had before is let go. reason is empty, or says what the operator should know (why generic,
 * why not pinned); on failure, -errno, it holds the kernel's reason for each way that was tried.
 */
int source_attach(struct source *source, const struct netdev *netdev, enum xdp_hook hook,
		  struct reason *reason);

/*
 * Counts the verdicts of the program at the hook, which is not ours and stays untouched, on frames
 * of the interface and of its ports: by the observer that an earlier run left there, if it is the
 * right one, else by a new one. A writer that the source had before is let go. reason is empty, or
 * says what the operator should know; on failure, -errno, why the program cannot be observed.
 */
int source_observe(struct source *source, const struct netdev *netdev,
		   const struct port_list *ports, struct reason *reason);

/*
 * Reads, from now on, the map in which the program at the hook counts by itself: the one pinned at
 * path, or, if path is NULL, the one that is found among the program's. A writer that the source
 * had before is let go, and its values are carried over. What is in a first map is the interface's
 * own unless it was read for another interface, or its id is not above after: it was there before
 * the interface (foreign_map_latest()), or, UINT32_MAX, frames of others are known to be in it. On
 * failure, -errno, the reason says what is wrong.
 */
int source_use_map(struct source *source, const struct netdev *netdev, const char *path,
		   uint32_t after, struct reason *reason);

/* Lets the writer go. The values stay. */
void source_detach(struct source *source);

/* Whether that is the program that is observed; and to have frames of other ports counted. */
bool source_observes(const struct source *source, uint32_t prog_id);
void source_set_ports(struct source *source, const struct port_list *ports);

/* Whether the map that is read still is that program's, alone, and still that at path. */
bool source_uses_map(struct source *source, uint32_t prog_id, const char *path);

/* Whether our link is on the interface with this program, which somebody has put into it. */
bool source_holds(const struct source *source, uint32_t prog_id);

/* True: its interface is gone, and netdev is another one with the same ifIndex. */
bool source_is_stale(const struct source *source, const struct netdev *netdev);

/*
 * Reads the whole map with one system call, adds the CPUs up and what is carried over. Returns 0 or
 * -errno, *served is then unchanged; -EBUSY: another program has begun to use somebody else's map.
 *
 * each may be NULL; else *each gets the addends of *served, which are the caller's to free, or NULL
 * where they are not known: what is carried over is known as a sum only, and a plain array has one
 * value for all CPUs.
 */
int source_read(struct source *source, struct counters *served, struct cpu_counters **each);

/* How many verdicts were none. 0; -ENOENT: the interface was never observed; or -errno. */
int source_read_invalid(const struct source *source, uint64_t *count);

/*
 * While there is a writer: pins again what somebody has unpinned, and notes the interface's name
 * and what was last read in the record. What is in the way is logged once.
 */
void source_refresh(struct source *source, const struct netdev *netdev);

/* What the operator should know while there is a writer: empty, why generic, why not pinned. */
void source_describe(const struct source *source, struct reason *reason);

void source_set_last_change(struct source *source, int64_t when);

/* --- without a source: what the three kinds of writer would answer, touching nothing --- */

/*
 * Whether a program is our counter program, though nothing that is pinned leads to it: its link is
 * pinned elsewhere, or held by another process.
 */
bool source_knows(uint32_t prog_id);

/* Whether anything can be observed here: 0; or -errno with the reason why not. */
int source_can_trace(struct common *common, struct reason *reason);

/* What source_observe() and source_use_map() would answer, as far as that can be told. */
int source_can_observe(struct common *common, uint32_t prog_id, struct reason *reason);
int source_can_use_map(struct common *common, uint32_t prog_id, const char *path,
		       struct reason *reason);

#endif
