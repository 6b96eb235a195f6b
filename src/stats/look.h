/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look at the interfaces: what the pins and the kernel tell of them, as it is to be shown. */
#ifndef XDP_AGENTX_STATS_LOOK_H
#define XDP_AGENTX_STATS_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/pins.h"
#include "kernel/program_name.h"
#include "kernel/rtnl.h"
#include "source/counters.h"
#include "source/pinned.h"
#include "stats/stats.h"

struct view {
	char name[128]; /* by which it was asked for: an alternative name has up to 127 characters
			 */
	struct netdev netdev;
	const char *source; /* as xdpIfCounterSource has it; or unknown */
	const char *status; /* as xdpIfStatus has it; or unknown */
	const char *text;   /* why it is not active, or "" */
	struct program_info program;
	struct reason error; /* what is missing and why, or "" */
	bool read;           /* counters is known */
	struct counters counters;
	struct cpu_counters *each; /* NULL: not asked for, or not known */
	int64_t read_at;           /* CLOCK_MONOTONIC, ms */
	/* The same interface at the look before, if it was read; and how long ago, in ms. */
	const struct view *before;
	int64_t interval;
};

struct look {
	struct view *view;
	size_t count;
};

/*
 * Looks at the interfaces of these names, or, where names is empty, at all for which counters are
 * pinned, in the order of their ifIndex. It has to be given to look_free() before the look before,
 * which may be empty, is. 0; or -errno, and has said why.
 */
int look_open(struct look *look, const struct look *before, struct stats *stats, char **names);
void look_free(struct look *look);

/*
 * now and before are of the same counter. Before may be more, where a reset is not known yet: the
 * rate is below zero then.
 */
double look_per_second(const struct view *view, uint64_t now, uint64_t before);

/* What verdicts are called. */
const char *look_action(unsigned int action);

#endif
