/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic on counters; no kernel object is touched here. */
#ifndef XDP_AGENTX_COUNTERS_H
#define XDP_AGENTX_COUNTERS_H

#include <linux/types.h>

#include "xdp_stats.h"

/* The counters of one interface, one element for each verdict, in the order of enum xdp_action. */
struct counters {
	struct xdp_stats_rec action[XDP_STATS_ACTIONS];
};

/*
 * Adds up what the CPUs counted. slots is the result of reading a whole per-CPU map:
 * [XDP_STATS_ACTIONS][cpus], where cpus is the number of possible CPUs (Linux,
 * kernel/bpf/arraymap.c: one slot for each possible CPU, online or not).
 */
void counters_sum(struct counters *sum, const struct xdp_stats_rec *slots, unsigned int cpus);

#endif
