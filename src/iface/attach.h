/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was decided for an interface is done, in its turn. */
#ifndef XDP_AGENTX_IFACE_ATTACH_H
#define XDP_AGENTX_IFACE_ATTACH_H

#include "iface/iface.h"

/* Attaches, observes or reads a map, as wanted, or takes over what an earlier run has left. */
void iface_attach(struct iface *iface);

/* Whether what it waits for is to take over what an earlier run has left. */
bool iface_was_left(const struct iface *iface);

#endif
