/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules would do with each interface there is, for option -t. */
#ifndef XDP_AGENTX_AGENT_PLAN_H
#define XDP_AGENTX_AGENT_PLAN_H

#include "iface/rules.h"
#include "kernel/pins.h"

/*
 * pins is NULL if there are none. Prints the plan to standard output and touches nothing. 0 or
 * -errno; the failure has been logged.
 */
int plan_print(const struct rules *rules, const struct pins *pins);

#endif
