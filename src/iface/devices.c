/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/devices.h"

#include "source/foreign_map.h"

void devices_note(struct devices *devices, unsigned int ifindex)
{
	if (!if_map_get(&devices->arrivals, ifindex))
		if_map_set(&devices->arrivals, ifindex,
			   devices->all_known ? foreign_map_latest() : 1);
	if_map_set(&devices->told, ifindex, devices->dump);
}

void devices_forget(struct devices *devices, unsigned int ifindex)
{
	if_map_set(&devices->arrivals, ifindex, 0);
	if_map_set(&devices->told, ifindex, 0);
}

uint32_t devices_maps_before(const struct devices *devices, unsigned int ifindex)
{
	return if_map_get(&devices->arrivals, ifindex);
}

static void count_sharer(struct devices *devices, uint32_t prog_id, unsigned int change)
{
	if (prog_id)
		if_map_set(&devices->sharers, prog_id,
			   if_map_get(&devices->sharers, prog_id) + change);
}

uint32_t devices_set_program(struct devices *devices, unsigned int ifindex, uint32_t prog_id)
{
	uint32_t before = if_map_set(&devices->programs, ifindex, prog_id);

	if (before != prog_id) {
		count_sharer(devices, before, -1U);
		count_sharer(devices, prog_id, 1);
	}
	return before;
}

bool devices_share(const struct devices *devices, uint32_t prog_id)
{
	return if_map_get(&devices->sharers, prog_id) > 1;
}

/* The first device with the program, but for one. */
static unsigned int find_other(const struct devices *devices, uint32_t prog_id,
			       unsigned int ifindex)
{
	const struct if_map *programs = &devices->programs;

	for (size_t i = 0; i < programs->count; i++)
		if (programs->entry[i].value == prog_id && programs->entry[i].ifindex != ifindex)
			return programs->entry[i].ifindex;
	return 0;
}

bool devices_have_elsewhere(const struct devices *devices, uint32_t prog_id, unsigned int ifindex)
{
	return find_other(devices, prog_id, ifindex);
}

unsigned int devices_only_other(const struct devices *devices, uint32_t prog_id,
				unsigned int ifindex)
{
	unsigned int itself = if_map_get(&devices->programs, ifindex) == prog_id;

	return prog_id && if_map_get(&devices->sharers, prog_id) == itself + 1
		       ? find_other(devices, prog_id, ifindex)
		       : 0;
}

void devices_begin_dump(struct devices *devices)
{
	devices->dump++;
}

unsigned int devices_untold(const struct devices *devices, unsigned int after)
{
	const struct if_map *told = &devices->told;

	for (size_t i = if_map_position(told, after + 1); i < told->count; i++)
		if (told->entry[i].value != devices->dump)
			return told->entry[i].ifindex;
	return 0;
}

void devices_free(struct devices *devices)
{
	if_map_free(&devices->masters);
	if_map_free(&devices->programs);
	if_map_free(&devices->sharers);
	if_map_free(&devices->arrivals);
	if_map_free(&devices->told);
	altnames_free(&devices->altnames);
	*devices = (struct devices){ 0 };
}
