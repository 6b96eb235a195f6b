/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>

#define EXIT_USAGE 2

int stats_usage_error(const char *message)
{
	fprintf(stderr, "xdp-stats: %s; xdp-stats -h lists the options\n", message);
	return EXIT_USAGE;
}

int stats_open_pins(struct stats *stats)
{
	char error[PINS_ERROR_MAX];
	int err = pins_open(&stats->pins, stats->directory, false, error);

	if (err == -ENOENT)
		fprintf(stderr, "xdp-stats: nothing is pinned in %s for this network namespace\n",
			stats->directory);
	else if (err)
		fprintf(stderr, "xdp-stats: %s\n", error);
	return err;
}

void stats_fail(struct stats *stats, const char *name, const char *text)
{
	fprintf(stderr, "xdp-stats: %s: %s\n", name, text);
	stats->failures++;
}

void stats_each(struct stats *stats, char **names,
		void (*what)(struct stats *stats, unsigned int ifindex, const char *name))
{
	for (; *names; names++) {
		unsigned int ifindex = if_nametoindex(*names);

		if (ifindex)
			what(stats, ifindex, *names);
		else
			stats_fail(stats, *names, "there is no such interface");
	}
}
