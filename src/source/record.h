/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be known of an interface's counters besides the counter map, kept in a second map so
 * that it lives as long as the first: one entry, written as a whole by one system call, so that a
 * crash leaves the old record or the new one.
 */
#ifndef XDP_AGENTX_SOURCE_RECORD_H
#define XDP_AGENTX_SOURCE_RECORD_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/pins.h"
#include "kernel/rtnl.h"
#include "lib/reason.h"
#include "source/counters.h"

/* Numbered like the MIB's XdpCounterSource. */
enum source_kind { SOURCE_NONE = 1, SOURCE_COUNT, SOURCE_OBSERVE, SOURCE_MAP };

/* Of the layout below. That of 0.1.0, version 2, has no checksum and is taken over. */
#define RECORD_VERSION 3

struct record {
	uint32_t version;
	uint32_t map_id;       /* of the map that carry goes by */
	char name[IFNAMSIZ];   /* name and */
	uint64_t address;      /* hardware address of the interface, to know it again by */
	int64_t discontinuity; /* CLOCK_MONOTONIC in ms; 0: it has never been counted */
	int64_t last_change;   /* the same, of xdpIfLastChange */
	uint32_t kind;         /* enum source_kind: who counted last; 0: nobody yet */
	uint32_t foreign;      /* the map is somebody else's */
	struct carry carry;
	uint64_t checksum; /* CRC-32 of all before it; set by what writes it */
};

/*
 * Opens the pinned record of an interface and reads it; what cannot be one is refused. Returns a
 * descriptor that the caller owns, -ENOENT if there is none, or -errno with what was found and what
 * is expected in reason. A record of 0.1.0 has version 2 and takes no record_write(): another has
 * to be made and pinned in its place.
 */
int record_open(struct record *record, const struct pins *pins, unsigned int ifindex,
		struct reason *reason);

/*
 * Makes a record with this in it, to be pinned then: a pinned record is never an empty one. Returns
 * a descriptor that the caller owns, or -errno with the reason.
 */
int record_make(const struct record *record, struct reason *reason);

/* Whether the record is of this interface, by name and address; and to make it so. */
bool record_is_of(const struct record *record, const struct netdev *netdev);
void record_set_name(struct record *record, const struct netdev *netdev);

/* Who counted last. */
enum source_kind record_kind(const struct record *record);

/* Replaces the record. 0 or -errno. */
int record_write(int fd, const struct record *record);

#endif
