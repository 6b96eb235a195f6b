/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of all network devices, watched or not: it tells of more than one interface. */
#ifndef XDP_AGENTX_IFACE_DEVICES_H
#define XDP_AGENTX_IFACE_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "iface/altnames.h"
#include "kernel/netdev.h"
#include "lib/if_map.h"

/* { 0 } knows none. */
struct devices {
	struct if_map masters;  /* the device that one is a port of */
	struct if_map programs; /* at its hook */
	struct if_map sharers;  /* of a program, by its id: at how many hooks it is */
	struct if_map arrivals; /* the latest map when it came; 1: it was there at the start */
	struct if_map told;     /* the dump that was going on, or the last, when it was told of */
	struct altnames altnames;
	unsigned int dump; /* how many there have been */
	bool all_known;    /* the first dump is over: who is not known by then has just come */
};

/* News of a device; devices_forget() when another one has got its ifIndex. */
void devices_note(struct devices *devices, unsigned int ifindex);
void devices_forget(struct devices *devices, unsigned int ifindex);

/* Ids of maps up to this were there before the device; 0: that is not known. */
uint32_t devices_maps_before(const struct devices *devices, unsigned int ifindex);

/* The program at its hook from now on, 0: none. Returns which it was before. */
uint32_t devices_set_program(struct devices *devices, unsigned int ifindex, uint32_t prog_id);

/* Whether a program is at the hooks of several devices; whether it is at that of another one. */
bool devices_share(const struct devices *devices, uint32_t prog_id);
bool devices_have_elsewhere(const struct devices *devices, uint32_t prog_id, unsigned int ifindex);

/* Another device that alone has the program: its ifIndex, or 0 if there is none, or several. */
unsigned int devices_only_other(const struct devices *devices, uint32_t prog_id,
				unsigned int ifindex);

/* A dump of all devices begins; one that it has not told of, with an ifIndex above after, or 0. */
void devices_begin_dump(struct devices *devices);
unsigned int devices_untold(const struct devices *devices, unsigned int after);

void devices_free(struct devices *devices);

#endif
