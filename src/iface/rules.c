/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/rules.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "lib/util.h"

static const char *const source_names[] = {
	[RULE_OFF] = "off",         [RULE_AUTO] = "auto", [RULE_COUNT] = "count",
	[RULE_OBSERVE] = "observe", [RULE_MAP] = "map",
};
static_assert(sizeof(source_names) / sizeof(*source_names) == RULE_MAP + 1, "a name each");

const char *rule_source_name(enum rule_source source)
{
	return source_names[source];
}

static int source_of(const char *name)
{
	for (int source = RULE_OFF; source <= RULE_MAP; source++)
		if (!strcmp(source_names[source], name))
			return source;
	return -1;
}

/* None is any. */
static int hook_of(const char *name)
{
	if (!name || !*name)
		return HOOK_ANY;
	for (int hook = HOOK_ANY; hook <= HOOK_GENERIC; hook++)
		if (!strcmp(xdp_hook_name(hook), name))
			return hook;
	return -1;
}

static bool is_literal(const char *pattern)
{
	return !strpbrk(pattern, "*?[");
}

/* What dev_valid_name() in the kernel's net/core/dev.c asks of a name; a pattern may be longer. */
static const char *pattern_fault(const char *pattern)
{
	if (!*pattern)
		return "an empty name";
	if (strpbrk(pattern, "/: \t"))
		return "a name with '/', ':' or white space";
	if (!strcmp(pattern, ".") || !strcmp(pattern, ".."))
		return "a name of dots";
	if (is_literal(pattern) && strlen(pattern) >= IFNAMSIZ)
		return "a name of more than 15 characters";
	return NULL;
}

static int append(struct rules *rules, const char *pattern, enum rule_source source,
		  enum xdp_hook hook)
{
	struct rule *grown = realloc(rules->rule, (rules->count + 1) * sizeof(*grown));
	char *copy = strdup(pattern);

	if (grown)
		rules->rule = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	grown[rules->count++] = (struct rule){
		.pattern = copy,
		.literal = is_literal(pattern),
		.source = source,
		.hook = hook,
	};
	return 0;
}

static void truncate_to(struct rules *rules, size_t count)
{
	while (rules->count > count)
		free(rules->rule[--rules->count].pattern);
}

static int append_each(struct rules *rules, char *patterns, enum rule_source source,
		       enum xdp_hook hook, char error[static RULES_ERROR_MAX])
{
	size_t before = rules->count;
	char *pattern;
	int err = 0;

	while (!err && (pattern = strsep(&patterns, ","))) {
		const char *fault = pattern_fault(pattern);

		if (fault) {
			snprintf(error, RULES_ERROR_MAX,
				 "'%.40s' cannot be an interface: it is %s; expected names or "
				 "patterns such as eth0,wan*",
				 pattern, fault);
			err = -EINVAL;
		} else {
			err = append(rules, pattern, source, hook);
			if (err)
				snprintf(error, RULES_ERROR_MAX, "out of memory");
		}
	}
	if (err)
		truncate_to(rules, before);
	return err;
}

int rules_add(struct rules *rules, const char *patterns, const char *source, const char *hook,
	      char error[static RULES_ERROR_MAX])
{
	int source_found = source_of(source);
	int hook_found = hook_of(hook);
	_cleanup_free_ char *copy = NULL;

	if (source_found < 0) {
		snprintf(error, RULES_ERROR_MAX,
			 "unknown source '%.40s'; expected auto, count, observe, map or off",
			 source);
		return -EINVAL;
	}
	if (hook_found < 0) {
		snprintf(error, RULES_ERROR_MAX,
			 "unknown hook '%.40s'; expected native, generic or any", hook);
		return -EINVAL;
	}
	if (hook_found != HOOK_ANY && source_found != RULE_COUNT && source_found != RULE_AUTO) {
		snprintf(
			error, RULES_ERROR_MAX,
			"hook '%s' has no meaning for source '%s', which attaches nothing; it goes "
			"with count and auto",
			hook, source);
		return -EINVAL;
	}
	copy = strdup(patterns);
	if (!copy) {
		snprintf(error, RULES_ERROR_MAX, "out of memory");
		return -ENOMEM;
	}
	return append_each(rules, copy, (enum rule_source)source_found, (enum xdp_hook)hook_found,
			   error);
}

int rules_add_option(struct rules *rules, const char *option, char error[static RULES_ERROR_MAX])
{
	_cleanup_free_ char *copy = strdup(option);
	char *rest = copy, *patterns, *source, *hook;

	if (!copy) {
		snprintf(error, RULES_ERROR_MAX, "out of memory");
		return -ENOMEM;
	}
	patterns = strsep(&rest, ":");
	source = strsep(&rest, ":");
	hook = strsep(&rest, ":");
	if (rest) {
		snprintf(error, RULES_ERROR_MAX,
			 "too many colons in '%.60s'; expected PATTERN[:SOURCE[:HOOK]]", option);
		return -EINVAL;
	}
	return rules_add(rules, patterns, source ? source : "count", hook, error);
}

const struct rule *rules_match(const struct rules *rules, const char *ifname)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];

		if (rule->literal ? !strcmp(rule->pattern, ifname)
				  : !fnmatch(rule->pattern, ifname, 0))
			return rule;
	}
	return NULL;
}

const char *rules_map_path(const struct rules *rules, const char *ifname)
{
	for (size_t i = 0; i < rules->map_count; i++)
		if (!strcmp(rules->map[i].ifname, ifname))
			return rules->map[i].path;
	return NULL;
}

int rules_add_map(struct rules *rules, const char *ifname, const char *path,
		  char error[static RULES_ERROR_MAX])
{
	const char *fault = pattern_fault(ifname);
	struct rule_map *grown;
	struct rule_map map;

	if (!fault && !is_literal(ifname))
		fault = "a pattern, and no two interfaces may have one map";
	if (!fault && strchr(ifname, ','))
		fault = "a list, and no two interfaces may have one map";
	if (!fault && rules_map_path(rules, ifname))
		fault = "named by another xdpMap already";
	if (fault || *path != '/') {
		snprintf(error, RULES_ERROR_MAX, "'%.60s' cannot be used: it is %s",
			 fault ? ifname : path, fault ? fault : "no absolute path");
		return -EINVAL;
	}
	grown = realloc(rules->map, (rules->map_count + 1) * sizeof(*grown));
	map = (struct rule_map){ strdup(ifname), strdup(path) };
	if (grown)
		rules->map = grown;
	if (!grown || !map.ifname || !map.path) {
		free(map.ifname);
		free(map.path);
		snprintf(error, RULES_ERROR_MAX, "out of memory");
		return -ENOMEM;
	}
	grown[rules->map_count++] = map;
	return 0;
}

void rules_free(struct rules *rules)
{
	truncate_to(rules, 0);
	free(rules->rule);
	while (rules->map_count) {
		free(rules->map[--rules->map_count].ifname);
		free(rules->map[rules->map_count].path);
	}
	free(rules->map);
	*rules = (struct rules){ 0 };
}
