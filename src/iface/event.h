/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What managers are told of at once: a change of the program or of the status of an interface. */
#ifndef XDP_AGENTX_IFACE_EVENT_H
#define XDP_AGENTX_IFACE_EVENT_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "iface/iface.h"

/* Numbered like the MIB's notifications. */
enum event_kind { EVENT_ATTACHED = 1, EVENT_DETACHED, EVENT_REPLACED, EVENT_STATUS };

/* All as it was right after the event, but what is called old. */
struct event {
	enum event_kind kind;
	int64_t time; /* CLOCK_MONOTONIC, ms */
	unsigned int ifindex;
	char ifname[IFNAMSIZ];
	enum xdp_mode mode;
	uint32_t prog_id, old_prog_id; /* 0: none */
	char prog_name[PROGRAM_NAME_MAX], old_prog_name[PROGRAM_NAME_MAX];
	enum iface_status status;
	struct reason reason; /* xdpIfStatusText */
};

/* The event is the caller's, and gone after the call. */
typedef void (*event_handler)(const struct event *event, void *context);

/* An interface as it was before a change. */
struct event_before {
	enum xdp_mode mode;
	uint32_t prog_id;
	char prog_name[PROGRAM_NAME_MAX];
	bool failed;
};

/* had_row: it was in xdpIfTable; what was not cannot have been seen to be failed. */
void event_remember(struct event_before *before, const struct iface *iface, bool had_row);

/* Tells what has happened since: an event of the program, one of the status, both, or nothing. */
void event_compare(const struct event_before *before, const struct iface *iface,
		   event_handler handler, void *context);

#endif
