/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of all interfaces that have alternative ones (ip-link(8), altname), watched or not: the
 * configuration may name one that an earlier line leaves alone.
 */
#ifndef XDP_AGENTX_IFACE_ALTNAMES_H
#define XDP_AGENTX_IFACE_ALTNAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/netdev.h"

struct altnames_entry {
	unsigned int ifindex;
	char *names; /* a list as lib/names.h has it, its own name first */
};

/* Owns its entries, sorted by ifindex; { 0 } is empty. */
struct altnames {
	struct altnames_entry *entry;
	size_t count, capacity;
};

/*
 * altnames_set() keeps the alternative names in a message about an interface, or none if memory
 * runs out; altnames_forget() drops those of an interface that is gone. True: the names have
 * changed.
 */
bool altnames_set(struct altnames *altnames, const struct netdev *netdev);
bool altnames_forget(struct altnames *altnames, unsigned int ifindex);

/* The alternative names of an interface, or NULL; they hold until it is set again. */
const char *altnames_find(const struct altnames *altnames, unsigned int ifindex);

/* One that has alternative names is called that, by these or by its own. */
bool altnames_have(const struct altnames *altnames, const char *name);

void altnames_free(struct altnames *altnames);

#endif
