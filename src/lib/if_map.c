/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/if_map.h"

#include <stdlib.h>
#include <string.h>

#include "lib/sorted.h"

static unsigned long ifindex_of(const void *entry)
{
	return ((const struct if_map_entry *)entry)->ifindex;
}

static size_t position_of(const struct if_map *map, unsigned int ifindex)
{
	return sorted_position(map->entry, map->count, sizeof(*map->entry), ifindex, ifindex_of);
}

static void insert_at(struct if_map *map, size_t at, struct if_map_entry entry)
{
	if (map->count == map->capacity) {
		size_t capacity = map->capacity ? 2 * map->capacity : 16;
		struct if_map_entry *grown = realloc(map->entry, capacity * sizeof(*grown));

		if (!grown)
			return;
		map->entry = grown;
		map->capacity = capacity;
	}
	memmove(&map->entry[at + 1], &map->entry[at], (map->count - at) * sizeof(entry));
	map->entry[at] = entry;
	map->count++;
}

unsigned int if_map_set(struct if_map *map, unsigned int ifindex, unsigned int value)
{
	size_t at = position_of(map, ifindex);
	unsigned int before;

	if (at == map->count || map->entry[at].ifindex != ifindex) {
		if (value)
			insert_at(map, at, (struct if_map_entry){ ifindex, value });
		return 0;
	}
	before = map->entry[at].value;
	map->entry[at].value = value;
	if (!value) {
		map->count--;
		memmove(&map->entry[at], &map->entry[at + 1],
			(map->count - at) * sizeof(*map->entry));
	}
	return before;
}

unsigned int if_map_get(const struct if_map *map, unsigned int ifindex)
{
	size_t at = position_of(map, ifindex);

	return at < map->count && map->entry[at].ifindex == ifindex ? map->entry[at].value : 0;
}

void if_map_find(const struct if_map *map, unsigned int value, struct port_list *list)
{
	list->count = 0;
	for (size_t i = 0; i < map->count; i++) {
		if (map->entry[i].value != value)
			continue;
		if (list->count < PORTS_MAX)
			list->ifindex[list->count] = map->entry[i].ifindex;
		list->count++;
	}
}

void if_map_free(struct if_map *map)
{
	free(map->entry);
	*map = (struct if_map){ 0 };
}
