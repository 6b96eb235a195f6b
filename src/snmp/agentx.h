/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AgentX session (RFC 2741) that net-snmp's library keeps for us, and the master's clock.
 *
 * This folder is all that speaks AgentX, by net-snmp's library: the session (agentx), where the
 * master is (master), our subtree in it (registration), requests and their answers (requests, mib,
 * and a file for each table), one reading of an interface for each request (snapshot), and
 * notifications (notify). It owns nothing of the kernel's and decides nothing: rows and values come
 * from iface/registry.h. A request is an argument from requests.c to the map. The library is one
 * for the process and calls back without a context of ours, so agentx, master, registration,
 * requests and notify keep a static struct each.
 */
#ifndef XDP_AGENTX_SNMP_AGENTX_H
#define XDP_AGENTX_SNMP_AGENTX_H

#include <stdint.h>

/*
 * Sets net-snmp's library up as a subagent; nothing is connected yet. address is where the master
 * listens, and wins over agentXSocket, or NULL. connected is called at each new connection. Both
 * are kept. Returns 0 or -errno; the failure has been logged.
 */
int agentx_init(const char *address, void (*connected)(void *context), void *context);

/*
 * Connects to the master. If there is none, this is logged, and it is tried again every second, as
 * it is after a connection was lost.
 */
void agentx_connect(void);

/*
 * To be called when the configuration was read again: the master's address and the time between
 * pings stay what they were.
 */
void agentx_keep_settings(void);

/*
 * Runs the library's alarms that are due: to be called after each wait that snmp_select_info2() has
 * set the end of. It tries to connect once at most, and a master that hangs holds it up for 1.5 s
 * at most; a resolver does not.
 */
void agentx_run_alarms(void);

/*
 * When the master's sysUpTime was 0, in ms on CLOCK_MONOTONIC: of the present or last master, 0
 * before the first connection. agentx_expect_epoch() hands over what an earlier run knew: if the
 * master is still the same, its TimeStamps stay the same to the tick.
 */
int64_t agentx_epoch(void);
void agentx_expect_epoch(int64_t epoch);

/* Tells the master, and ends the library. */
void agentx_close(void);

/*
 * An event, in ms on CLOCK_MONOTONIC, as a TimeStamp (RFC 2579): the master's sysUpTime at that
 * moment, or 0 if that was before the master started, or if event is 0. The same event gives the
 * same value for as long as the same master runs.
 */
unsigned long agentx_timestamp(int64_t event);

#endif
