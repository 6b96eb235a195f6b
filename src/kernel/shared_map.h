/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps that all interfaces of a network namespace have in common, each pinned once. */
#ifndef XDP_AGENTX_KERNEL_SHARED_MAP_H
#define XDP_AGENTX_KERNEL_SHARED_MAP_H

#include "kernel/pins.h"

struct bpf_map;

/*
 * Has a map of an object that is not loaded yet be the pinned one, if there is one. pins may be
 * NULL. 0; or -errno with, in reason, what is wrong with the pin, which is left alone.
 */
int shared_map_use(struct bpf_map *map, const struct pins *pins, enum pin pin,
		   struct reason *reason);

/*
 * Pins a map that is loaded, unless something is pinned there; pins may be NULL. 0 or -errno with
 * the reason.
 */
int shared_map_pin(const struct bpf_map *map, const struct pins *pins, enum pin pin,
		   struct reason *reason);

#endif
