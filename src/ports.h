/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which interface is a port of which device. A bond hands its native XDP program on to its ports,
 * and frames then come under the port's ifIndex, not the bond's.
 */
#ifndef XDP_AGENTX_PORTS_H
#define XDP_AGENTX_PORTS_H

#include <stddef.h>

struct port {
	unsigned int ifindex;
	unsigned int master; /* ifIndex of the device */
};

/* Owns its ports, sorted by ifindex; { 0 } is an empty set. */
struct ports {
	struct port *port;
	size_t count, capacity;
};

/* The ports of one device. */
#define PORTS_MAX 64
struct port_list {
	unsigned int ifindex[PORTS_MAX];
	unsigned int count; /* more than PORTS_MAX if there are more than fit */
};

/*
 * An interface is a port of this device from now on, 0: of none. Returns what it was a port of
 * before; a port for which there is no memory is one of none.
 */
unsigned int ports_set(struct ports *ports, unsigned int ifindex, unsigned int master);

void ports_of(const struct ports *ports, unsigned int master, struct port_list *list);

void ports_free(struct ports *ports);

#endif
