/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A number for each interface that there is, watched or not: the device that it is a port of, or
 * the program at its hook; or for what else has a number itself.
 */
#ifndef XDP_AGENTX_LIB_IF_MAP_H
#define XDP_AGENTX_LIB_IF_MAP_H

#include <stddef.h>

struct if_map_entry {
	unsigned int ifindex, value;
};

/* Owns its entries, sorted by ifindex; { 0 } is an empty set. */
struct if_map {
	struct if_map_entry *entry;
	size_t count, capacity;
};

/* Interfaces that have the same number. */
#define PORTS_MAX 64
struct port_list {
	unsigned int ifindex[PORTS_MAX];
	unsigned int count; /* more than PORTS_MAX if there are more than fit */
};

/*
 * The number of an interface from now on, 0: it has none. Returns what it was before; where there
 * is no memory it has none.
 */
unsigned int if_map_set(struct if_map *map, unsigned int ifindex, unsigned int value);

/* The number of an interface, 0 if it has none. */
unsigned int if_map_get(const struct if_map *map, unsigned int ifindex);

/* The position of the first entry whose ifindex is at least that; count if there is none. */
size_t if_map_position(const struct if_map *map, unsigned int ifindex);

/* The interfaces with this number. */
void if_map_find(const struct if_map *map, unsigned int value, struct port_list *list);

void if_map_free(struct if_map *map);

#endif
