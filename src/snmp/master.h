/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the AgentX master listens: a path, an IP address, or a name. A name is resolved by glibc in
 * a thread of glibc's own (getaddrinfo_a(3)), one lookup at a time: the loop never waits for a
 * resolver, and net-snmp's library is given nothing that it would have to look up.
 */
#ifndef XDP_AGENTX_SNMP_MASTER_H
#define XDP_AGENTX_SNMP_MASTER_H

#include "lib/reason.h"

/*
 * Sets the address, which is copied: unix:PATH, tcp:HOST:PORT or tcp6:HOST:PORT, or what snmpd(8)
 * lets one leave out of these. To be called before master_next(). Returns 0 or -errno; then there
 * is no address, and the reason says why.
 */
int master_set(const char *address, struct reason *reason);

/* The address as it was set. */
const char *master_address(void);

/*
 * What to connect to next, in the words of net-snmp's library: the addresses of a name in turn, and
 * once all were tried, those of a new lookup. NULL if there is none yet; it goes on with the next
 * call. That a name cannot be resolved is logged once, and so is its end. Takes 0.05 s at most. The
 * string is valid until the next call.
 */
const char *master_next(void);

/* There is a connection: when it is lost, a name is looked up anew. */
void master_found(void);

/* A lookup may go on until the process ends. */
void master_close(void);

#endif
