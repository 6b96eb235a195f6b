/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is pinned for one interface, without a source: what earlier runs left, and all that
 * xdp-stats knows. Each pin is opened when it is first asked for, and once.
 */
#ifndef XDP_AGENTX_SOURCE_PINNED_H
#define XDP_AGENTX_SOURCE_PINNED_H

#include <stdbool.h>

#include "kernel/pins.h"
#include "kernel/rtnl.h"
#include "source/common.h"
#include "source/counters.h"
#include "source/record.h"

struct pinned_pin {
	bool opened;
	int fd; /* or -errno; -ENOENT: there is none */
	struct reason reason;
};

struct pinned {
	struct common *common;
	const struct pins *pins;
	unsigned int ifindex;
	struct pinned_pin pin[PIN_OUT + 1]; /* those of an interface */
	struct record record;               /* once PIN_STATE is opened: what is in it */
	unsigned int map_values;            /* once PIN_MAP is: see stats_map_get_pinned() */
	bool taken_off;                     /* our program has been, by this struct */
};

/*
 * pins may be NULL: nothing is pinned. The caller gives it to pinned_close(), or declares a
 * variable with _cleanup_pinned_.
 */
struct pinned pinned_open(struct common *common, const struct pins *pins, unsigned int ifindex);
void pinned_close(struct pinned *pinned);

#define _cleanup_pinned_ __attribute__((cleanup(pinned_close)))

/*
 * Whether this program sits on the interface by a link of ours. If not, why says what is wrong with
 * the pin, or is empty where there is none.
 */
bool pinned_holds(struct pinned *pinned, uint32_t prog_id, struct reason *why);

/* Whether there are counters, or was an observer. */
bool pinned_has_counters(const struct pinned *pinned);
bool pinned_is_observed(const struct pinned *pinned);

/* Who counted last, in whatever run; SOURCE_NONE if nobody has. */
enum source_kind pinned_kind(struct pinned *pinned);

/* Takes our program off the interface; ends the observer. The values stay. True if there was one.
 */
bool pinned_take_off(struct pinned *pinned);
bool pinned_unobserve(struct pinned *pinned);

/* Takes everything away but what is not ours, and the marks. True if there was something. */
bool pinned_forget(struct pinned *pinned);

/*
 * The same for xdp-stats. 0, *kind says who counted; or -errno with what was in the way in why,
 * -ENOENT if there was nothing.
 */
int pinned_unload(struct pinned *pinned, enum source_kind *kind, struct reason *why);

/*
 * Makes the operator's mark and ends what is pinned; the values stay. 0, *kind says what was ended;
 * or -errno with the reason in why: the mark may have been made by then, and the rest is left to
 * the agent.
 */
int pinned_release(struct pinned *pinned, enum source_kind *kind, struct reason *why);

/*
 * What source_read() would serve, from the pins alone; for readers beside the agent. Returns 0 or
 * -errno with the reason; -ENOENT: nothing is pinned. each as there; where *each is NULL the reason
 * says why.
 */
int pinned_read(struct pinned *pinned, struct counters *served, struct cpu_counters **each,
		struct reason *reason);

/*
 * Who counts at present what the program at the hook decides; SOURCE_NONE: nobody. 0; or -EPERM:
 * knowing that needs CAP_SYS_ADMIN.
 */
int pinned_who_counts(struct pinned *pinned, const struct netdev *netdev, enum source_kind *kind);

#endif
