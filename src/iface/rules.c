/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/rules.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "lib/names.h"
#include "lib/util.h"

#define NAME_MAX_LENGTH                                                                            \
	127 /* of an alternative name: ALTIFNAMSIZ in linux/if.h, without the NUL                  \
	     */

/* What an operator wrote can be of any length, and must not push out what is wrong with it. */
#define QUOTED "'%.40s'"

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

/*
 * The rules of dev_valid_name() in the kernel's net/core/dev.c, which hold for alternative names,
 * too; a pattern may be longer.
 */
static const char *pattern_fault(const char *pattern)
{
	if (!*pattern)
		return "an empty name";
	if (strpbrk(pattern, "/: \t"))
		return "a name with '/', ':' or white space";
	if (!strcmp(pattern, ".") || !strcmp(pattern, ".."))
		return "a name of dots";
	if (is_literal(pattern) && strlen(pattern) > NAME_MAX_LENGTH)
		return "a name of more than 127 characters";
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

static int out_of_memory(struct reason *reason)
{
	return reason_set(reason, -ENOMEM, "out of memory");
}

static int append_each(struct rules *rules, char *patterns, enum rule_source source,
		       enum xdp_hook hook, struct reason *reason)
{
	size_t before = rules->count;
	char *pattern;
	int err = 0;

	while (!err && (pattern = strsep(&patterns, ","))) {
		const char *fault = pattern_fault(pattern);

		if (fault)
			err = reason_set(reason, -EINVAL,
					 QUOTED
					 " cannot be an interface: it is %s; expected names or "
					 "patterns such as eth0,wan*",
					 pattern, fault);
		else if (append(rules, pattern, source, hook))
			err = out_of_memory(reason);
	}
	if (err)
		truncate_to(rules, before);
	return err;
}

int rules_add(struct rules *rules, const char *patterns, const char *source, const char *hook,
	      struct reason *reason)
{
	int source_found = source_of(source);
	int hook_found = hook_of(hook);
	_cleanup_free_ char *copy = NULL;

	if (source_found < 0)
		return reason_set(reason, -EINVAL,
				  "unknown source " QUOTED
				  "; expected auto, count, observe, map or off",
				  source);
	if (hook_found < 0)
		return reason_set(reason, -EINVAL,
				  "unknown hook " QUOTED "; expected native, generic or any", hook);
	if (hook_found != HOOK_ANY && source_found != RULE_COUNT && source_found != RULE_AUTO)
		return reason_set(
			reason, -EINVAL,
			"hook '%s' has no meaning for source '%s', which attaches nothing; it goes "
			"with count and auto",
			hook, source);
	copy = strdup(patterns);
	if (!copy)
		return out_of_memory(reason);
	return append_each(rules, copy, (enum rule_source)source_found, (enum xdp_hook)hook_found,
			   reason);
}

int rules_add_option(struct rules *rules, const char *option, struct reason *reason)
{
	_cleanup_free_ char *copy = strdup(option);
	char *rest = copy, *patterns, *source, *hook;

	if (!copy)
		return out_of_memory(reason);
	patterns = strsep(&rest, ":");
	source = strsep(&rest, ":");
	hook = strsep(&rest, ":");
	if (rest)
		return reason_set(reason, -EINVAL,
				  "too many colons in " QUOTED "; expected PATTERN[:SOURCE[:HOOK]]",
				  option);
	return rules_add(rules, patterns, source ? source : "count", hook, reason);
}

static bool is_called(const char *name, const char *ifname, const char *altnames)
{
	return !strcmp(name, ifname) || names_have(altnames, name);
}

bool rule_names(const struct rule *rule, const char *ifname, const char *altnames)
{
	return rule->literal && is_called(rule->pattern, ifname, altnames);
}

const struct rule *rules_match(const struct rules *rules, const char *ifname, const char *altnames)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];

		if (rule->literal ? rule_names(rule, ifname, altnames)
				  : !fnmatch(rule->pattern, ifname, 0))
			return rule;
	}
	return NULL;
}

const char *rules_map_path(const struct rules *rules, const char *ifname, const char *altnames)
{
	for (size_t i = 0; i < rules->map_count; i++)
		if (is_called(rules->map[i].ifname, ifname, altnames))
			return rules->map[i].path;
	return NULL;
}

int rules_add_map(struct rules *rules, const char *ifname, const char *path, struct reason *reason)
{
	const char *fault = pattern_fault(ifname);
	struct rule_map *grown;
	struct rule_map map;

	if (!fault && !is_literal(ifname))
		fault = "a pattern, and no two interfaces may have one map";
	if (!fault && strchr(ifname, ','))
		fault = "a list, and no two interfaces may have one map";
	if (!fault && rules_map_path(rules, ifname, NULL))
		fault = "named by another xdpMap already";
	if (fault)
		return reason_set(reason, -EINVAL, QUOTED " cannot be used: it is %s", ifname,
				  fault);
	if (*path != '/')
		return reason_set(reason, -EINVAL, QUOTED " cannot be used: it is %s", path,
				  "no absolute path");
	grown = realloc(rules->map, (rules->map_count + 1) * sizeof(*grown));
	map = (struct rule_map){ strdup(ifname), strdup(path) };
	if (grown)
		rules->map = grown;
	if (!grown || !map.ifname || !map.path) {
		free(map.ifname);
		free(map.path);
		return out_of_memory(reason);
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
