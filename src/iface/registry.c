/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iface/altnames.h"
#include "iface/attach.h"
#include "iface/iface_errors.h"
#include "iface/rows.h"
#include "lib/if_map.h"
#include "lib/log.h"
#include "lib/util.h"
#include "source/foreign_map.h"
#include "source/pinned.h"

struct registry {
	const struct rules *rules;
	struct common *common;
	const struct pins *pins; /* NULL: nothing is pinned */
	struct rows rows;
	struct if_map masters, programs; /* of all network devices, watched or not */
	struct if_map maps_before; /* the latest map when it came; 1: it was there at the start */
	struct if_map seen; /* the dump that was going on, or the last, when it was told of */
	struct altnames altnames;
	size_t pending; /* how many interfaces are */
	unsigned int missing;
	bool missing_known;
	unsigned int dump; /* how many there have been, from 1 on */
	bool all_known;    /* the first dump is over: who is not known by then has just come */
	bool only_look;
	event_handler on_event; /* or NULL */
	void *event_context;
};

/*
 * Every change of an interface goes through here: netdev is what the kernel told of it, or NULL if
 * that is not the reason; step draws the conclusion; then the sets are brought up to date.
 */
static void change(struct registry *registry, struct iface *iface, const struct netdev *netdev,
		   enum iface_step step)
{
	struct rows *rows = &registry->rows;
	bool was_shown = iface_set_find(&rows->shown, iface->netdev.ifindex) == iface;
	bool was_pending = iface->pending;
	bool changed, shown, news;
	struct event_before before;

	event_remember(&before, iface, was_shown);
	changed = iface_change(iface, netdev, step);
	news = rows_update(rows, iface, changed);
	shown = iface_set_find(&rows->shown, iface->netdev.ifindex) == iface;
	if (shown)
		iface_errors_count(iface, news);
	registry->pending += (size_t)iface->pending - (size_t)was_pending;
	if (shown && registry->on_event)
		event_compare(&before, iface, registry->on_event, registry->event_context);
}

/* What becomes of that which is pinned for an interface that is dropped. */
enum pins_fate { KEEP_PINS, DISCARD_PINS };

static void forget_errors(const struct registry *registry, unsigned int ifindex)
{
	if (!registry->only_look)
		error_counters_forget(&registry->common->errors, registry->pins, ifindex);
}

static void drop(struct registry *registry, struct iface *iface, enum pins_fate fate)
{
	struct reason why;

	registry->pending -= iface->pending;
	rows_remove(&registry->rows, iface);
	registry->missing_known = false;
	if (fate == KEEP_PINS) {
		source_close(iface->source);
	} else {
		if (registry->pins && !registry->only_look)
			pins_unmark(registry->pins, iface->netdev.ifindex, MARK_FOREIGN, &why);
		source_discard(iface->source);
		forget_errors(registry, iface->netdev.ifindex);
	}
	free(iface);
}

static const struct rule *rule_for(const struct registry *registry, const struct netdev *netdev)
{
	const struct rule *rule = rules_match(registry->rules, netdev->name,
					      altnames_find(&registry->altnames, netdev->ifindex));

	return rule && rule->source != RULE_OFF ? rule : NULL;
}

