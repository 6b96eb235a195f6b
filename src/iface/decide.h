/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to become of an interface. The only place that decides to attach and to let go: every
 * piece of news ends here, so whatever works at the start also works after a lost message.
 */
#ifndef XDP_AGENTX_IFACE_DECIDE_H
#define XDP_AGENTX_IFACE_DECIDE_H

#include "iface/iface.h"

/* Compares what is with what the rule asks for: lets go at once, and has pending set to attach. */
void iface_decide(struct iface *iface);

/* Whether the map that is read still is the program's, and its alone. */
bool iface_uses_map(const struct iface *iface);

#endif
