/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registry as its two files have it: registry.c takes news, slices.c does what takes long. */
#ifndef XDP_AGENTX_IFACE_REGISTRY_STATE_H
#define XDP_AGENTX_IFACE_REGISTRY_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "iface/change.h"
#include "iface/devices.h"
#include "iface/event.h"
#include "iface/rows.h"
#include "iface/rules.h"
#include "lib/if_map.h"

struct registry {
	const struct rules *rules;
	struct common *common;
	const struct pins *pins; /* NULL: nothing is pinned */
	struct rows rows;
	struct devices devices;
	size_t pending, undecided; /* how many interfaces are */
	unsigned int missing;
	bool missing_known;
	bool only_look;
	event_handler on_event; /* or NULL */
	void *event_context;

	/* What is done in slices, and the ifIndex up to which it is. */
	bool dropping, comparing, sweeping;
	bool programs_changed; /* since the last comparing began */
	unsigned int dropped, decided, compared, adopted, attached;
	struct if_map left; /* to be swept: interfaces for which something is pinned */
};

/*
 * Every change of an interface goes through here: netdev is what the kernel told of it, or NULL if
 * that is not the reason; step draws the conclusion; then the sets are brought up to date.
 */
void registry_change(struct registry *registry, struct iface *iface, const struct netdev *netdev,
		     enum iface_step step);

/* Whether registry_decide() has to decide it; if so, it is not decided again before. */
void registry_set_undecided(struct registry *registry, struct iface *iface, bool undecided);
void registry_decide_again(struct registry *registry, unsigned int ifindex);

/* The line of the rules that is for the interface, as netdev tells of it. */
void registry_set_rule(const struct registry *registry, struct iface *iface,
		       const struct netdev *netdev);

#endif
