/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes of a piece of news for one interface. */
#ifndef XDP_AGENTX_IFACE_CHANGE_H
#define XDP_AGENTX_IFACE_CHANGE_H

#include "iface/iface.h"

enum iface_step {
	IFACE_DECIDE,      /* iface_decide() */
	IFACE_ATTACH,      /* iface_attach() */
	IFACE_FAIL_READING /* its map could not be read */
};

/*
 * Takes news of the interface, or NULL, and the step that they call for; then brings up to date
 * what the MIB shows. True: mode, program, source or status are other ones now.
 */
bool iface_change(struct iface *iface, const struct netdev *netdev, enum iface_step step);

#endif
