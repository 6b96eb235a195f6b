/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which programs of the system use a map. */
#ifndef XDP_AGENTX_KERNEL_MAP_USERS_H
#define XDP_AGENTX_KERNEL_MAP_USERS_H

#include <stddef.h>
#include <stdint.h>

struct map_user {
	uint32_t map_id, prog_id;
};

/*
 * What is known of the programs of the system; { 0 } knows none. The maps of a program never
 * change, and ids count up to 2^31 before one is used again: so each program is looked at once, for
 * all interfaces. One that is gone stays until its map is asked for.
 */
struct map_users {
	struct map_user *entry; /* sorted by map */
	size_t count, capacity;
	size_t forget_at; /* when there are so many, those of programs that are gone are forgotten
			   */
	uint32_t seen;    /* no program up to this id has to be looked at again */
};

#define MAP_USERS_SEVERAL UINT32_MAX

/*
 * The id of the program that uses the map. 0: none does, also without the broker;
 * MAP_USERS_SEVERAL. Programs that were loaded since the last call are looked at.
 */
uint32_t map_users_of(struct map_users *users, uint32_t map_id);

void map_users_free(struct map_users *users);

#endif
