/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"

#include <errno.h>
#include <string.h>

#include "util.h"

/*
 * Several managers walk at the same time, their transactions interleaved. With one snapshot they
 * would push each other out between any two PDUs.
 */
#define SNAPSHOTS 8

/* No request lasts this long; a transaction of the same number is another one by then. */
#define MAX_AGE_MS 5000

struct reading {
	unsigned int ifindex;
	bool known; /* false: it was tried, and failed */
	struct counters counters;
};

struct snapshot {
	uint32_t session, transaction;
	int64_t born; /* CLOCK_MONOTONIC, ms; 0: empty */
	uint64_t last_used;
	struct reading *reading; /* sorted by ifindex */
	size_t count, capacity;
};

struct snapshots {
	struct registry *registry;
	uint64_t generation; /* of the registry, when the readings were made */
	uint64_t uses;
	struct snapshot slot[SNAPSHOTS];
};

int snapshots_new(struct snapshots **out, struct registry *registry)
{
	struct snapshots *snapshots = calloc(1, sizeof(*snapshots));

	if (!snapshots)
		return -ENOMEM;
	snapshots->registry = registry;
	*out = snapshots;
	return 0;
}

void snapshots_free(struct snapshots *snapshots)
{
	if (!snapshots)
		return;
	for (size_t i = 0; i < SNAPSHOTS; i++)
		free(snapshots->slot[i].reading);
	free(snapshots);
}

void snapshots_flush(struct snapshots *snapshots)
{
	for (size_t i = 0; i < SNAPSHOTS; i++)
		snapshots->slot[i].born = 0;
}

/* The snapshot of the transaction; if there is none, the one that was not used for longest. */
static struct snapshot *slot_for(struct snapshots *snapshots, uint32_t session,
				 uint32_t transaction)
{
	struct snapshot *oldest = &snapshots->slot[0];
	int64_t now = monotonic_ms();

	for (size_t i = 0; i < SNAPSHOTS; i++) {
		struct snapshot *slot = &snapshots->slot[i];

		if (slot->born && slot->session == session && slot->transaction == transaction &&
		    now - slot->born < MAX_AGE_MS)
			return slot;
		if (slot->last_used < oldest->last_used)
			oldest = slot;
	}
	oldest->session = session;
	oldest->transaction = transaction;
	oldest->born = now;
	oldest->count = 0;
	return oldest;
}

/* The position of the first reading with an ifIndex of at least that; a walk only appends. */
static size_t lower_bound(const struct snapshot *slot, unsigned int ifindex)
{
	size_t low = 0, high = slot->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slot->reading[middle].ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct reading *insert_at(struct snapshot *slot, size_t at)
{
	if (slot->count == slot->capacity) {
		size_t capacity = slot->capacity ? 2 * slot->capacity : 32;
		struct reading *grown = realloc(slot->reading, capacity * sizeof(*grown));

		if (!grown)
			return NULL;
		slot->reading = grown;
		slot->capacity = capacity;
	}
	memmove(&slot->reading[at + 1], &slot->reading[at],
		(slot->count - at) * sizeof(*slot->reading));
	slot->count++;
	return &slot->reading[at];
}

const struct counters *snapshots_read(struct snapshots *snapshots, uint32_t session,
				      uint32_t transaction, struct iface *iface)
{
	unsigned int ifindex = iface->link.ifindex;
	struct reading *reading;
	struct snapshot *slot;
	size_t at;

	if (snapshots->generation != registry_generation(snapshots->registry)) {
		snapshots_flush(snapshots);
		snapshots->generation = registry_generation(snapshots->registry);
	}
	slot = slot_for(snapshots, session, transaction);
	slot->last_used = ++snapshots->uses;

	at = lower_bound(slot, ifindex);
	if (at < slot->count && slot->reading[at].ifindex == ifindex) {
		reading = &slot->reading[at];
	} else {
		reading = insert_at(slot, at);
		if (!reading)
			return NULL;
		reading->ifindex = ifindex;
		reading->known = !registry_read(snapshots->registry, iface, &reading->counters);
	}
	return reading->known ? &reading->counters : NULL;
}
