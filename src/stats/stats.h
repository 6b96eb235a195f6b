/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of xdp-stats share.
 *
 * This folder is the terminal tool. It is built from source/ and what is below, and talks neither
 * to snmpd nor to the agent: all that it shows it has from the pins and the kernel. One look at the
 * interfaces (look) is printed as a table (table, screen) or as JSON (json), once or again and
 * again (show); what operators do to pins is in commands. So it knows who counts and what, and not
 * why the agent failed: that is in xdpIfStatusText and in the log.
 */
#ifndef XDP_AGENTX_STATS_H
#define XDP_AGENTX_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/netdev.h"
#include "kernel/pins.h"
#include "source/common.h"

struct stats {
	const char *directory;
	unsigned long seconds, count; /* 0: once; without end */
	bool by_cpu, json;
	struct pins *pins;
	struct common common;
	int failures;
};

/* Opens the pins of this network namespace. 0, or -errno, and has said why. */
int stats_open_pins(struct stats *stats);

/*
 * All interfaces of this network namespace, settled; the caller gives the list to
 * netdev_list_free(). 0, or -errno, and has said why.
 */
int stats_list_netdevs(struct netdev_list *list);

/* Says what was not done, and has it in the exit code. */
void stats_fail(struct stats *stats, const char *name, const char *text);

/* Says what is wrong with the command line. Returns the exit code. */
int stats_usage_error(const char *message);

#endif
