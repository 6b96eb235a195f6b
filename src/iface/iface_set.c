/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/iface_set.h"

#include <errno.h>

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
	struct iface **grown =
		sorted_make_room(set->iface, set->count, &set->capacity, sizeof(*set->iface), at);

	if (!grown)
		return -ENOMEM;
	set->iface = grown;
	set->iface[at] = iface;
	set->count++;
	return 0;
}

void iface_set_remove(struct iface_set *set, const struct iface *iface)
{
	sorted_close_gap(set->iface, set->count, sizeof(*set->iface),
			 position_of(set, iface->netdev.ifindex));
	set->count--;
}
