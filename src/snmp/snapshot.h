/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One reading of an interface for each SNMP request. The master agent splits a request into many
 * AgentX PDUs, which share its transaction id (RFC 2741, 6.1): what was read for the first of them
 * answers the rest.
 */
#ifndef XDP_AGENTX_SNMP_SNAPSHOT_H
#define XDP_AGENTX_SNMP_SNAPSHOT_H

#include "iface/registry.h"

struct snapshots;

/* The readings of this registry, which must outlive them. 0 or -ENOMEM. */
int snapshots_new(struct snapshots **snapshots, struct registry *registry);
void snapshots_free(struct snapshots *snapshots);

/*
 * The counters of an interface as the transaction sees them; read from its map if the transaction
 * has not asked for this interface before. NULL: they cannot be read. The result belongs to
 * snapshots and stays good until the next call.
 */
const struct counters *snapshots_read(struct snapshots *snapshots, uint32_t session,
				      uint32_t transaction, struct iface *iface);

/*
 * What each CPU counted of them, from the same reading; so for a transaction both add up. NULL:
 * that is not known, or not kept. The result stays good as long.
 */
const struct cpu_counters *snapshots_read_cpus(struct snapshots *snapshots, uint32_t session,
					       uint32_t transaction, struct iface *iface);

/* What went wrong with its frames, in the same way. NULL: that is not known. */
const struct xdp_errors *snapshots_read_errors(struct snapshots *snapshots, uint32_t session,
					       uint32_t transaction, const struct iface *iface);

/* Whether what each CPU counted is kept of a reading, which takes memory; at first it is not. */
void snapshots_store_cpus(struct snapshots *snapshots, bool keep);

/* Forgets everything; for a new connection, whose transactions are numbered anew. */
void snapshots_flush(struct snapshots *snapshots);

#endif
