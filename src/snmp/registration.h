/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our subtree at the master: registered, refused, and registered again. */
#ifndef XDP_AGENTX_SNMP_REGISTRATION_H
#define XDP_AGENTX_SNMP_REGISTRATION_H

#include <stdbool.h>

#include "snmp/mib.h"

/* To be called once, before the library is initialized. */
void registration_init(void);

/*
 * Serves the module below root from now on, instead of what was served before, whenever there is a
 * session. mib is kept and has to live as long as the library; root is copied. What the master says
 * against it is logged once, and it is tried again until the master takes it; that is logged, too.
 * sysORTable has an entry for it while it is registered.
 */
void registration_serve(struct mib *mib, const oid *root, size_t root_len);

/*
 * There is a session; and there is none any more. What is served is registered by an alarm of the
 * library's: nothing is sent from here. The session has to live until registration_close().
 */
void registration_open(netsnmp_session *session);
void registration_close(void);

/* Keeps what the library says out of the log, and lets it in again; with -D all is let in. */
void registration_mute(bool mute);

#endif
