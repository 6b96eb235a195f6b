/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers the master's requests for values as soon as they are read. The library would hand each to
 * an agent inside of this process, by a pipe, and take its answer back by another one.
 */
#ifndef XDP_AGENTX_SNMP_REQUESTS_H
#define XDP_AGENTX_SNMP_REQUESTS_H

/* For each session with a master from now on; after agentx_init(). */
void requests_open(void);

#endif
