/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A map in which somebody else's program counts by itself, in the layout of xdp_stats.h; or with
 * one value for all CPUs (BPF_MAP_TYPE_ARRAY) instead of one for each.
 */
#ifndef XDP_AGENTX_SOURCE_FOREIGN_MAP_H
#define XDP_AGENTX_SOURCE_FOREIGN_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/freplace.h"
#include "lib/reason.h"

struct foreign_map {
	int fd; /* owned by whoever holds the struct */
	uint32_t id;
	unsigned int values;    /* for each verdict: see stats_map_check_foreign() */
	uint32_t programs_seen; /* no other program up to this id uses it */
	bool on_trust;          /* nothing tells whether its values are packets and octets */
};

/*
 * The map of the program at a hook: what is pinned at path, which it has to use; or, if path is
 * NULL, the one named xdp_stats_map among its maps and those of the programs behind it. 0; or
 * -errno with what was found, and what is expected, in reason: no such map, several of them,
 * another layout, values of another meaning, or (-EBUSY) one that other programs write into.
 */
int foreign_map_open(struct foreign_map *map, struct freplace_cache *cache, uint32_t prog_id,
		     const char *path, struct reason *reason);

/* Ids of maps that are made from now on are above this. 0: that cannot be told. */
uint32_t foreign_map_latest(void);

/* Whether this map, and no other, is pinned at path. */
bool foreign_map_is_at(const char *path, uint32_t map_id);

/* Whether the program at a hook, or one behind it, uses the map. */
bool foreign_map_is_used_at(struct freplace_cache *cache, uint32_t prog_id, uint32_t map_id);

/* Whether several programs use the map. */
bool foreign_map_is_shared(uint32_t map_id);

/* How many programs that were loaded after *seen use the map; *seen moves on. */
unsigned int foreign_map_new_users(uint32_t map_id, uint32_t *seen);

#endif
