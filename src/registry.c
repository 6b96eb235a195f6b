/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "util.h"

/* A refused attachment is tried again when the link changes, and this often in any case. */
#define RETRY_MS 60000

struct registry {
	const struct rules *rules;
	struct iface_set watched; /* owns the interfaces; the other two are parts of it */
	struct iface_set rows;
	struct iface_set counted;
	size_t pending; /* how many of them */
	int64_t last_change;
	uint64_t generation;
	unsigned int missing;
	bool missing_known;
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

static void set_pending(struct registry *registry, struct iface *iface, bool pending)
{
	if (pending != iface->pending)
		registry->pending += pending ? 1 : (size_t)-1;
	iface->pending = pending;
}

static void set_state(struct iface *iface, enum source_kind kind, enum iface_status status,
		      const char *text)
{
	bool news = iface->kind != kind || iface->status != status || strcmp(iface->text, text);

	iface->kind = kind;
	iface->status = status;
	snprintf(iface->text, sizeof(iface->text), "%s", text);
	if (news)
		log_debug("xdp:registry", "%s (%u): source %d, status %d, program %u: %s",
			  iface->link.name, iface->link.ifindex, kind, status, iface->link.prog_id,
			  text);
	if (news && status == IFACE_FAILED)
		log_warning(0, "%s: %s", iface->link.name, text);
}

/* What is attached from now on, whether the kernel said so or we did it. */
static void set_program(struct iface *iface, uint32_t prog_id, enum xdp_mode mode)
{
	if (iface->link.prog_id != prog_id) {
		iface->program = source_describe(prog_id);
		iface->program_changes++;
	}
	iface->link.prog_id = prog_id;
	iface->link.mode = mode;
	iface->visible |= prog_id != 0;
}

static bool is_ours(const struct iface *iface)
{
	return iface->source && iface->link.prog_id &&
	       iface->link.prog_id == source_prog_id(iface->source);
}

static bool hook_allows(enum rule_hook hook, enum xdp_mode mode)
{
	return hook == HOOK_ANY || (hook == HOOK_NATIVE) == (mode == XDP_MODE_NATIVE);
}

static const char *mode_name(enum xdp_mode mode)
{
	static const char *const names[] = {
		[XDP_MODE_NONE] = "none",
		[XDP_MODE_NATIVE] = "native",
		[XDP_MODE_GENERIC] = "generic",
		[XDP_MODE_OFFLOAD] = "offload",
		[XDP_MODE_MULTIPLE] = "several modes",
	};

	return names[mode];
}

static void decide_foreign(struct iface *iface)
{
	char text[STATUS_TEXT_MAX];

	snprintf(text, sizeof(text),
		 "program '%s' (id %u, %s) is attached already and is left alone; %s",
		 iface->program.name, iface->link.prog_id, mode_name(iface->link.mode),
		 iface->rule->source == RULE_AUTO ? "observing it is not in this version"
						  : "detach it to have the interface counted");
	set_state(iface, SOURCE_NONE, IFACE_FAILED, text);
}

/* Takes our program away, if there is one. */
static void let_go(struct iface *iface)
{
	if (is_ours(iface))
		set_program(iface, 0, XDP_MODE_NONE);
	if (iface->source)
		source_detach(iface->source);
}

/* For count, and for auto, which counts where there is nothing to observe. */
static void decide_count(struct registry *registry, struct iface *iface)
{
	if (is_ours(iface) && hook_allows(iface->rule->hook, source_mode(iface->source))) {
		if (iface->status == IFACE_FAILED)
			set_state(iface, SOURCE_COUNT, IFACE_ACTIVE, "");
		return;
	}
	let_go(iface);
	if (iface->link.prog_id) {
		set_pending(registry, iface, false);
		decide_foreign(iface);
	} else if (iface->status != IFACE_FAILED || monotonic_ms() >= iface->retry_at) {
		set_pending(registry, iface, true);
		/* What failed before has not got better until it works. */
		if (iface->status != IFACE_FAILED)
			set_state(iface, SOURCE_NONE, IFACE_WAITING,
				  "about to attach the counter program");
	}
}

static void decide(struct registry *registry, struct iface *iface)
{
	if (iface->rule->source == RULE_COUNT || iface->rule->source == RULE_AUTO) {
		decide_count(registry, iface);
		return;
	}
	let_go(iface);
	set_pending(registry, iface, false);
	if (!iface->visible)
		return;
	set_state(iface, SOURCE_NONE, IFACE_FAILED,
		  iface->rule->source == RULE_OBSERVE ? "observe is not in this version"
						      : "map is not in this version");
}

static void attach(struct registry *registry, struct iface *iface)
{
	char text[STATUS_TEXT_MAX] = "";
	int err = 0;

	set_pending(registry, iface, false);
	if (!iface->source)
		err = source_open(&iface->source, text);
	if (!err)
		err = source_attach(iface->source, &iface->link, iface->rule->hook, text);
	if (err) {
		iface->retry_at = monotonic_ms() + RETRY_MS;
		set_state(iface, SOURCE_NONE, IFACE_FAILED, text);
		return;
	}
	set_program(iface, source_prog_id(iface->source), source_mode(iface->source));
	iface->discontinuity = monotonic_ms();
	set_state(iface, SOURCE_COUNT, IFACE_ACTIVE, text);
	log_info("%s: counting (%s)%s%s", iface->link.name, mode_name(iface->link.mode),
		 *text ? ": " : "", text);
}

static void fail_reading(struct registry *registry, struct iface *iface)
{
	(void)registry;
	set_state(iface, iface->kind, IFACE_FAILED, "the counter map cannot be read; see the log");
}

/*
 * Every change of an interface goes through here: link is what the kernel told of it, or NULL if
 * that is not the reason; what() draws the conclusion; then all that the MIB shows is brought up to
 * date.
 */
static void change(struct registry *registry, struct iface *iface, const struct link *link,
		   void (*what)(struct registry *, struct iface *))
{
	const struct link before = iface->link;
	enum source_kind kind = iface->kind;
	enum iface_status status = iface->status;
	bool rows_changed, counted_changed;

	if (link) {
		set_program(iface, link->prog_id, link->mode);
		iface->link = *link;
	}
	iface->visible |= iface->rule->literal;
	what(registry, iface);

	rows_changed = set_member(&registry->rows, iface, iface->visible);
	counted_changed =
		set_member(&registry->counted, iface,
			   iface->visible && iface->discontinuity && iface->status != IFACE_FAILED);
	registry->generation += rows_changed || counted_changed;
	if (iface->link.mode != before.mode || iface->link.prog_id != before.prog_id ||
	    iface->kind != kind || iface->status != status) {
		iface->last_change = monotonic_ms();
		rows_changed |= iface->visible;
	}
	if (rows_changed)
		registry->last_change = monotonic_ms();
}

static void drop(struct registry *registry, struct iface *iface)
{
	set_pending(registry, iface, false);
	if (set_member(&registry->rows, iface, false)) {
		registry->last_change = monotonic_ms();
		registry->generation++;
	}
	set_member(&registry->counted, iface, false);
	set_member(&registry->watched, iface, false);
	registry->missing_known = false;
	source_close(iface->source);
	free(iface);
}

static const struct rule *rule_for(const struct registry *registry, const char *name)
{
	const struct rule *rule = rules_match(registry->rules, name);

	return rule && rule->source != RULE_OFF ? rule : NULL;
}

static void add(struct registry *registry, const struct link *link, const struct rule *rule)
{
	struct iface *iface = malloc(sizeof(*iface));

	if (iface)
		*iface = (struct iface){
			.link = *link,
			.rule = rule,
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
	change(registry, iface, NULL, decide);
}

static bool link_differs(const struct link *a, const struct link *b)
{
	return strcmp(a->name, b->name) || a->mtu != b->mtu || a->mode != b->mode ||
	       a->prog_id != b->prog_id;
}

void registry_link_present(struct registry *registry, const struct link *link)
{
	const struct rule *rule = rule_for(registry, link->name);
	struct iface *iface = iface_set_find(&registry->watched, link->ifindex);

	if (!iface) {
		if (rule)
			add(registry, link, rule);
		return;
	}
	if (!rule) { /* renamed */
		drop(registry, iface);
		return;
	}
	iface->seen = true;
	iface->rule = rule;
	if (link_differs(link, &iface->link)) {
		iface->retry_at = 0;
		registry->missing_known = false;
	}
	change(registry, iface, link, decide);
}

void registry_link_gone(struct registry *registry, unsigned int ifindex)
{
	struct iface *iface = iface_set_find(&registry->watched, ifindex);

	if (iface)
		drop(registry, iface);
}

void registry_set_rules(struct registry *registry, const struct rules *rules)
{
	registry->rules = rules;
	registry->missing_known = false;
	for (size_t i = registry->watched.count; i-- > 0;) {
		struct iface *iface = registry->watched.iface[i];
		const struct rule *rule = rule_for(registry, iface->link.name);

		if (!rule) {
			drop(registry, iface);
			continue;
		}
		iface->rule = rule;
		iface->retry_at = 0;
		change(registry, iface, NULL, decide);
	}
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
			drop(registry, registry->watched.iface[i]);
}

bool registry_step(struct registry *registry)
{
	for (size_t i = 0; registry->pending && i < registry->watched.count; i++) {
		if (registry->watched.iface[i]->pending) {
			change(registry, registry->watched.iface[i], NULL, attach);
			break;
		}
	}
	return registry->pending;
}

int registry_read(struct registry *registry, struct iface *iface, struct counters *counters)
{
	int err = source_read(iface->source, counters);

	if (err) {
		log_error(err, "%s: cannot read the counter map", iface->link.name);
		change(registry, iface, NULL, fail_reading);
	}
	return err;
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

int registry_new(struct registry **out)
{
	static const struct rules none;
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		return -ENOMEM;
	registry->rules = &none;
	*out = registry;
	return 0;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	while (registry->watched.count)
		drop(registry, registry->watched.iface[registry->watched.count - 1]);
	free(registry->watched.iface);
	free(registry->rows.iface);
	free(registry->counted.iface);
	free(registry);
}
