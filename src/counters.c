/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counters.h"

void counters_sum(struct counters *sum, const struct xdp_stats_rec *slots, unsigned int cpus)
{
	for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++) {
		struct xdp_stats_rec total = { 0 };

		for (unsigned int cpu = 0; cpu < cpus; cpu++) {
			total.rx_packets += slots[action * cpus + cpu].rx_packets;
			total.rx_bytes += slots[action * cpus + cpu].rx_bytes;
		}
		sum->action[action] = total;
	}
}
