/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/event.h"

#include <stdio.h>

#include "lib/util.h"

void event_remember(struct event_before *before, const struct iface *iface, bool had_row)
{
	before->mode = iface->netdev.mode;
	before->prog_id = iface->netdev.prog_id;
	snprintf(before->prog_name, sizeof(before->prog_name), "%s", iface->program.name);
	before->failed = had_row && iface->status == IFACE_FAILED;
}

void event_compare(const struct event_before *before, const struct iface *iface,
		   event_handler handler, void *context)
{
	bool program =
		iface->netdev.prog_id != before->prog_id || iface->netdev.mode != before->mode;
	bool status = before->failed != (iface->status == IFACE_FAILED);
	struct event event;

	if (!program && !status)
		return;
	event = (struct event){
		.time = monotonic_ms(),
		.ifindex = iface->netdev.ifindex,
		.mode = iface->netdev.mode,
		.prog_id = iface->netdev.prog_id,
		.old_prog_id = before->prog_id,
		.status = iface->status,
	};

	snprintf(event.ifname, sizeof(event.ifname), "%s", iface->netdev.name);
	snprintf(event.prog_name, sizeof(event.prog_name), "%s", iface->program.name);
	snprintf(event.old_prog_name, sizeof(event.old_prog_name), "%s", before->prog_name);
	event.reason = iface->reason;

	if (program) {
		event.kind = EVENT_REPLACED;
		if (!event.old_prog_id)
			event.kind = EVENT_ATTACHED;
		else if (!event.prog_id)
			event.kind = EVENT_DETACHED;
		handler(&event, context);
	}
	if (status) {
		event.kind = EVENT_STATUS;
		handler(&event, context);
	}
}
