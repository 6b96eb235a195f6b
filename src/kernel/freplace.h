/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that replace functions of other programs (freplace): components of a dispatcher. */
#ifndef XDP_AGENTX_KERNEL_FREPLACE_H
#define XDP_AGENTX_KERNEL_FREPLACE_H

#include "kernel/broker.h"

/*
 * What is known of the links of the system; { 0 } knows none. A system may have thousands of links,
 * and each asks for some microseconds. What a link of this kind replaces never changes, and ids
 * count up to 2^31 before one is used again: so each link is looked at once.
 */
struct freplace_cache {
	struct freplace *entry; /* count of them, room for size */
	unsigned int count, size;
	uint32_t seen; /* no link up to this id has to be looked at again */
};

/* How many functions of one program are looked at. */
#define FREPLACE_MAX 64

/*
 * The functions of a program that are replaced, FREPLACE_MAX of them at most, in no order. Returns
 * how many; 0 also without the broker. Links that were made since the last call are looked at.
 */
unsigned int freplace_find(struct freplace_cache *cache, uint32_t target_id,
			   struct freplace found[static FREPLACE_MAX]);

/* The same of the functions that a program replaces: target_id tells of which programs. */
unsigned int freplace_find_targets(struct freplace_cache *cache, uint32_t prog_id,
				   struct freplace found[static FREPLACE_MAX]);

void freplace_free(struct freplace_cache *cache);

#endif
