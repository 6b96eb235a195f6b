/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/if_map.h"
#include "lib/log.h"
#include "lib/util.h"
#include "source/error_counters.h"

struct registry {
	const struct rules *rules;
	const struct pins *pins;  /* NULL: nothing is pinned */
	struct iface_set watched; /* owns the interfaces; the other two are parts of it */
	struct iface_set rows;
	struct iface_set counted;
	struct numbers masters, programs; /* of all links, watched or not */
	size_t pending;                   /* how many of them */
	int64_t last_change;
	uint64_t generation;
	unsigned int missing;
	bool missing_known;
	bool only_look;
	event_handler on_event; /* or NULL */
	void *event_context;
};

/* Makes the interface a member of the set or not; true if that is news. */
static bool set_member(struct iface_set *set, struct iface *iface, bool member)
{
	bool was = iface_set_find(set, iface->link.ifindex) == iface;

	if (was && !member)
		iface_set_remove(set, iface);
	else if (!was && member && iface_set_insert(set, iface))
		log_error(-ENOMEM, "%s: cannot add a row", iface->link.name);
	return was != member;
}

/* Errors are counted for each row, and ports of a bond have their errors with the bond. */
static void count_errors(const struct registry *registry, const struct iface *iface, bool news)
{
	struct port_list ports;

	if (news)
		errors_add(registry->pins, iface->link.ifindex);
	iface_find_ports(iface, &ports);
	for (unsigned int i = 0; i < ports.count && i < PORTS_MAX; i++)
		errors_set_bond(ports.ifindex[i], iface->link.ifindex);
}

/*
 * Every change of an interface goes through here: link is what the kernel told of it, or NULL if
 * that is not the reason; what() draws the conclusion; then the sets are brought up to date.
 */
static void change(struct registry *registry, struct iface *iface, const struct link *link,
		   void (*what)(struct iface *iface))
{
	bool was_shown = iface_set_find(&registry->rows, iface->link.ifindex) == iface;
	bool was_pending = iface->pending;
	bool changed, shown, counted, row_news, counted_news;
	struct event_before before;

	event_remember(&before, iface, was_shown);
	changed = iface_change(iface, link, what);
	shown = iface->rule && iface->visible;
	counted = shown && iface->discontinuity && iface->status != IFACE_FAILED;
	row_news = set_member(&registry->rows, iface, shown);
	counted_news = set_member(&registry->counted, iface, counted);

	if (counted_news || row_news)
		registry->generation++;
	if (shown && !registry->only_look)
		count_errors(registry, iface, counted_news || row_news);
	if (row_news || (changed && shown))
		registry->last_change = monotonic_ms();
	registry->pending += (size_t)iface->pending - (size_t)was_pending;
	if (shown && registry->on_event)
		event_compare(&before, iface, registry->on_event, registry->event_context);
}

/* end is source_close() or source_discard(). */
static void drop(struct registry *registry, struct iface *iface, void (*end)(struct source *))
{
	registry->pending -= iface->pending;
	if (set_member(&registry->rows, iface, false)) {
		registry->last_change = monotonic_ms();
		registry->generation++;
	}
	set_member(&registry->counted, iface, false);
	set_member(&registry->watched, iface, false);
	registry->missing_known = false;
	end(iface->source);
	if (end == source_discard && !registry->only_look)
		errors_forget(registry->pins, iface->link.ifindex);
	free(iface);
}

static const struct rule *rule_for(const struct registry *registry, const char *name)
{
	const struct rule *rule = rules_match(registry->rules, name);

	return rule && rule->source != RULE_OFF ? rule : NULL;
}

