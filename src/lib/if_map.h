/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A number for each interface that there is, watched or not: the device that it is a port of, or
 * the program at its hook.
 */
#ifndef XDP_AGENTX_LIB_IF_MAP_H
#define XDP_AGENTX_LIB_IF_MAP_H

#include <stddef.h>

struct number {
	unsigned int ifindex, value;
};

/* Owns its entries, sorted by ifindex; { 0 } is an empty set. */
struct numbers {
	struct number *number;
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
unsigned int numbers_set(struct numbers *numbers, unsigned int ifindex, unsigned int value);

/* The interfaces with this number. */
void numbers_find(const struct numbers *numbers, unsigned int value, struct port_list *list);

void numbers_free(struct numbers *numbers);

#endif
