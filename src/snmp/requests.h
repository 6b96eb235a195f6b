/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers the master's requests for values as soon as they are read. The library would hand each to
 * an agent inside this process, by a pipe, and take its answer back by another one.
 */
#ifndef XDP_AGENTX_SNMP_REQUESTS_H
#define XDP_AGENTX_SNMP_REQUESTS_H

#include "snmp/mib.h"

/* Of mib, for each session with a master from now on; after agentx_init(). mib is kept. */
void requests_open(const struct mib *mib);

#endif
