/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which maps of others have been read, for whichever interface: what is in such a map when another
 * interface comes to be counted by it is not that interface's. It is remembered over restarts, with
 * the pins, and ids of maps are not used again before 2^31 others.
 */
#ifndef XDP_AGENTX_SOURCE_MAPS_READ_H
#define XDP_AGENTX_SOURCE_MAPS_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/pins.h"
#include "kernel/rtnl.h"

/* { -1 } is one that is not open. */
struct maps_read {
	int fd;
};

/*
 * Opens it, unless it is open, and pins it where pins is not NULL; what is in the way of that is
 * logged. Without memory or rights it stays closed, and nobody has read a map before.
 */
void maps_read_open(struct maps_read *maps, const struct pins *pins);
void maps_read_close(struct maps_read *maps);

/* Pins it again if somebody has unpinned it; pins may be NULL. 0 or -errno with the reason. */
int maps_read_repin(const struct maps_read *maps, const struct pins *pins, struct reason *reason);

/*
 * netdev is to be counted by the map. True: no other interface was, so what is in it is its own.
 * Maps that are gone make room when there is none.
 */
bool maps_read_claim(const struct maps_read *maps, uint32_t map_id, const struct netdev *netdev);

#endif
