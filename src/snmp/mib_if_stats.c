/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdpIfStatsTable: the counters of xdpStatsTable, one row for each interface. */
#include "snmp/mib.h"

/* Columns 1 and 2 are packets and octets of verdict 0, and so on. */
#define LAST_COLUMN (2 * XDP_STATS_ACTIONS)

static bool next(const struct mib_request *request, const oid *index, size_t len, oid *next)
{
	return mib_next_ifindex(&registry_rows(request->mib->registry)->counted, index, len, next);
}

static bool get(const struct mib_request *request, oid column, const oid *index,
		netsnmp_variable_list *value)
{
	const struct counters *counters = mib_counters(request, index[0]);
	oid action = (column - 1) / 2;

	if (!counters)
		return false;
	mib_set_counter64(value, column % 2 ? counters->action[action].rx_packets
					    : counters->action[action].rx_bytes);
	return true;
}

const struct mib_table mib_if_stats = {
	.prefix = { 1, 7, 1 },
	.prefix_len = 3,
	.first_column = 1,
	.last_column = LAST_COLUMN,
	.index_len = 1,
	.next = next,
	.get = get,
};
