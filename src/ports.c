/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ports.h"

#include <stdlib.h>
#include <string.h>

/* The position of the first port with an ifIndex of at least that. */
static size_t lower_bound(const struct ports *ports, unsigned int ifindex)
{
	size_t low = 0, high = ports->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ports->port[middle].ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert_at(struct ports *ports, size_t at, struct port port)
{
	if (ports->count == ports->capacity) {
		size_t capacity = ports->capacity ? 2 * ports->capacity : 16;
		struct port *grown = realloc(ports->port, capacity * sizeof(*grown));

		if (!grown)
			return;
		ports->port = grown;
		ports->capacity = capacity;
	}
	memmove(&ports->port[at + 1], &ports->port[at], (ports->count - at) * sizeof(port));
	ports->port[at] = port;
	ports->count++;
}

unsigned int ports_set(struct ports *ports, unsigned int ifindex, unsigned int master)
{
	size_t at = lower_bound(ports, ifindex);
	unsigned int before;

	if (at == ports->count || ports->port[at].ifindex != ifindex) {
		if (master)
			insert_at(ports, at, (struct port){ ifindex, master });
		return 0;
	}
	before = ports->port[at].master;
	ports->port[at].master = master;
	if (!master) {
		ports->count--;
		memmove(&ports->port[at], &ports->port[at + 1],
			(ports->count - at) * sizeof(*ports->port));
	}
	return before;
}

void ports_of(const struct ports *ports, unsigned int master, struct port_list *list)
{
	list->count = 0;
	for (size_t i = 0; i < ports->count; i++) {
		if (ports->port[i].master != master)
			continue;
		if (list->count < PORTS_MAX)
			list->ifindex[list->count] = ports->port[i].ifindex;
		list->count++;
	}
}

void ports_free(struct ports *ports)
{
	free(ports->port);
	*ports = (struct ports){ 0 };
}
