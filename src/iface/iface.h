/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface: what is known of it, what the MIB shows of it, and what it waits for. */
#ifndef XDP_AGENTX_IFACE_H
#define XDP_AGENTX_IFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "iface/devices.h"
#include "iface/rules.h"
#include "kernel/rtnl.h"
#include "source/source.h"

/* Numbered like the MIB's xdpIfStatus. */
enum iface_status { IFACE_ACTIVE = 1, IFACE_WAITING, IFACE_FAILED };

struct iface {
	struct netdev netdev;    /* as the kernel told last, without altnames */
	const struct rule *rule; /* NULL: none asks for it any more, but it has counters to keep */
	struct source *source;   /* NULL until it was first counted */
	enum source_kind kind;   /* who gives the values at present */
	enum iface_status status;
	struct reason reason; /* xdpIfStatusText */
	struct program_info program;
	uint32_t program_changes;
	int64_t last_change;   /* this and the next on CLOCK_MONOTONIC, in ms */
	int64_t discontinuity; /* 0: never */

	/* The rest is for the decisions. */
	struct common *common;         /* of all sources */
	const struct pins *pins;       /* NULL: nothing is pinned */
	const struct devices *devices; /* all there are */
	bool only_look;                /* nothing is touched */
	bool visible;                  /* has a row in xdpIfTable */
	const char *map_path;          /* of xdpMap, or NULL */
	bool undecided;                /* the rules are other ones since it was decided */
	enum source_kind wanted; /* what it waits for while pending: to be counted or observed */
	bool pending;            /* waits for its turn */
	bool deferred;           /* its counters are shown once all interfaces are known */
	bool shared;             /* failed, for its program counts for other interfaces, too */
	uint32_t maps_before; /* ids up to this are of maps that were there before the interface */
	bool others_counted;  /* it has been, so its map has their frames */
	bool foreign_seen;    /* by the rule auto, which leaves the hook free for it */
	bool map_path_is_new; /* the map that is read may be another one than it names */
	int64_t retry_at;
	uint32_t elsewhere_id;  /* a program of ours, whose link cannot be had; or 0 */
	int left_err, read_err; /* the last failures to open what was left, and to read; or 0 */
};

/* What the MIB shows from now on; a failure that is news is logged. */
void iface_set_state(struct iface *iface, enum source_kind kind, enum iface_status status,
		     const char *text);

/* What is attached from now on, whether the kernel said so or we did it. */
void iface_set_program(struct iface *iface, uint32_t prog_id, enum xdp_mode mode);

/* Somebody else's program is there: failed, "program 'NAME' (id N, MODE) WHAT: WHY". */
void iface_fail_foreign(struct iface *iface, const char *what, const char *why);
const char *iface_failure_of(enum source_kind wanted);

/* For auto: reason says why the program cannot be observed, why why its map cannot be read. */
void iface_add_reason(struct reason *reason, const struct reason *why);

/* The interfaces that run its program natively under their own ifIndex. */
void iface_find_ports(const struct iface *iface, struct port_list *ports);

/* Whether the program's own map can be of this interface alone: 0, or -EBUSY with why not. */
int iface_check_sharing(const struct iface *iface, struct reason *why);

#endif
