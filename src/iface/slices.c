/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the registry does in slices: to drop, to decide after other rules, to adopt, to attach. */
#include "iface/attach.h"
#include "iface/decide.h"
#include "iface/registry.h"
#include "iface/registry_state.h"
#include "lib/util.h"
#include "source/pinned.h"

/* What waited until all interfaces are known. */
static void decide_deferred(struct registry *registry)
{
	for (size_t i = 0; i < registry->rows.watched.count; i++) {
		struct iface *iface = registry->rows.watched.iface[i];

		if (iface->deferred)
			registry_set_undecided(registry, iface, true);
	}
}

/* One of those that the last dump has not told of. */
static bool drop_next(struct registry *registry)
{
	unsigned int ifindex;

	if (!registry->dropping)
		return false;
	ifindex = devices_untold(&registry->devices, registry->dropped);
	if (ifindex) {
		registry->dropped = ifindex;
		registry_gone(registry, ifindex);
		return true;
	}
	registry->dropping = false;
	if (!registry->devices.all_known)
		decide_deferred(registry);
	registry->devices.all_known = true;
	return false;
}

static bool is_undecided(const struct iface *iface)
{
	return iface->undecided;
}

static bool is_pending(const struct iface *iface)
{
	return iface->pending;
}

/* The next one behind *last of which there is one, beginning anew behind the end. */
static struct iface *next_of(const struct registry *registry, unsigned int *last,
			     bool (*is)(const struct iface *iface))
{
	const struct iface_set *watched = &registry->rows.watched;
	struct iface *iface = iface_set_after(watched, *last);

	while (!iface || !is(iface))
		iface = iface_set_after(watched, iface ? iface->netdev.ifindex : 0);
	*last = iface->netdev.ifindex;
	return iface;
}

static bool decide_next(struct registry *registry)
{
	struct iface *iface;

	if (!registry->undecided)
		return false;
	iface = next_of(registry, &registry->decided, is_undecided);
	registry_set_undecided(registry, iface, false);
	registry_set_rule(registry, iface, &iface->netdev);
	registry_change(registry, iface, NULL, IFACE_DECIDE);
	return true;
}

/* With another program gone, a map may be read; with another one there, not any more. */
static void compare(struct registry *registry, struct iface *iface)
{
	bool was_shared =
		iface->shared && !devices_share(&registry->devices, iface->netdev.prog_id);

	if (!was_shared && (iface->kind != SOURCE_MAP || iface_uses_map(iface)))
		return;
	iface->retry_at = 0;
	registry_decide_again(registry, iface->netdev.ifindex);
}

static bool compare_next(struct registry *registry)
{
	struct iface *iface;

	if (!registry->comparing) {
		registry->comparing = registry->programs_changed;
		registry->programs_changed = false;
		registry->compared = 0;
	}
	if (!registry->comparing)
		return false;
	iface = iface_set_after(&registry->rows.watched, registry->compared);
	registry->comparing = iface;
	if (!iface)
		return registry->programs_changed;
	registry->compared = iface->netdev.ifindex;
	compare(registry, iface);
	return true;
}

bool registry_decide(struct registry *registry, int64_t until)
{
	while (drop_next(registry) || decide_next(registry) || compare_next(registry))
		if (monotonic_ms() >= until)
			return true;
	return false;
}

bool registry_adopt(struct registry *registry, int64_t until)
{
	struct iface *iface;

	while ((iface = iface_set_after(&registry->rows.watched, registry->adopted))) {
		registry->adopted = iface->netdev.ifindex;
		if (iface_was_left(iface))
			registry_change(registry, iface, NULL, IFACE_ATTACH);
		if (monotonic_ms() >= until)
			return true;
	}
	registry->adopted = 0;
	return false;
}

static bool has_rule(const struct iface *iface, enum rule_source source)
{
	return iface && iface->rule &&
	       (iface->rule->source == source || iface->rule->source == RULE_AUTO);
}

static void sweep(const struct registry *registry, unsigned int ifindex)
{
	const struct iface *iface = iface_set_find(&registry->rows.watched, ifindex);
	_cleanup_pinned_ struct pinned pinned =
		pinned_open(registry->common, registry->pins, ifindex);

	if (rtnl_is_gone(ifindex)) {
		pinned_forget(&pinned);
		return;
	}
	if (!has_rule(iface, RULE_COUNT))
		pinned_take_off(&pinned);
	/* An observer keeps a program in memory that its owner has let go. */
	if (!iface || (iface->kind != SOURCE_OBSERVE && !iface->pending))
		pinned_unobserve(&pinned);
}

static bool is_watched(unsigned int ifindex, void *context)
{
	const struct registry *registry = context;

	return iface_set_find(&registry->rows.watched, ifindex);
}

static void note_left(unsigned int ifindex, void *context)
{
	if_map_set(&((struct registry *)context)->left, ifindex, 1);
}

bool registry_sweep(struct registry *registry, int64_t until)
{
	struct if_map *left = &registry->left;

	if (registry->pins && !registry->sweeping)
		pins_each(registry->pins, note_left, registry);
	registry->sweeping = true;
	while (left->count) {
		unsigned int ifindex = left->entry[left->count - 1].ifindex;

		if_map_set(left, ifindex, 0);
		sweep(registry, ifindex);
		if (monotonic_ms() >= until)
			return true;
	}
	registry->sweeping = false;
	error_counters_sweep(&registry->common->errors, registry->pins, is_watched, registry);
	return false;
}

bool registry_step(struct registry *registry, int64_t until)
{
	while (registry->pending) {
		registry_change(registry, next_of(registry, &registry->attached, is_pending), NULL,
				IFACE_ATTACH);
		if (monotonic_ms() >= until)
			break;
	}
	return registry->pending;
}
