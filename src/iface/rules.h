/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator asked for, interface by interface: an ordered list, the first match wins. */
#ifndef XDP_AGENTX_IFACE_RULES_H
#define XDP_AGENTX_IFACE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/xdp.h"
#include "lib/reason.h"

enum rule_source { RULE_OFF, RULE_AUTO, RULE_COUNT, RULE_OBSERVE, RULE_MAP };

struct rule {
	char *pattern; /* glob(7) pattern or the very name of an interface */
	bool literal;  /* pattern is a name */
	enum rule_source source;
	enum xdp_hook hook;
};

/* The map in which the program of an interface counts by itself. */
struct rule_map {
	char *ifname, *path;
};

/* Owns its rules; { 0 } is an empty list. */
struct rules {
	struct rule *rule;
	size_t count;
	struct rule_map *map;
	size_t map_count;
};

/*
 * Appends a rule for each pattern in the comma-separated list. hook is NULL or empty for the
 * default. On -EINVAL nothing is appended and reason says what is wrong and what would be right;
 * -ENOMEM says so there, too.
 */
int rules_add(struct rules *rules, const char *patterns, const char *source, const char *hook,
	      struct reason *reason);

/* The same for the argument of option -i, PATTERN[:SOURCE[:HOOK]]; SOURCE defaults to count. */
int rules_add_option(struct rules *rules, const char *option, struct reason *reason);

/* The rule is a name, and the interface has it, as its own or among altnames; see below. */
bool rule_names(const struct rule *rule, const char *ifname, const char *altnames);

/*
 * The rule for the interface of that name, or NULL. It belongs to rules. altnames is a list as
 * lib/names.h has it, or NULL; patterns are not compared with it.
 */
const struct rule *rules_match(const struct rules *rules, const char *ifname, const char *altnames);

/* Says where the map of an interface is pinned. 0 or -errno, as rules_add(). */
int rules_add_map(struct rules *rules, const char *ifname, const char *path, struct reason *reason);

/* Where it is pinned, or NULL; the first line that has one of its names. It belongs to rules. */
const char *rules_map_path(const struct rules *rules, const char *ifname, const char *altnames);

void rules_free(struct rules *rules);

const char *rule_source_name(enum rule_source source);

#endif
