/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdpStatsTable: packets and octets by interface and verdict. */
#include "snmp/mib.h"

enum { PACKETS = 2, BYTES };

/* Index: ifIndex, xdpStatsAction. An interface has all its verdicts or none. */
static bool next(const struct mib_request *request, const oid *index, size_t len, oid *next)
{
	const struct iface_set *set = &registry_rows(request->mib->registry)->counted;

	if (len && iface_set_find(set, index[0]) &&
	    (len == 1 || index[1] < XDP_STATS_ACTIONS - 1)) {
		next[0] = index[0];
		next[1] = len == 1 ? 0 : index[1] + 1;
		return true;
	}
	next[1] = 0;
	return mib_next_ifindex(set, index, len, next);
}

static bool get(const struct mib_request *request, oid column, const oid *index,
		netsnmp_variable_list *value)
{
	const struct counters *counters;

	if (index[1] >= XDP_STATS_ACTIONS)
		return false;
	counters = mib_counters(request, index[0]);
	if (!counters)
		return false;
	mib_set_counter64(value, column == PACKETS ? counters->action[index[1]].rx_packets
						   : counters->action[index[1]].rx_bytes);
	return true;
}

const struct mib_table mib_stats = {
	.prefix = { 1, 3, 1 },
	.prefix_len = 3,
	.first_column = PACKETS,
	.last_column = BYTES,
	.index_len = 2,
	.next = next,
	.get = get,
};
