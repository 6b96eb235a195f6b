/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces sorted by ifIndex, to be found and walked in O(log n). */
#ifndef XDP_AGENTX_IFACE_IFACE_SET_H
#define XDP_AGENTX_IFACE_IFACE_SET_H

#include <stddef.h>

struct iface;

/* iface[0] to iface[count - 1]. The set owns the array, not the interfaces. { 0 } is empty. */
struct iface_set {
	struct iface **iface;
	size_t count, capacity;
};

/* The member of that ifIndex, and the first one behind it; NULL if there is none. */
struct iface *iface_set_find(const struct iface_set *set, unsigned long ifindex);
struct iface *iface_set_after(const struct iface_set *set, unsigned long ifindex);

/* Adds one that is no member, 0 or -ENOMEM; takes a member out. */
int iface_set_insert(struct iface_set *set, struct iface *iface);
void iface_set_remove(struct iface_set *set, const struct iface *iface);

#endif
