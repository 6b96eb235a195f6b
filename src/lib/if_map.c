/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/if_map.h"

#include <stdlib.h>

#include "lib/sorted.h"

static unsigned long ifindex_of(const void *entry)
{
	return ((const struct if_map_entry *)entry)->ifindex;
}

size_t if_map_position(const struct if_map *map, unsigned int ifindex)
{
	return sorted_position(map->entry, map->count, sizeof(*map->entry), ifindex, ifindex_of);
}

static void insert_at(struct if_map *map, size_t at, struct if_map_entry entry)
{
	struct if_map_entry *grown =
		sorted_make_room(map->entry, map->count, &map->capacity, sizeof(entry), at);

	if (!grown)
		return;
	map->entry = grown;
	map->entry[at] = entry;
	map->count++;
}

unsigned int if_map_set(struct if_map *map, unsigned int ifindex, unsigned int value)
{
	size_t at = if_map_position(map, ifindex);
	unsigned int before;

	if (at == map->count || map->entry[at].ifindex != ifindex) {
		if (value)
			insert_at(map, at, (struct if_map_entry){ ifindex, value });
		return 0;
	}
	before = map->entry[at].value;
	map->entry[at].value = value;
	if (!value) {
		sorted_close_gap(map->entry, map->count, sizeof(*map->entry), at);
		map->count--;
	}
	return before;
}

unsigned int if_map_get(const struct if_map *map, unsigned int ifindex)
{
	size_t at = if_map_position(map, ifindex);

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