static bool same_path(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void set_rule(const struct registry *registry, struct iface *iface, const char *name)
{
	const char *map_path = rules_map_path(registry->rules, name);

	iface->rule = rule_for(registry, name);
	iface->map_path_is_new |= !same_path(iface->map_path, map_path);
	iface->map_path = map_path;
}

static void add(struct registry *registry, const struct link *link)
{
	struct iface *iface = malloc(sizeof(*iface));

	if (iface)
		*iface = (struct iface){
			.link = *link,
			.pins = registry->pins,
			.masters = &registry->masters,
			.programs = &registry->programs,
			.only_look = registry->only_look,
			.kind = SOURCE_NONE,
			.status = IFACE_WAITING,
			.program = source_describe(link->prog_id),
			.last_change = monotonic_ms(),
			.visible = link->prog_id != 0,
			.seen = true,
		};
	if (!iface || iface_set_insert(&registry->watched, iface)) {
		log_error(-ENOMEM, "%s: cannot be watched", link->name);
		free(iface);
		return;
	}
	registry->missing_known = false;
	set_rule(registry, iface, link->name);
	change(registry, iface, NULL, iface_decide);
}

static bool link_differs(const struct link *a, const struct link *b)
{
	return strcmp(a->name, b->name) || a->mtu != b->mtu || a->mode != b->mode ||
	       a->prog_id != b->prog_id;
}

static void decide_again(struct registry *registry, unsigned int ifindex)
{
	struct iface *iface = iface_set_find(&registry->watched, ifindex);

	if (iface)
		change(registry, iface, NULL, iface_decide);
}

static void note_master(struct registry *registry, unsigned int ifindex, unsigned int master)
{
	unsigned int before = numbers_set(&registry->masters, ifindex, master);

	if (before == master)
		return;
	if (before && !registry->only_look)
		errors_unset_bond(ifindex);
	decide_again(registry, before);
	decide_again(registry, master);
}

/* A program that comes or goes may share the map of another, or be on two interfaces. */
static void note_program(struct registry *registry, unsigned int ifindex, uint32_t prog_id)
{
	uint32_t before = numbers_set(&registry->programs, ifindex, prog_id);

	for (size_t i = 0; before != prog_id && i < registry->watched.count; i++) {
		struct iface *iface = registry->watched.iface[i];

		if (iface->link.ifindex == ifindex || (iface->kind != SOURCE_MAP && !iface->shared))
			continue;
		iface->retry_at = 0;
		change(registry, iface, NULL, iface_decide);
	}
}

void registry_link_present(struct registry *registry, const struct link *link)
{
	const struct rule *rule = rule_for(registry, link->name);
	struct iface *iface = iface_set_find(&registry->watched, link->ifindex);

	note_master(registry, link->ifindex, link->master);
	note_program(registry, link->ifindex, link->prog_id);
	/* Its messages were lost: another interface has got the ifIndex of one that is gone. */
	if (iface && iface->source && source_is_stale(iface->source, link)) {
		drop(registry, iface, source_discard);
		iface = NULL;
	}
	if (!iface) {
		if (rule)
			add(registry, link);
		return;
	}
	if (!rule && !iface->source) { /* renamed */
		drop(registry, iface, source_close);
		return;
	}
	iface->seen = true;
	set_rule(registry, iface, link->name);
	if (link_differs(link, &iface->link)) {
		iface->retry_at = 0;
		registry->missing_known = false;
	}
	change(registry, iface, link, iface_decide);
}

void registry_link_gone(struct registry *registry, unsigned int ifindex)
{
	struct iface *iface = iface_set_find(&registry->watched, ifindex);

	note_master(registry, ifindex, 0);
	note_program(registry, ifindex, 0);
	if (iface)
		drop(registry, iface, source_discard);
}

void registry_set_rules(struct registry *registry, const struct rules *rules)
{
	registry->rules = rules;
	registry->missing_known = false;
	for (size_t i = registry->watched.count; i-- > 0;) {
		struct iface *iface = registry->watched.iface[i];

		set_rule(registry, iface, iface->link.name);
		iface->retry_at = 0;
		change(registry, iface, NULL, iface_decide);
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
	for (size_t i = 0; i < registry->watched.count; i++)
		registry->watched.iface[i]->seen = false;
}

void registry_dump_end(struct registry *registry)
{
	for (size_t i = registry->watched.count; i-- > 0;)
		if (!registry->watched.iface[i]->seen)
			drop(registry, registry->watched.iface[i], source_discard);
	errors_keep();
}

void registry_adopt(struct registry *registry)
{
	for (size_t i = 0; i < registry->watched.count; i++) {
		struct iface *iface = registry->watched.iface[i];

		if (iface_was_left(iface))
			change(registry, iface, NULL, iface_attach);
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
	const struct iface *iface = iface_set_find(&registry->watched, ifindex);
	char name[IFNAMSIZ];

	if (!if_indextoname(ifindex, name)) {
		source_forget(registry->pins, ifindex);
		return;
	}
	if (!has_rule(iface, RULE_COUNT))
		source_take_off(registry->pins, ifindex);
	/* An observer keeps a program in memory that its owner has let go. */
	if (!iface || (iface->kind != SOURCE_OBSERVE && !iface->pending))
		source_unobserve(registry->pins, ifindex);
}

static bool is_watched(unsigned int ifindex, void *context)
{
	const struct registry *registry = context;

	return iface_set_find(&registry->watched, ifindex);
}

void registry_sweep(struct registry *registry)
{
	if (registry->pins)
		pins_each(registry->pins, sweep, registry);
	errors_sweep(registry->pins, is_watched, registry);
}

bool registry_step(struct registry *registry)
{
	for (size_t i = 0; registry->pending && i < registry->watched.count; i++) {
		if (registry->watched.iface[i]->pending) {
			change(registry, registry->watched.iface[i], NULL, iface_attach);
			break;
		}
	}
	return registry->pending;
}

int registry_read(struct registry *registry, struct iface *iface, struct counters *counters,
		  struct cpu_counters **each)
{
	int err = source_read(iface->source, counters, each);

	iface->discontinuity = source_discontinuity(iface->source);
	if (err == -EBUSY) {
		change(registry, iface, NULL, iface_decide);
	} else if (err) {
		log_error(err, "%s: cannot read the counter map", iface->link.name);
		change(registry, iface, NULL, iface_fail_reading);
	}
	return err;
}

int registry_read_errors(const struct iface *iface, struct xdp_errors *errors)
{
	return errors_read(iface->link.ifindex, errors);
}

int registry_read_invalid(const struct iface *iface, uint64_t *count)
{
	return iface->source ? source_read_invalid(iface->source, count) : -ENOENT;
}

static unsigned int count_missing(const struct registry *registry)
{
	unsigned int missing = 0;

	for (size_t i = 0; i < registry->rules->count; i++) {
		const struct rule *rule = &registry->rules->rule[i];
		bool found = false;

		/* A name that an earlier line takes is not asked for here. */
		if (!rule->literal || rule_for(registry, rule->pattern) != rule)
			continue;
		for (size_t j = 0; j < registry->watched.count && !found; j++)
			found = !strcmp(registry->watched.iface[j]->link.name, rule->pattern);
		missing += !found;
	}
	return missing;
}

unsigned int registry_missing(struct registry *registry)
{
	if (!registry->missing_known) {
		registry->missing = count_missing(registry);
		registry->missing_known = true;
	}
	return registry->missing;
}

unsigned int registry_failed(const struct registry *registry)
{
	unsigned int failed = 0;

	for (size_t i = 0; i < registry->rows.count; i++)
		failed += registry->rows.iface[i]->status == IFACE_FAILED;
	return failed;
}

const struct iface_set *registry_watched(const struct registry *registry)
{
	return &registry->watched;
}

const struct iface_set *registry_rows(const struct registry *registry)
{
	return &registry->rows;
}

const struct iface_set *registry_counted(const struct registry *registry)
{
	return &registry->counted;
}

int64_t registry_last_change(const struct registry *registry)
{
	return registry->last_change;
}

uint64_t registry_generation(const struct registry *registry)
{
	return registry->generation;
}

int registry_new(struct registry **out, const struct pins *pins)
{
	static const struct rules none;
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		return -ENOMEM;
	registry->rules = &none;
	registry->pins = pins;
	*out = registry;
	return 0;
}

void registry_free(struct registry *registry, bool persist)
{
	if (!registry)
		return;
	while (registry->watched.count)
		drop(registry, registry->watched.iface[registry->watched.count - 1],
		     persist ? source_close : source_discard);
	free(registry->watched.iface);
	free(registry->rows.iface);
	free(registry->counted.iface);
	numbers_free(&registry->masters);
	numbers_free(&registry->programs);
	free(registry);
}
