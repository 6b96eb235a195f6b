/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A map in which somebody else's program counts by itself, in the layout of xdp_stats.h; or with
 * one value for all CPUs (BPF_MAP_TYPE_ARRAY) instead of one for each.
 */
#ifndef XDP_AGENTX_SOURCE_FOREIGN_MAP_H
#define XDP_AGENTX_SOURCE_FOREIGN_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/reason.h"
#include "source/common.h"

struct foreign_map {
	int fd; /* owned by whoever holds the struct */
	uint32_t id;
	unsigned int values; /* for each verdict: see stats_map_check_foreign() */
	uint32_t user;       /* the program that uses it, and no other does; 0: not told */
	bool on_trust;       /* nothing tells whether its values are packets and octets */
};

/*
 * The map of the program at a hook: what is pinned at path, which it has to use; or, if path is
 * NULL, the one named xdp_stats_map among its maps and those of the programs behind it. 0; or
 * -errno with what was found, and what is expected, in reason: no such map, several of them,
 * another layout, values of another meaning, or (-EBUSY) one that other programs write into.
 */
int foreign_map_open(struct foreign_map *map, struct common *common, uint32_t prog_id,
		     const char *path, struct reason *reason);

/* Ids of maps that are made from now on are above this. 0: that cannot be told. */
uint32_t foreign_map_latest(void);

/* Whether this map, and no other, is pinned at path. */
bool foreign_map_is_at(const char *path, uint32_t map_id);

/*
 * Whether somebody else than the program at the hook of netdev, and those behind it, may have
 * counted in the map: several programs use it, or one that is at another interface does.
 */
bool foreign_map_has_others(struct common *common, uint32_t map_id, const struct netdev *netdev);

#endif
