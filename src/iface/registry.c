/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iface/iface_errors.h"
#include "iface/registry_state.h"
#include "lib/log.h"
#include "lib/util.h"

void registry_change(struct registry *registry, struct iface *iface, const struct netdev *netdev,
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

void registry_set_undecided(struct registry *registry, struct iface *iface, bool undecided)
{
	registry->undecided += (size_t)undecided - (size_t)iface->undecided;
	iface->undecided = undecided;
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
	registry_set_undecided(registry, iface, false);
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
	const struct rule *rule =
		rules_match(registry->rules, netdev->name,
			    altnames_find(&registry->devices.altnames, netdev->ifindex));

	return rule && rule->source != RULE_OFF ? rule : NULL;
}

static bool same_path(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

void registry_set_rule(const struct registry *registry, struct iface *iface,
		       const struct netdev *netdev)
{
	const char *map_path =
		rules_map_path(registry->rules, netdev->name,
			       altnames_find(&registry->devices.altnames, netdev->ifindex));

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
			.devices = &registry->devices,
			.maps_before = devices_maps_before(&registry->devices, netdev->ifindex),
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
	registry_set_rule(registry, iface, netdev);
	iface_errors_show(iface);
	registry_change(registry, iface, NULL, IFACE_DECIDE);
}

static bool netdev_differs(const struct netdev *a, const struct netdev *b)
{
	return strcmp(a->name, b->name) || a->mtu != b->mtu || a->mode != b->mode ||
	       a->prog_id != b->prog_id || a->loopback != b->loopback || a->bonded != b->bonded;
}

void registry_decide_again(struct registry *registry, unsigned int ifindex)
{
	struct iface *iface = iface_set_find(&registry->rows.watched, ifindex);

	if (!iface || iface->undecided)
		return;
	registry_change(registry, iface, NULL, IFACE_DECIDE);
}

static void note_master(struct registry *registry, unsigned int ifindex, unsigned int master)
{
	unsigned int before = if_map_set(&registry->devices.masters, ifindex, master);

	if (before == master)
		return;
	if (before && !registry->only_look)
		error_counters_unset_bond(&registry->common->errors, ifindex);
	registry_decide_again(registry, before);
	registry_decide_again(registry, master);
}

/* It has been alone with its program up to now, or is from now on. */
static void decide_other(struct registry *registry, unsigned int ifindex, uint32_t prog_id)
{
	unsigned int other = devices_only_other(&registry->devices, prog_id, ifindex);
	struct iface *iface = iface_set_find(&registry->rows.watched, other);

	if (iface && (iface->kind == SOURCE_MAP || iface->shared)) {
		iface->retry_at = 0;
		registry_decide_again(registry, other);
	}
}

static void note_program(struct registry *registry, unsigned int ifindex, uint32_t prog_id)
{
	uint32_t before = devices_set_program(&registry->devices, ifindex, prog_id);

	if (before == prog_id)
		return;
	decide_other(registry, ifindex, before);
	decide_other(registry, ifindex, prog_id);
	registry->programs_changed = true;
}

static bool is_another(const struct iface *iface, const struct netdev *netdev)
{
	if (iface->source)
		return source_is_stale(iface->source, netdev);
	return iface->netdev.address != netdev->address && strcmp(iface->netdev.name, netdev->name);
}

static void take_news(struct registry *registry, const struct netdev *netdev, bool renamed)
{
	const struct rule *rule = rule_for(registry, netdev);
	struct iface *iface = iface_set_find(&registry->rows.watched, netdev->ifindex);

	devices_note(&registry->devices, netdev->ifindex);
	note_master(registry, netdev->ifindex, netdev->master);
	note_program(registry, netdev->ifindex, netdev->prog_id);
	/* Its messages were lost: another interface has got the ifIndex of one that is gone. */
	if (iface && is_another(iface, netdev)) {
		drop(registry, iface, DISCARD_PINS);
		devices_forget(&registry->devices, netdev->ifindex);
		devices_note(&registry->devices, netdev->ifindex);
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
	registry_set_rule(registry, iface, netdev);
	if (renamed || netdev_differs(netdev, &iface->netdev)) {
		iface->retry_at = 0;
		registry->missing_known = false;
	}
	registry_set_undecided(registry, iface, false);
	registry_change(registry, iface, netdev, IFACE_DECIDE);
}

void registry_present(struct registry *registry, const struct netdev *netdev)
{
	struct netdev kept = *netdev;
	bool renamed = altnames_set(&registry->devices.altnames, netdev);

	registry->missing_known &= !renamed;
	kept.altnames = NULL;
	take_news(registry, &kept, renamed);
}

void registry_gone(struct registry *registry, unsigned int ifindex)
{
	struct iface *iface = iface_set_find(&registry->rows.watched, ifindex);

	devices_forget(&registry->devices, ifindex);
	note_master(registry, ifindex, 0);
	note_program(registry, ifindex, 0);
	registry->missing_known &= !altnames_forget(&registry->devices.altnames, ifindex);
	if (iface)
		drop(registry, iface, DISCARD_PINS);
	else
		forget_errors(registry, ifindex); /* another one may get the ifIndex */
}

void registry_set_rules(struct registry *registry, const struct rules *rules)
{
	registry->rules = rules;
	registry->missing_known = false;
	for (size_t i = 0; i < registry->rows.watched.count; i++) {
		struct iface *iface = registry->rows.watched.iface[i];

		iface->retry_at = 0;
		registry_set_undecided(registry, iface, true);
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
	registry->dropping = false;
	devices_begin_dump(&registry->devices);
}

void registry_dump_end(struct registry *registry)
{
	registry->dropping = true;
	registry->dropped = 0;
	common_repin(registry->common);
}

void registry_find_errors(struct registry *registry)
{
	for (size_t i = 0; i < registry->rows.watched.count; i++) {
		struct iface *iface = registry->rows.watched.iface[i];

		if (iface_errors_show(iface))
			registry_change(registry, iface, NULL, IFACE_DECIDE);
	}
}

int registry_read(struct registry *registry, struct iface *iface, struct counters *counters,
		  struct cpu_counters **each)
{
	int err = source_read(iface->source, counters, each);

	iface->discontinuity = source_status(iface->source).discontinuity;
	if (err == -EBUSY) {
		registry_change(registry, iface, NULL, IFACE_DECIDE);
	} else if (err) {
		iface->read_err = err;
		registry_change(registry, iface, NULL, IFACE_FAIL_READING);
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
			rows_missing(&registry->rows, registry->rules, &registry->devices.altnames);
		registry->missing_known = true;
	}
	return registry->missing;
}

const struct rows *registry_rows(const struct registry *registry)
{
	return &registry->rows;
}

bool registry_knows_all(const struct registry *registry)
{
	return registry->devices.all_known;
}

static bool is_elsewhere(uint32_t prog_id, unsigned int ifindex, void *context)
{
	const struct registry *registry = context;

	return devices_have_elsewhere(&registry->devices, prog_id, ifindex);
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
	devices_begin_dump(&registry->devices);
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
	devices_free(&registry->devices);
	if_map_free(&registry->left);
	free(registry);
}
