/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line. */
#ifndef XDP_AGENTX_AGENT_OPTIONS_H
#define XDP_AGENTX_AGENT_OPTIONS_H

#include <stdbool.h>

/* The exit code for bad usage and bad configuration. */
#define EXIT_USAGE 2

struct options {
	const char *address; /* where the master listens, or NULL; part of argv */
	bool test, list_directives;
};

/*
 * Takes the options, those of logging, debugging and configuration into their libraries. Returns -1
 * to go on, or the code to exit with: what there was to say has been said.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif
