/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "iface/registry.h"
#include "lib/log.h"

struct plan {
	const struct rules *rules;
	struct registry *registry;
	bool *found;   /* for each rule: a link was matched by it */
	bool all_seen; /* by the first of two dumps: a program may be on a later link, too */
};

static void print_line(const char *name, const struct rule *rule, const char *what)
{
	bool attaches = rule && (rule->source == RULE_COUNT || rule->source == RULE_AUTO);

	printf("%-16s %-8s %-8s %s\n", name, rule ? rule_source_name(rule->source) : "-",
	       attaches ? xdp_hook_name(rule->hook) : "-", what);
}

static const char *prediction(const struct iface *iface)
{
	static char text[STATUS_TEXT_MAX + 16];

	if (iface->pending && iface->wanted != SOURCE_COUNT) {
		snprintf(text, sizeof(text), "%sprogram '%s' (id %u) will be %s",
			 iface->wanted == SOURCE_MAP ? "the map of " : "",
			 *iface->program.name ? iface->program.name : "?", iface->link.prog_id,
			 iface->wanted == SOURCE_MAP ? "read" : "observed");
		return text;
	}
	if (iface->pending)
		return iface->link.prog_id ? "the counter program is there and will be kept"
					   : "the counter program will be attached";
	if (iface->status == IFACE_WAITING && *iface->text)
		return iface->text;
	if (!iface->visible)
		return "nothing, until a program is attached";
	snprintf(text, sizeof(text), "failed: %s", iface->text);
	return text;
}

static void plan_link(const struct link *link, void *context)
{
	struct plan *plan = context;
	const struct rule *rule = rules_match(plan->rules, link->name);
	const struct iface *iface;

	registry_link_present(plan->registry, link);
	if (!plan->all_seen)
		return;
	if (rule)
		plan->found[rule - plan->rules->rule] = true;
	iface = iface_set_find(registry_watched(plan->registry), link->ifindex);
	print_line(link->name, rule,
		   iface  ? prediction(iface)
		   : rule ? "left alone"
			  : "left alone: no line matches");
}

static void print_missing(const struct plan *plan)
{
	for (size_t i = 0; i < plan->rules->count; i++) {
		const struct rule *rule = &plan->rules->rule[i];

		if (rule->literal && !plan->found[i] &&
		    rules_match(plan->rules, rule->pattern) == rule)
			print_line(rule->pattern, rule, "does not exist");
	}
}

/* What the registry warns of is in the plan already. */
static void log_errors_only(int priority, const char *token, const char *message)
{
	(void)token;
	if (priority <= LOG_ERR)
		fprintf(stderr, "%s\n", message);
}

int plan_print(const struct rules *rules, const struct pins *pins)
{
	struct plan plan = { .rules = rules, .found = calloc(rules->count, sizeof(bool)) };
	struct link_handlers handlers = { .present = plan_link, .context = &plan };
	struct links *links = NULL;
	int err = plan.found ? registry_new(&plan.registry, pins) : -ENOMEM;

	log_set_sink(log_errors_only);
	if (!err)
		err = links_open(&links, &handlers);
	if (!err) {
		registry_only_look(plan.registry);
		registry_set_rules(plan.registry, rules);
		printf("%-16s %-8s %-8s %s\n", "INTERFACE", "SOURCE", "HOOK", "WHAT WOULD HAPPEN");
		err = links_dump(links);
		plan.all_seen = true;
		if (!err)
			err = links_dump(links);
		print_missing(&plan);
	}
	links_close(links);
	registry_free(plan.registry, true);
	free(plan.found);
	return err;
}
