/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats/stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/rtnl.h"
#include "lib/text.h"

#define EXIT_USAGE 2

int stats_usage_error(const char *message)
{
	text_fprintf(stderr, "xdp-stats: %s; xdp-stats -h lists the options\n", message);
	return EXIT_USAGE;
}

int stats_open_pins(struct stats *stats)
{
	struct reason reason;
	int err = pins_open(&stats->pins, stats->directory, false, &reason);

	if (err == -ENOENT)
		text_fprintf(stderr,
			     "xdp-stats: nothing is pinned in %s for this network namespace\n",
			     stats->directory);
	else if (err)
		text_fprintf(stderr, "xdp-stats: %s\n", reason.text);
	return err;
}

static void add_netdev(const struct netdev *netdev, void *context)
{
	if (netdev_list_add(context, netdev)) {
		text_fprintf(stderr, "xdp-stats: out of memory\n");
		exit(EXIT_FAILURE);
	}
}

int stats_list_netdevs(struct netdev_list *list)
{
	const struct rtnl_handlers handlers = { .present = add_netdev, .context = list };
	struct rtnl *rtnl;
	int err = rtnl_open(&rtnl, &handlers);

	if (err)
		return err;
	err = rtnl_dump_all(rtnl);
	rtnl_close(rtnl);
	/* What changes all the time is shown as it was seen. */
	if (err && err != -EINTR)
		return err;
	netdev_list_settle(list);
	return 0;
}

void stats_fail(struct stats *stats, const char *name, const char *text)
{
	text_fprintf(stderr, "xdp-stats: %s: %s\n", name, text);
	stats->failures++;
}
