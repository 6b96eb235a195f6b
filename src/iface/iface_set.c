/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/iface_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iface/iface.h"
#include "lib/sorted.h"

static unsigned long ifindex_of(const void *member)
{
	return (*(struct iface *const *)member)->netdev.ifindex;
}

static size_t position_of(const struct iface_set *set, unsigned long ifindex)
{
	return sorted_position(set->iface, set->count, sizeof(*set->iface), ifindex, ifindex_of);
}

struct iface *iface_set_find(const struct iface_set *set, unsigned long ifindex)
{
	size_t at = position_of(set, ifindex);

	return at < set->count && set->iface[at]->netdev.ifindex == ifindex ? set->iface[at] : NULL;
}

struct iface *iface_set_after(const struct iface_set *set, unsigned long ifindex)
{
	size_t at = position_of(set, ifindex);

	if (at < set->count && set->iface[at]->netdev.ifindex == ifindex)
		at++;
	return at < set->count ? set->iface[at] : NULL;
}

int iface_set_insert(struct iface_set *set, struct iface *iface)
{
	size_t at = position_of(set, iface->netdev.ifindex);

	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? 2 * set->capacity : 16;
		struct iface **grown = realloc(set->iface, capacity * sizeof(struct iface *));

		if (!grown)
			return -ENOMEM;
		set->iface = grown;
		set->capacity = capacity;
	}
	memmove(&set->iface[at + 1], &set->iface[at], (set->count - at) * sizeof(struct iface *));
	set->iface[at] = iface;
	set->count++;
	return 0;
}

void iface_set_remove(struct iface_set *set, const struct iface *iface)
{
	size_t at = position_of(set, iface->netdev.ifindex);

	set->count--;
	memmove(&set->iface[at], &set->iface[at + 1], (set->count - at) * sizeof(struct iface *));
}
