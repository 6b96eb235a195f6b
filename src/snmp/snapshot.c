/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snmp/snapshot.h"

#include <errno.h>

#include "lib/sorted.h"
#include "lib/util.h"

/*
 * Several managers walk at the same time, their transactions interleaved. With one snapshot they
 * would push each other out between any two PDUs.
 */
#define SNAPSHOTS 8

/* No request lasts this long; a transaction of the same number is another one by then. */
#define MAX_AGE_MS 5000

enum read { NOT_READ, READ, FAILED };

struct reading {
	unsigned int ifindex;
	enum read counters_are, errors_are;
	struct counters counters;
	struct cpu_counters *each; /* NULL: not known, or not kept */
	struct xdp_errors errors;
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
	bool store_cpus;
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

static void empty(struct snapshot *slot)
{
	while (slot->count)
		free(slot->reading[--slot->count].each);
	slot->born = 0;
}

void snapshots_free(struct snapshots *snapshots)
{
	if (!snapshots)
		return;
	snapshots_flush(snapshots);
	for (size_t i = 0; i < SNAPSHOTS; i++)
		free(snapshots->slot[i].reading);
	free(snapshots);
}

void snapshots_flush(struct snapshots *snapshots)
{
	for (size_t i = 0; i < SNAPSHOTS; i++)
		empty(&snapshots->slot[i]);
}

void snapshots_store_cpus(struct snapshots *snapshots, bool keep)
{
	snapshots->store_cpus = keep;
	snapshots_flush(snapshots);
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
	empty(oldest);
	oldest->session = session;
	oldest->transaction = transaction;
	oldest->born = now;
	return oldest;
}

static unsigned long ifindex_of(const void *reading)
{
	return ((const struct reading *)reading)->ifindex;
}

static struct reading *insert_at(struct snapshot *slot, size_t at)
{
	struct reading *grown =
		sorted_make_room(slot->reading, slot->count, &slot->capacity, sizeof(*grown), at);

	if (!grown)
		return NULL;
	slot->reading = grown;
	slot->count++;
	return &slot->reading[at];
}

/* What the transaction has of the interface. NULL: there is no memory for it. */
static struct reading *reading_of(struct snapshots *snapshots, uint32_t session,
				  uint32_t transaction, unsigned int ifindex)
{
	struct snapshot *slot;
	size_t at;

	if (snapshots->generation != registry_rows(snapshots->registry)->generation) {
		snapshots_flush(snapshots);
		snapshots->generation = registry_rows(snapshots->registry)->generation;
	}
	slot = slot_for(snapshots, session, transaction);
	slot->last_used = ++snapshots->uses;

	/* A walk only appends. */
	at = sorted_position(slot->reading, slot->count, sizeof(*slot->reading), ifindex,
			     ifindex_of);
	if (at == slot->count || slot->reading[at].ifindex != ifindex) {
		struct reading *reading = insert_at(slot, at);

		if (!reading)
			return NULL;
		*reading = (struct reading){ .ifindex = ifindex };
	}
	return &slot->reading[at];
}

/* The same, with counters. */
static const struct reading *counted_of(struct snapshots *snapshots, uint32_t session,
					uint32_t transaction, struct iface *iface)
{
	struct reading *reading =
		reading_of(snapshots, session, transaction, iface->netdev.ifindex);

	if (reading && reading->counters_are == NOT_READ)
		reading->counters_are =
			registry_read(snapshots->registry, iface, &reading->counters,
				      snapshots->store_cpus ? &reading->each : NULL)
				? FAILED
				: READ;
	return reading;
}

const struct counters *snapshots_read(struct snapshots *snapshots, uint32_t session,
				      uint32_t transaction, struct iface *iface)
{
	const struct reading *reading = counted_of(snapshots, session, transaction, iface);

	return reading && reading->counters_are == READ ? &reading->counters : NULL;
}

const struct cpu_counters *snapshots_read_cpus(struct snapshots *snapshots, uint32_t session,
					       uint32_t transaction, struct iface *iface)
{
	const struct reading *reading =
		snapshots->store_cpus ? counted_of(snapshots, session, transaction, iface) : NULL;

	return reading ? reading->each : NULL;
}

const struct xdp_errors *snapshots_read_errors(struct snapshots *snapshots, uint32_t session,
					       uint32_t transaction, const struct iface *iface)
{
	struct reading *reading =
		reading_of(snapshots, session, transaction, iface->netdev.ifindex);

	if (!reading)
		return NULL;
	if (reading->errors_are == NOT_READ)
		reading->errors_are =
			registry_read_errors(snapshots->registry, iface, &reading->errors) ? FAILED
											   : READ;
	return reading->errors_are == READ ? &reading->errors : NULL;
}
