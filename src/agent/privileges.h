/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process may do: no more than the agent ever needs, whatever it was given. */
#ifndef XDP_AGENTX_AGENT_PRIVILEGES_H
#define XDP_AGENTX_AGENT_PRIVILEGES_H

#include "iface/rules.h"

/*
 * Gives up, for good, every capability that no configuration needs, CAP_SYS_ADMIN, which the broker
 * has kept (broker.h), and what could be gained by executing another program. 0 or -errno; then the
 * reason has been logged.
 *
 * Those that only some configurations need stay: SIGHUP can bring such a one.
 */
int privileges_drop(void);

/* Says, a line for each, which capabilities are missing and what they would give to these rules. */
void privileges_report(const struct rules *rules);

#endif
