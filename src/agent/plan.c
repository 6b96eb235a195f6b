/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "iface/registry.h"
#include "kernel/capability.h"
#include "lib/log.h"
#include "lib/text.h"

struct plan {
	const struct rules *rules;
	struct registry *registry;
	bool *found;   /* for each rule: a link has the name that it is */
	bool all_seen; /* by the first of two dumps: a program may be on a later link, too */
};

static void print_rule(const char *name, const struct rule *rule)
{
	bool attaches = rule && (rule->source == RULE_COUNT || rule->source == RULE_AUTO);
	char field[TEXT_SIZE(127)]; /* rules have no longer names, nor has the kernel */

	text_escape_field(field, sizeof(field), name);
	printf("%-16s %-8s %-8s ", field, rule ? rule_source_name(rule->source) : "-",
	       attaches ? xdp_hook_name(rule->hook) : "-");
}

static bool may_attach(void)
{
	return capability_is_effective(CAP_BPF) && capability_is_effective(CAP_NET_ADMIN);
}

static void print_prediction(const struct iface *iface)
{
	if (iface->pending && iface->wanted != SOURCE_COUNT)
		text_printf("%sprogram '%s' (id %u) will be %s\n",
			    iface->wanted == SOURCE_MAP ? "the map of " : "",
			    *iface->program.name ? iface->program.name : "?", iface->netdev.prog_id,
			    iface->wanted == SOURCE_MAP ? "read" : "observed");
	else if (iface->pending && !may_attach())
		printf("failed: CAP_BPF and CAP_NET_ADMIN are needed\n");
	else if (iface->pending)
		printf("the counter program %s\n",
		       iface->netdev.prog_id ? "is there and will be kept" : "will be attached");
	else if (iface->status == IFACE_WAITING && *iface->reason.text)
		text_printf("%s\n", iface->reason.text);
	else if (!iface->visible)
		puts("nothing, until a program is attached");
	else
		text_printf("failed: %s\n", iface->reason.text);
}

static void plan_netdev(const struct netdev *netdev, void *context)
{
	struct plan *plan = context;
	const struct rule *rule = rules_match(plan->rules, netdev->name, netdev->altnames);
	const struct iface *iface;

	registry_present(plan->registry, netdev);
	if (!plan->all_seen)
		return;
	for (size_t i = 0; i < plan->rules->count; i++)
		plan->found[i] |= rule_names(&plan->rules->rule[i], netdev->name, netdev->altnames);
	iface = iface_set_find(&registry_rows(plan->registry)->watched, netdev->ifindex);
	print_rule(netdev->name, rule);
	if (rule && rule->literal && strcmp(rule->pattern, netdev->name) != 0)
		text_printf("as %s: ", rule->pattern);
	if (iface)
		print_prediction(iface);
	else
		puts(rule ? "left alone" : "left alone: no line matches");
}

static void print_missing(const struct plan *plan)
{
	for (size_t i = 0; i < plan->rules->count; i++) {
		const struct rule *rule = &plan->rules->rule[i];

		if (!rule->literal || plan->found[i] ||
		    rules_match(plan->rules, rule->pattern, NULL) != rule)
			continue;
		print_rule(rule->pattern, rule);
		puts("does not exist");
	}
}

/* What the registry warns of is in the plan already. */
static void log_errors_only(int priority, const char *token, const char *message)
{
	(void)token;
	if (priority <= LOG_ERR)
		text_fprintf(stderr, "%s\n", message);
}

/* What changes all the time is told as it was seen. */
static int look(struct rtnl *rtnl)
{
	int err = rtnl_dump_all(rtnl);

	return err == -EINTR ? 0 : err;
}

int plan_print(const struct rules *rules, const struct pins *pins)
{
	struct plan plan = { .rules = rules, .found = calloc(rules->count, sizeof(bool)) };
	struct rtnl_handlers handlers = { .present = plan_netdev, .context = &plan };
	struct rtnl *rtnl = NULL;
	struct common common;
	int err = plan.found ? registry_new(&plan.registry, &common, pins) : -ENOMEM;

	common_open(&common, NULL); /* what is tried out is pinned nowhere */
	log_set_sink(log_errors_only);
	if (!err)
		err = rtnl_open(&rtnl, &handlers);
	if (!err) {
		registry_only_look(plan.registry);
		registry_set_rules(plan.registry, rules);
		printf("%-16s %-8s %-8s %s\n", "INTERFACE", "SOURCE", "HOOK", "WHAT WOULD HAPPEN");
		err = look(rtnl);
		plan.all_seen = true;
		if (!err)
			err = look(rtnl);
		print_missing(&plan);
	}
	rtnl_close(rtnl);
	registry_free(plan.registry, true);
	common_close(&common);
	free(plan.found);
	return err;
}
