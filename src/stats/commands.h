/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operators do to the pins. */
#ifndef XDP_AGENTX_STATS_COMMANDS_H
#define XDP_AGENTX_STATS_COMMANDS_H

#include "stats/stats.h"

struct command;

/* A command by its name, or NULL. */
const struct command *command_find(const char *name);

/* Runs it on these interfaces, or on all. Returns the exit code. */
int command_run(struct stats *stats, const struct command *command, char **names, bool all);

#endif
