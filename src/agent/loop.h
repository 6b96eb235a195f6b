/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one loop. Each turn asks net-snmp's library anew what to wait for, handles what is there, and
 * does a slice of what takes long, so that managers are answered between two slices.
 */
#ifndef XDP_AGENTX_AGENT_LOOP_H
#define XDP_AGENTX_AGENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/config.h"
#include "iface/registry.h"
#include "snmp/mib.h"
#include "source/common.h"

/* How far the start has come; and what follows it. */
enum phase { ADOPTING, SWEEPING, ATTACHING };

struct agent {
	struct config config;
	struct pins *pins; /* NULL: nothing is pinned */
	struct common common;
	struct rtnl *rtnl;
	struct watch *watch; /* NULL: the kernel lets us not, and dumps have to do */
	struct registry *registry;
	struct snapshots *snapshots;
	struct mib mib;
	int signal_fd;
	int64_t next_dump;  /* CLOCK_MONOTONIC, ms */
	bool dump_is_whole; /* the one that is being told of */
	enum phase phase;
	struct config old; /* while reloading: its rules are still in use */
	bool reload, reloading;
	bool locked_out; /* another agent has got the pins while this one runs */
	bool stop;
};

/*
 * Waits for what comes next, and handles all that is there. agent->stop is true when a signal has
 * told the agent to end.
 */
void loop_turn(struct agent *agent);

/*
 * Does some of what takes long: news first, then what follows from them. An interface is attached
 * to by the present rules, so after all have been decided. True: there is more to be done.
 */
bool loop_work(struct agent *agent);

/* Begins to look at all interfaces. */
void loop_dump(struct agent *agent);

/* Whether counters are kept by CPU is as the configuration says, from now on. */
void loop_use_cpu_table(struct agent *agent);

#endif
