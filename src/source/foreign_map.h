/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A map in which somebody else's program counts by itself, in the layout of xdp_stats.h; or with
 * one value for all CPUs (BPF_MAP_TYPE_ARRAY) instead of one for each.
 */
#ifndef XDP_AGENTX_SOURCE_FOREIGN_MAP_H
#define XDP_AGENTX_SOURCE_FOREIGN_MAP_H

#include "source/source.h"

/*
 * The map of the program at a hook: what is pinned at path, which it has to use; or, if path is
 * NULL, the one named xdp_stats_map among its maps and those of the programs behind it. Returns a
 * descriptor that the caller owns; or -errno with what was found, and what is expected, in text: no
 * such map, several of them, another layout, or one that other programs write into, too. *values as
 * source_check_foreign_map(); *seen for foreign_map_new_users().
 */
int foreign_map_open(uint32_t prog_id, const char *path, unsigned int *values, uint32_t *seen,
		     char text[static STATUS_TEXT_MAX]);

/* Whether this map, and no other, is pinned at path. */
bool foreign_map_is_at(const char *path, uint32_t map_id);

/* Whether several programs use the map. */
bool foreign_map_is_shared(uint32_t map_id);

/* How many programs that were loaded after *seen use the map; *seen moves on. */
unsigned int foreign_map_new_users(uint32_t map_id, uint32_t *seen);

#endif
