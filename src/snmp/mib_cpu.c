/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdpCpuTable: packets and octets by interface, verdict and CPU. */
#include "lib/sorted.h"
#include "snmp/mib.h"

enum { PACKETS = 2, BYTES };

/* NULL: the interface has no rows. */
static const struct cpu_counters *counters_of(const struct mib_request *request, oid ifindex)
{
	struct iface *iface =
		iface_set_find(&registry_rows(request->mib->registry)->counted, ifindex);

	return iface ? snapshots_read_cpus(request->mib->snapshots, request->session,
					   request->transaction, iface)
		     : NULL;
}

static unsigned long number_of(const void *cpu)
{
	return *(const unsigned int *)cpu;
}

/* How many CPUs have a number up to this one. */
static unsigned int cpus_up_to(const struct cpu_counters *counters, oid number)
{
	return (unsigned int)sorted_position(counters->number, counters->cpus,
					     sizeof(*counters->number), number + 1, number_of);
}

/* The first slot behind a verdict and a CPU, where one is given; or the end of slot[]. */
static unsigned int slot_after(const struct cpu_counters *counters, const oid *index, size_t len)
{
	oid action = len ? index[0] : 0;

	if (action > XDP_STATS_ACTIONS)
		action = XDP_STATS_ACTIONS;
	return (unsigned int)action * counters->cpus +
	       (len > 1 ? cpus_up_to(counters, index[1]) : 0);
}

/*
 * Index: ifIndex, xdpStatsAction, xdpCpuNumber. An interface has all its rows or none; to know
 * which takes one reading.
 */
static bool next(const struct mib_request *request, const oid *index, size_t len, oid *next)
{
	const struct iface_set *set = &registry_rows(request->mib->registry)->counted;
	const struct cpu_counters *counters = NULL;
	unsigned int slot = 0;

	if (!request->mib->cpu_table)
		return false;
	if (len) {
		counters = counters_of(request, index[0]);
		if (counters)
			slot = slot_after(counters, index + 1, len - 1);
		next[0] = index[0];
	}
	while (!counters || slot >= XDP_STATS_ACTIONS * counters->cpus) {
		if (!mib_next_ifindex(set, next, len, next))
			return false;
		counters = counters_of(request, next[0]);
		len = 1;
		slot = 0;
	}
	next[1] = slot / counters->cpus;
	next[2] = counters->number[slot % counters->cpus];
	return true;
}

static bool get(const struct mib_request *request, oid column, const oid *index,
		netsnmp_variable_list *value)
{
	const struct cpu_counters *counters;
	const struct xdp_stats_rec *rec;
	unsigned int cpus;

	if (!request->mib->cpu_table || index[1] >= XDP_STATS_ACTIONS)
		return false;
	counters = counters_of(request, index[0]);
	cpus = counters ? cpus_up_to(counters, index[2]) : 0;
	if (!cpus || counters->number[cpus - 1] != index[2])
		return false;
	rec = &counters->slot[index[1] * counters->cpus + cpus - 1];
	mib_set_counter64(value, column == PACKETS ? rec->rx_packets : rec->rx_bytes);
	return true;
}

const struct mib_table mib_cpu = {
	.prefix = { 1, 4, 1 },
	.prefix_len = 3,
	.first_column = PACKETS,
	.last_column = BYTES,
	.index_len = 3,
	.next = next,
	.get = get,
};
