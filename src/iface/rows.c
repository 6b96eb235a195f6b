/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iface/iface.h"
#include "lib/log.h"
#include "lib/util.h"

/* Makes the interface a member of the set or not; true if that is news. */
static bool set_member(struct iface_set *set, struct iface *iface, bool member)
{
	bool was = iface_set_find(set, iface->netdev.ifindex) == iface;

	if (was && !member)
		iface_set_remove(set, iface);
	else if (!was && member && iface_set_insert(set, iface))
		log_error(-ENOMEM, "%s: cannot add a row", iface->netdev.name);
	return was != member;
}

bool rows_update(struct rows *rows, struct iface *iface, bool changed)
{
	bool shown = iface->rule && iface->visible;
	bool counted = shown && iface->discontinuity && iface->status != IFACE_FAILED;
	bool row_news = set_member(&rows->shown, iface, shown);
	bool counted_news = set_member(&rows->counted, iface, counted);

	if (counted_news || row_news)
		rows->generation++;
	if (row_news || (changed && shown))
		rows->last_change = monotonic_ms();
	return counted_news || row_news;
}

unsigned int rows_failed(const struct rows *rows)
{
	unsigned int failed = 0;

	for (size_t i = 0; i < rows->shown.count; i++)
		failed += rows->shown.iface[i]->status == IFACE_FAILED;
	return failed;
}

static bool is_watched(const struct rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->watched.count; i++)
		if (!strcmp(rows->watched.iface[i]->netdev.name, name))
			return true;
	return false;
}

unsigned int rows_missing(const struct rows *rows, const struct rules *rules,
			  const struct altnames *altnames)
{
	unsigned int missing = 0;

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];

		/* A name that an earlier line takes is not asked for here. */
		if (!rule->literal || rule->source == RULE_OFF ||
		    rules_match(rules, rule->pattern, NULL) != rule)
			continue;
		missing +=
			!is_watched(rows, rule->pattern) && !altnames_have(altnames, rule->pattern);
	}
	return missing;
}

void rows_remove(struct rows *rows, struct iface *iface)
{
	if (set_member(&rows->shown, iface, false)) {
		rows->last_change = monotonic_ms();
		rows->generation++;
	}
	set_member(&rows->counted, iface, false);
	set_member(&rows->watched, iface, false);
}

void rows_free(struct rows *rows)
{
	free(rows->watched.iface);
	free(rows->shown.iface);
	free(rows->counted.iface);
	*rows = (struct rows){ 0 };
}
