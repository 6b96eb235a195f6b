/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A registry of three interfaces, for tests of the MIB over it: eth9 with counters, eth10 without
 * any, and the last one that there can be, with counters and errors of another kind.
 */
#ifndef XDP_AGENTX_FAKE_ROWS_H
#define XDP_AGENTX_FAKE_ROWS_H

#include "unit.h"

#include <stdbool.h>

#include "snmp/mib.h"

#define SESSION 77
#define TRANSACTION 4242
#define LAST "2147483647"

struct registry {
	struct rows rows;
};

extern struct registry fake_registry;
extern struct iface fake_last;

/* What is served: that registry, without snapshots. */
extern struct mib mib;

extern struct fake_rows {
	bool eth9_unreadable, eth9_without_cpus, last_without_cpus;
	int possible_cpus;                   /* or -errno */
	unsigned int readings, cpu_readings; /* how many there were */
} fake_rows;

/* Around all tests; and before each of them: all is there, with 64 possible CPUs. */
void fake_rows_begin(void);
void fake_rows_end(void);
void fake_rows_reset(void);

#endif
