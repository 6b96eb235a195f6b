/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a service manager is told (sd_notify(3)): systemd, or another one with its protocol. Without
 * one, and without libsystemd, nothing is told.
 */
#ifndef XDP_AGENTX_AGENT_SUPERVISOR_H
#define XDP_AGENTX_AGENT_SUPERVISOR_H

#include <stdint.h>

#ifdef HAVE_LIBSYSTEMD

/* We have started; we read the configuration again, until the next supervisor_ready(); we stop. */
void supervisor_ready(void);
void supervisor_reloading(void);
void supervisor_stopping(void);

/*
 * Tells that we are alive, twice as often as the manager wants to hear it (WatchdogSec=). Returns
 * in how many ms to call again; INT64_MAX: it does not watch.
 */
int64_t supervisor_step(void);

#else

static inline void supervisor_ready(void)
{
}

static inline void supervisor_reloading(void)
{
}

static inline void supervisor_stopping(void)
{
}

static inline int64_t supervisor_step(void)
{
	return INT64_MAX;
}

#endif
#endif
