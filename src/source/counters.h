/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic on counters; no kernel object is touched here. */
#ifndef XDP_AGENTX_SOURCE_COUNTERS_H
#define XDP_AGENTX_SOURCE_COUNTERS_H

#include <linux/types.h>
#include <stdbool.h>

#include "bpf/xdp_stats.h"

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

/* The addends: what each CPU counted. It is one block of memory, for free(). */
struct cpu_counters {
	unsigned int cpus;           /* how many are possible */
	const unsigned int *number;  /* [cpus]: by which the kernel knows them, in this order */
	struct xdp_stats_rec slot[]; /* [XDP_STATS_ACTIONS][cpus], as above */
};

/* Whether a CPU's counter of that verdict is smaller than it was before, in the same map. */
bool cpu_counters_fell(const struct cpu_counters *before, const struct cpu_counters *now,
		       unsigned int action);

/*
 * Makes one sequence that never falls out of the readings of maps that come, go and are reset: what
 * is served is carried + last - adopted, verdict by verdict. { 0 } serves a map's absolute values.
 */
struct carry {
	struct counters carried; /* counted in maps, and before resets, that are over */
	struct counters adopted; /* the reading of the present map that served nothing yet */
	struct counters last;    /* its latest reading */
};

/* Goes over to another map, of which this is the first reading. */
void carry_switch(struct carry *carry, const struct counters *first);

/*
 * Takes the next reading of the same map. True: a counter in it is smaller than before, so somebody
 * has reset the map; what was served until then is carried, and the map counts from zero.
 */
bool carry_update(struct carry *carry, const struct counters *reading);

/* The same for a reset that the sums do not show: a verdict of the map counts from zero. */
void carry_fold(struct carry *carry, unsigned int action);

/* Whether all that is served is in the present map, and all that is in it is served. */
bool carry_is_plain(const struct carry *carry);

void carry_serve(const struct carry *carry, struct counters *served);

#endif
