/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The notifications of XDP-STATS-MIB, handed to the master: in order, no faster than a token bucket
 * allows, and the next one when the master has answered the last, so that a burst cannot fill the
 * socket to the master in both directions. They wait in a queue of a fixed size, over a lost
 * connection, too; what does not fit is counted.
 */
#ifndef XDP_AGENTX_SNMP_NOTIFY_H
#define XDP_AGENTX_SNMP_NOTIFY_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <stdbool.h>
#include <stdint.h>

#include "iface/event.h"

#define NOTIFY_QUEUE 256
#define NOTIFY_BURST 50
#define NOTIFY_INTERVAL_MS 100 /* a token comes that often */

/* Learns of connections and their ends from net-snmp's library; after agentx_init(). */
void notify_open(void);

/* xdpNotifications, and the root of the module, which is copied. No: what waits is suppressed. */
void notify_set(bool enabled, const oid *root, size_t root_len);

/* Has a notification with the values of the event sent, if they are enabled. */
void notify_event(const struct event *event);

/*
 * Hands one notification to the master if that may be now. Returns in how many ms to call again;
 * INT64_MAX: when an event, the master's answer or a connection has come.
 */
int64_t notify_step(void);

bool notify_enabled(void);

/* How many were due and will not be sent, since the start. */
unsigned long notify_suppressed(void);

#endif
