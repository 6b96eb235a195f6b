/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/freplace.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static void forget_what_is_gone(struct freplace_cache *cache)
{
	struct freplace still;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < cache->count; i++)
		if (broker_link(cache->entry[i].link_id, &still) != -ENOENT)
			cache->entry[kept++] = cache->entry[i];
	cache->count = kept;
}

static bool is_known(const struct freplace_cache *cache, uint32_t link_id)
{
	for (unsigned int i = 0; i < cache->count; i++)
		if (cache->entry[i].link_id == link_id)
			return true;
	return false;
}

static int remember(struct freplace_cache *cache, const struct freplace *replacement)
{
	if (is_known(cache, replacement->link_id))
		return 0;
	if (cache->count == cache->size)
		forget_what_is_gone(cache);
	if (cache->count == cache->size) {
		unsigned int size = cache->size ? 2 * cache->size : 16;
		void *grown = realloc(cache->entry, size * sizeof(*cache->entry));

		if (!grown)
			return -ENOMEM;
		cache->entry = grown;
		cache->size = size;
	}
	cache->entry[cache->count++] = *replacement;
	return 0;
}

static void look_at_new_links(struct freplace_cache *cache)
{
	uint32_t id = cache->seen, before;
	bool all_told = true;
	int err;

	do {
		struct freplace replacement;

		before = id;
		err = broker_next_link(before, &id, &replacement);
		if (!err && replacement.link_id)
			err = remember(cache, &replacement);
		/* A link that is just being made has an id, and says EAGAIN: next time. */
		all_told &= !err || err == -ENOENT;
		if (all_told)
			cache->seen = id;
	} while (err != -ENOENT && id != before);
}

static bool has_target(const struct freplace *replacement, uint32_t target_id)
{
	return replacement->target_id == target_id;
}

static bool has_program(const struct freplace *replacement, uint32_t prog_id)
{
	return replacement->prog_id == prog_id;
}

static unsigned int find(struct freplace_cache *cache,
			 bool (*has)(const struct freplace *replacement, uint32_t id), uint32_t id,
			 struct freplace found[static FREPLACE_MAX])
{
	unsigned int count = 0;

	look_at_new_links(cache);
	for (unsigned int i = 0; i < cache->count && count < FREPLACE_MAX; i++)
		if (has(&cache->entry[i], id) &&
		    !broker_link(cache->entry[i].link_id, &found[count]) && has(&found[count], id))
			count++;
	return count;
}

unsigned int freplace_find(struct freplace_cache *cache, uint32_t target_id,
			   struct freplace found[static FREPLACE_MAX])
{
	return find(cache, has_target, target_id, found);
}

unsigned int freplace_find_targets(struct freplace_cache *cache, uint32_t prog_id,
				   struct freplace found[static FREPLACE_MAX])
{
	return find(cache, has_program, prog_id, found);
}

void freplace_free(struct freplace_cache *cache)
{
	free(cache->entry);
	*cache = (struct freplace_cache){ 0 };
}
