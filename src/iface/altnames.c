/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/altnames.h"

#include <stdlib.h>
#include <string.h>

#include "lib/names.h"
#include "lib/sorted.h"

static unsigned long ifindex_of(const void *entry)
{
	return ((const struct altnames_entry *)entry)->ifindex;
}

static size_t position_of(const struct altnames *altnames, unsigned int ifindex)
{
	return sorted_position(altnames->entry, altnames->count, sizeof(*altnames->entry), ifindex,
			       ifindex_of);
}

static struct altnames_entry *find(const struct altnames *altnames, unsigned int ifindex)
{
	size_t at = position_of(altnames, ifindex);

	return at < altnames->count && altnames->entry[at].ifindex == ifindex ? &altnames->entry[at]
									      : NULL;
}

static void remove_at(struct altnames *altnames, size_t at)
{
	free(altnames->entry[at].names);
	sorted_close_gap(altnames->entry, altnames->count, sizeof(*altnames->entry), at);
	altnames->count--;
}

/* Takes over the names. */
static void insert(struct altnames *altnames, unsigned int ifindex, char *names)
{
	size_t at = position_of(altnames, ifindex);
	struct altnames_entry *grown = sorted_make_room(altnames->entry, altnames->count,
							&altnames->capacity, sizeof(*grown), at);

	if (!grown) {
		free(names);
		return;
	}
	altnames->entry = grown;
	altnames->entry[at] = (struct altnames_entry){ ifindex, names };
	altnames->count++;
}

static const char *alternatives(const struct altnames_entry *entry)
{
	return entry ? entry->names + strlen(entry->names) + 1 : NULL;
}

static char *join(const struct netdev *netdev)
{
	size_t length = strlen(netdev->name) + 1, size = names_size(netdev->altnames);
	char *names = malloc(length + size);

	if (names) {
		memcpy(names, netdev->name, length);
		memcpy(names + length, netdev->altnames, size);
	}
	return names;
}

static bool is_known(const struct altnames_entry *entry, const struct netdev *netdev)
{
	if (!entry)
		return !netdev->altnames;
	return !strcmp(entry->names, netdev->name) &&
	       names_equal(alternatives(entry), netdev->altnames);
}

bool altnames_set(struct altnames *altnames, const struct netdev *netdev)
{
	char *names;

	if (is_known(find(altnames, netdev->ifindex), netdev))
		return false;
	altnames_forget(altnames, netdev->ifindex);
	names = netdev->altnames ? join(netdev) : NULL;
	if (names)
		insert(altnames, netdev->ifindex, names);
	return true;
}

bool altnames_forget(struct altnames *altnames, unsigned int ifindex)
{
	bool known = find(altnames, ifindex);

	if (known)
		remove_at(altnames, position_of(altnames, ifindex));
	return known;
}

const char *altnames_find(const struct altnames *altnames, unsigned int ifindex)
{
	return alternatives(find(altnames, ifindex));
}

bool altnames_have(const struct altnames *altnames, const char *name)
{
	for (size_t i = 0; i < altnames->count; i++)
		if (names_have(altnames->entry[i].names, name))
			return true;
	return false;
}

void altnames_free(struct altnames *altnames)
{
	while (altnames->count)
		free(altnames->entry[--altnames->count].names);
	free(altnames->entry);
	*altnames = (struct altnames){ 0 };
}
