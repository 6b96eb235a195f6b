/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of xdp-stats share. */
#ifndef XDP_AGENTX_STATS_H
#define XDP_AGENTX_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/pins.h"

struct stats {
	const char *directory;
	unsigned long seconds, count; /* 0: once; without end */
	bool by_cpu, json;
	struct pins *pins;
	int failures;
};

/* Opens the pins of this network namespace. 0, or -errno, and has said why. */
int stats_open_pins(struct stats *stats);

/* Says what was not done, and has it in the exit code. */
void stats_fail(struct stats *stats, const char *name, const char *text);

/* Prints the counters of these interfaces, or of all. Returns the exit code. */
int stats_print(struct stats *stats, char **names);

/* A command by its name, or NULL; and to run it on these interfaces, or on all: the exit code. */
struct stats_command;
const struct stats_command *stats_find_command(const char *name);
int stats_run_command(struct stats *stats, const struct stats_command *command, char **names,
		      bool all);

/* Says what is wrong with the command line. Returns the exit code. */
int stats_usage_error(const char *message);

#endif
