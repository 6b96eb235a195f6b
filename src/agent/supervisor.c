/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/supervisor.h"

#include <systemd/sd-daemon.h>

#include <inttypes.h>

#include "lib/log.h"
#include "lib/util.h"

static int64_t watch_interval; /* ms; 0: the manager does not watch */
static int64_t next_sign;      /* CLOCK_MONOTONIC, ms */

static void tell(int err)
{
	if (err < 0)
		log_warning(err, "cannot reach the service manager by NOTIFY_SOCKET");
}

void supervisor_ready(void)
{
	uint64_t usec = 0;

	if (sd_watchdog_enabled(0, &usec) > 0)
		watch_interval = (int64_t)(usec / 1000 / 2);
	tell(sd_notify(0, "READY=1"));
}

void supervisor_reloading(void)
{
	tell(sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, monotonic_ms() * 1000));
}

void supervisor_stopping(void)
{
	tell(sd_notify(0, "STOPPING=1"));
}

int64_t supervisor_step(void)
{
	int64_t now;

	if (!watch_interval)
		return INT64_MAX;
	now = monotonic_ms();
	if (now >= next_sign) {
		tell(sd_notify(0, "WATCHDOG=1"));
		next_sign = now + watch_interval;
	}
	return next_sign - now;
}
