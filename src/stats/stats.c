/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats/stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#define EXIT_USAGE 2

int stats_usage_error(const char *message)
{
	fprintf(stderr, "xdp-stats: %s; xdp-stats -h lists the options\n", message);
	return EXIT_USAGE;
}

int stats_open_pins(struct stats *stats)
{
	struct reason reason;
	int err = pins_open(&stats->pins, stats->directory, false, &reason);

	if (err == -ENOENT)
		fprintf(stderr, "xdp-stats: nothing is pinned in %s for this network namespace\n",
			stats->directory);
	else if (err)
		fprintf(stderr, "xdp-stats: %s\n", reason.text);
	return err;
}

void stats_fail(struct stats *stats, const char *name, const char *text)
{
	fprintf(stderr, "xdp-stats: %s: %s\n", name, text);
	stats->failures++;
}
