/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/counters.h"

#include <string.h>

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

bool cpu_counters_fell(const struct cpu_counters *before, const struct cpu_counters *now,
		       unsigned int action)
{
	for (unsigned int i = action * now->cpus; i < (action + 1) * now->cpus; i++)
		if (now->slot[i].rx_packets < before->slot[i].rx_packets ||
		    now->slot[i].rx_bytes < before->slot[i].rx_bytes)
			return true;
	return false;
}

void carry_serve(const struct carry *carry, struct counters *served)
{
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++) {
		const struct xdp_stats_rec *carried = &carry->carried.action[i];
		const struct xdp_stats_rec *adopted = &carry->adopted.action[i];
		const struct xdp_stats_rec *last = &carry->last.action[i];

		served->action[i] = (struct xdp_stats_rec){
			.rx_packets = carried->rx_packets + last->rx_packets - adopted->rx_packets,
			.rx_bytes = carried->rx_bytes + last->rx_bytes - adopted->rx_bytes,
		};
	}
}

void carry_switch(struct carry *carry, const struct counters *first)
{
	struct counters served;

	carry_serve(carry, &served);
	carry->carried = served;
	carry->adopted = *first;
	carry->last = *first;
}

void carry_fold(struct carry *carry, unsigned int action)
{
	struct xdp_stats_rec *carried = &carry->carried.action[action];
	struct xdp_stats_rec *adopted = &carry->adopted.action[action];
	struct xdp_stats_rec *last = &carry->last.action[action];

	carried->rx_packets += last->rx_packets - adopted->rx_packets;
	carried->rx_bytes += last->rx_bytes - adopted->rx_bytes;
	*adopted = *last = (struct xdp_stats_rec){ 0 };
}

bool carry_update(struct carry *carry, const struct counters *reading)
{
	bool fell = false;

	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++) {
		const struct xdp_stats_rec *last = &carry->last.action[i];

		if (reading->action[i].rx_packets < last->rx_packets ||
		    reading->action[i].rx_bytes < last->rx_bytes) {
			carry_fold(carry, i);
			fell = true;
		}
	}
	carry->last = *reading;
	return fell;
}

bool carry_is_plain(const struct carry *carry)
{
	static const struct counters none;

	return !memcmp(&carry->carried, &none, sizeof(none)) &&
	       !memcmp(&carry->adopted, &none, sizeof(none));
}
