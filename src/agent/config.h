/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings: options of the command line and directives of xdp-agentx.conf. */
#ifndef XDP_AGENTX_AGENT_CONFIG_H
#define XDP_AGENTX_AGENT_CONFIG_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "iface/rules.h"

struct config {
	struct rules rules;
	oid root[MAX_OID_LEN]; /* where XDP-STATS-MIB hangs */
	size_t root_len;
	unsigned int reconcile; /* seconds between two dumps of all links */
	bool persist;           /* what is pinned stays when the agent stops */
	bool cpu_table;         /* xdpCpuTable is served */
	bool notifications;     /* managers are told of events */
	char pin_dir[PATH_MAX / 2];
};

/* Registers our directives with net-snmp's reader; after init_agent(), before config_read(). */
void config_init(void);

/*
 * Takes an argument of -i; such lines come before those of the files. The string has to live as
 * long as the program. Returns 0, or -EINVAL with the reason logged.
 */
int config_add_option(const char *option);

/* Takes the argument of -c: a file that is read, and has to be there, in addition to the others. */
void config_set_file(const char *path);

/*
 * Reads options and files anew. On success *config is owned by the caller, who gives it to
 * config_free(). Returns 0, or -EINVAL: each fault has been logged with file and line, *config is
 * unchanged.
 */
int config_read(struct config *config);
void config_free(struct config *config);

#endif
