/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors on the frames of an interface: when they are counted, and when they make its row. */
#ifndef XDP_AGENTX_IFACE_IFACE_ERRORS_H
#define XDP_AGENTX_IFACE_IFACE_ERRORS_H

#include "iface/iface.h"

/*
 * Shows an interface that has no row, once errors were counted on it: frames are redirected there,
 * say, and it has no program. True: it is to be shown now. The first call opens what counts errors.
 */
bool iface_errors_show(struct iface *iface);

/* Counts the errors of a row, and those on the ports of a bond as the bond's. news: it is new. */
void iface_errors_count(const struct iface *iface, bool news);

#endif