static bool same_path(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void set_rule(const struct registry *registry, struct iface *iface,
		     const struct netdev *netdev)
{
	const char *map_path = rules_map_path(registry->rules, netdev->name,
					      altnames_find(&registry->altnames, netdev->ifindex));

	iface->rule = rule_for(registry, netdev);
	iface->map_path_is_new |= !same_path(iface->map_path, map_path);
	iface->map_path = map_path;
}

static void add(struct registry *registry, const struct netdev *netdev)
{
	struct iface *iface = malloc(sizeof(*iface));

	if (iface)
		*iface = (struct iface){
			.netdev = *netdev,
			.common = registry->common,
			.pins = registry->pins,
			.masters = &registry->masters,
			.programs = &registry->programs,
			.maps_before = if_map_get(&registry->maps_before, netdev->ifindex),
			.all_known = &registry->all_known,
			.only_look = registry->only_look,
			.kind = SOURCE_NONE,
			.status = IFACE_WAITING,
			.program = program_describe(&registry->common->freplace, netdev->prog_id),
			.last_change = monotonic_ms(),
			.visible = netdev->prog_id != 0,
		};
	if (!iface || iface_set_insert(&registry->rows.watched, iface)) {
		log_error(-ENOMEM, "%s: cannot be watched", netdev->name);
		free(iface);
		return;
	}
	registry->missing_known = false;
	set_rule(registry, iface, netdev);
	iface_errors_show(iface);
	change(registry, iface, NULL, IFACE_DECIDE);
}

static bool netdev_differs(const struct netdev *a, const struct netdev *b)
{
	return strcmp(a->name, b->name) || a->mtu != b->mtu || a->mode != b->mode ||
	       a->prog_id != b->prog_id || a->loopback != b->loopback || a->bonded != b->bonded;
}

static void decide_again(struct registry *registry, unsigned int ifindex)
{
	struct iface *iface = iface_set_find(&registry->rows.watched, ifindex);

	if (iface)
		change(registry, iface, NULL, IFACE_DECIDE);
}

static void note_master(struct registry *registry, unsigned int ifindex, unsigned int master)
{
	unsigned int before = if_map_set(&registry->masters, ifindex, master);

	if (before == master)
		return;
	if (before && !registry->only_look)
		error_counters_unset_bond(&registry->common->errors, ifindex);
	decide_again(registry, before);
	decide_again(registry, master);
}

/* A program that comes or goes may share the map of another, or be on two interfaces. */
static void note_program(struct registry *registry, unsigned int ifindex, uint32_t prog_id)
{
	uint32_t before = if_map_set(&registry->programs, ifindex, prog_id);

	for (size_t i = 0; before != prog_id && i < registry->rows.watched.count; i++) {
		struct iface *iface = registry->rows.watched.iface[i];

		if (iface->netdev.ifindex == ifindex ||
		    (iface->kind != SOURCE_MAP && !iface->shared))
			continue;
		iface->retry_at = 0;
		change(registry, iface, NULL, IFACE_DECIDE);
	}
}

static bool is_another(const struct iface *iface, const struct netdev *netdev)
{
	if (iface->source)
		return source_is_stale(iface->source, netdev);
	return iface->netdev.address != netdev->address && strcmp(iface->netdev.name, netdev->name);
}

/* What is in a map that was there before the interface cannot be the interface's. */
static void note_arrival(struct registry *registry, unsigned int ifindex)
{
	if (!if_map_get(&registry->maps_before, ifindex))
		if_map_set(&registry->maps_before, ifindex,
			   registry->all_known ? foreign_map_latest() : 1);
}

static void take_news(struct registry *registry, const struct netdev *netdev, bool renamed)
{
	const struct rule *rule = rule_for(registry, netdev);
	struct iface *iface = iface_set_find(&registry->rows.watched, netdev->ifindex);

	note_arrival(registry, netdev->ifindex);
	if_map_set(&registry->seen, netdev->ifindex, registry->dump);
	note_master(registry, netdev->ifindex, netdev->master);
	note_program(registry, netdev->ifindex, netdev->prog_id);
	/* Its messages were lost: another interface has got the ifIndex of one that is gone. */
	if (iface && is_another(iface, netdev)) {
		drop(registry, iface, DISCARD_PINS);
		if_map_set(&registry->maps_before, netdev->ifindex, foreign_map_latest());
		iface = NULL;
	}
	if (!iface) {
		if (rule)
			add(registry, netdev);
		return;
	}
	if (!rule && !iface->source) { /* renamed */
		drop(registry, iface, KEEP_PINS);
		return;
	}
	set_rule(registry, iface, netdev);
	if (renamed || netdev_differs(netdev, &iface->netdev)) {
		iface->retry_at = 0;
		registry->missing_known = false;
	}
	change(registry, iface, netdev, IFACE_DECIDE);
}

void registry_present(struct registry *registry, const struct netdev *netdev)
{
	struct netdev kept = *netdev;
	bool renamed = altnames_set(&registry->altnames, netdev);

	registry->missing_known &= !renamed;
	kept.altnames = NULL;
	take_news(registry, &kept, renamed);
}

void registry_gone(struct registry *registry, unsigned int ifindex)
{
	struct iface *iface = iface_set_find(&registry->rows.watched, ifindex);

	if_map_set(&registry->maps_before, ifindex, 0);
	if_map_set(&registry->seen, ifindex, 0);
	note_master(registry, ifindex, 0);
	note_program(registry, ifindex, 0);
	registry->missing_known &= !altnames_forget(&registry->altnames, ifindex);
	if (iface)
		drop(registry, iface, DISCARD_PINS);
	else
		forget_errors(registry, ifindex); /* another one may get the ifIndex */
}

void registry_set_rules(struct registry *registry, const struct rules *rules)
{
	registry->rules = rules;
	registry->missing_known = false;
	for (size_t i = registry->rows.watched.count; i-- > 0;) {
		struct iface *iface = registry->rows.watched.iface[i];

		set_rule(registry, iface, &iface->netdev);
		iface->retry_at = 0;
		change(registry, iface, NULL, IFACE_DECIDE);
	}
}

void registry_on_event(struct registry *registry, event_handler handler, void *context)
{
	registry->on_event = handler;
	registry->event_context = context;
}

void registry_only_look(struct registry *registry)
{
	registry->only_look = true;
}

void registry_dump_begin(struct registry *registry)
{
	registry->dump++;
}

/* What waited until all interfaces are known. */
static void decide_deferred(struct registry *registry)
{
	for (size_t i = 0; i < registry->rows.watched.count; i++) {
		struct iface *iface = registry->rows.watched.iface[i];

		if (iface->deferred)
			change(registry, iface, NULL, IFACE_DECIDE);
	}
}

void registry_dump_end(struct registry *registry)
{
	const struct if_map *seen = &registry->seen;

	for (size_t i = seen->count; i-- > 0;)
		if (seen->entry[i].value != registry->dump)
			registry_gone(registry, seen->entry[i].ifindex);
	if (!registry->all_known) {
		registry->all_known = true;
		decide_deferred(registry);
	}
	common_repin(registry->common);
}

void registry_adopt(struct registry *registry)
{
	for (size_t i = 0; i < registry->rows.watched.count; i++) {
		struct iface *iface = registry->rows.watched.iface[i];

		if (iface_was_left(iface))
			change(registry, iface, NULL, IFACE_ATTACH);
	}
}

static bool has_rule(const struct iface *iface, enum rule_source source)
{
	return iface && iface->rule &&
	       (iface->rule->source == source || iface->rule->source == RULE_AUTO);
}

static void sweep(unsigned int ifindex, void *context)
{
	const struct registry *registry = context;
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

void registry_sweep(struct registry *registry)
{
	if (registry->pins)
		pins_each(registry->pins, sweep, registry);
	error_counters_sweep(&registry->common->errors, registry->pins, is_watched, registry);
}

void registry_find_errors(struct registry *registry)
{
	for (size_t i = 0; i < registry->rows.watched.count; i++) {
		struct iface *iface = registry->rows.watched.iface[i];

		if (iface_errors_show(iface))
			change(registry, iface, NULL, IFACE_DECIDE);
	}
}

bool registry_step(struct registry *registry)
{
	for (size_t i = 0; registry->pending && i < registry->rows.watched.count; i++) {
		if (registry->rows.watched.iface[i]->pending) {
			change(registry, registry->rows.watched.iface[i], NULL, IFACE_ATTACH);
			break;
		}
	}
	return registry->pending;
}

int registry_read(struct registry *registry, struct iface *iface, struct counters *counters,
		  struct cpu_counters **each)
{
	int err = source_read(iface->source, counters, each);

	iface->discontinuity = source_status(iface->source).discontinuity;
	if (err == -EBUSY) {
		change(registry, iface, NULL, IFACE_DECIDE);
	} else if (err) {
		iface->read_err = err;
		change(registry, iface, NULL, IFACE_FAIL_READING);
	}
	return err;
}

int registry_read_errors(const struct registry *registry, const struct iface *iface,
			 struct xdp_errors *errors)
{
	return error_counters_read(&registry->common->errors, iface->netdev.ifindex, errors);
}

int registry_read_invalid(const struct iface *iface, uint64_t *count)
{
	return iface->source ? source_read_invalid(iface->source, count) : -ENOENT;
}

unsigned int registry_missing(struct registry *registry)
{
	if (!registry->missing_known) {
		registry->missing =
			rows_missing(&registry->rows, registry->rules, &registry->altnames);
		registry->missing_known = true;
	}
	return registry->missing;
}

const struct rows *registry_rows(const struct registry *registry)
{
	return &registry->rows;
}

static bool is_elsewhere(uint32_t prog_id, unsigned int ifindex, void *context)
{
	const struct registry *registry = context;

	for (size_t i = 0; i < registry->programs.count; i++)
		if (registry->programs.entry[i].value == prog_id &&
		    registry->programs.entry[i].ifindex != ifindex)
			return true;
	return false;
}

int registry_new(struct registry **out, struct common *common, const struct pins *pins)
{
	static const struct rules none;
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		return -ENOMEM;
	registry->rules = &none;
	registry->common = common;
	common->is_elsewhere = is_elsewhere;
	common->elsewhere_context = registry;
	registry->pins = pins;
	registry->dump = 1;
	*out = registry;
	return 0;
}

void registry_free(struct registry *registry, bool persist)
{
	if (!registry)
		return;
	while (registry->rows.watched.count)
		drop(registry, registry->rows.watched.iface[registry->rows.watched.count - 1],
		     persist ? KEEP_PINS : DISCARD_PINS);
	rows_free(&registry->rows);
	if_map_free(&registry->masters);
	if_map_free(&registry->programs);
	if_map_free(&registry->maps_before);
	if_map_free(&registry->seen);
	altnames_free(&registry->altnames);
	free(registry);
}
