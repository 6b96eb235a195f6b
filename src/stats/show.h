/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters, once or again and again. */
#ifndef XDP_AGENTX_STATS_SHOW_H
#define XDP_AGENTX_STATS_SHOW_H

#include "stats/stats.h"

/* Prints the counters of these interfaces, or of all. Returns the exit code. */
int show_counters(struct stats *stats, char **names);

#endif
