/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/map_users.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "kernel/broker.h"
#include "lib/sorted.h"

/* How many programs one call looks at; nobody has more. */
#define WALK_MAX 100000

/* So many have to be new before those that are gone are looked for. */
#define FORGET_MIN 64

static unsigned long map_id_of(const void *entry)
{
	return ((const struct map_user *)entry)->map_id;
}

static size_t position_of(const struct map_users *users, uint32_t map_id)
{
	return sorted_position(users->entry, users->count, sizeof(*users->entry), map_id,
			       map_id_of);
}

static bool is_at(const struct map_users *users, size_t at, uint32_t map_id)
{
	return at < users->count && users->entry[at].map_id == map_id;
}

/* So that a host which loads programs all the time does not fill the memory. */
static void forget_what_is_gone(struct map_users *users)
{
	size_t kept = 0;

	for (size_t i = 0; i < users->count; i++)
		if (!broker_program_is_gone(users->entry[i].prog_id))
			users->entry[kept++] = users->entry[i];
	users->count = kept;
	users->forget_at = 2 * kept + FORGET_MIN;
}

static int remember(struct map_users *users, struct map_user user)
{
	size_t at = position_of(users, user.map_id);
	struct map_user *grown;

	for (; is_at(users, at, user.map_id); at++)
		if (users->entry[at].prog_id == user.prog_id)
			return 0;
	grown = sorted_make_room(users->entry, users->count, &users->capacity, sizeof(user), at);
	if (!grown)
		return -ENOMEM;
	users->entry = grown;
	users->entry[at] = user;
	users->count++;
	return 0;
}

static int remember_all(struct map_users *users, uint32_t prog_id, const struct map_ids *maps)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < maps->count; i++)
		err = remember(users, (struct map_user){ maps->id[i], prog_id });
	return err;
}

static void look_at_new_programs(struct map_users *users)
{
	uint32_t id = users->seen;
	bool all_told = true;

	for (unsigned int i = 0; i < WALK_MAX; i++) {
		struct map_ids maps;
		int err = broker_next_program(id, &id, &maps);

		if (!id)
			break;
		if (users->count >= users->forget_at)
			forget_what_is_gone(users);
		if (!err)
			err = remember_all(users, id, &maps);
		/* One that is not told of is looked at again the next time. */
		all_told &= !err || err == -ENOENT;
		if (all_told)
			users->seen = id;
	}
}

uint32_t map_users_of(struct map_users *users, uint32_t map_id)
{
	size_t at;

	look_at_new_programs(users);
	at = position_of(users, map_id);
	/* Of two that are there it does not matter which others are. */
	while (is_at(users, at, map_id) && is_at(users, at + 1, map_id)) {
		size_t gone = broker_program_is_gone(users->entry[at].prog_id) ? at : at + 1;

		if (gone != at && !broker_program_is_gone(users->entry[gone].prog_id))
			return MAP_USERS_SEVERAL;
		sorted_close_gap(users->entry, users->count, sizeof(*users->entry), gone);
		users->count--;
	}
	return is_at(users, at, map_id) ? users->entry[at].prog_id : 0;
}

void map_users_free(struct map_users *users)
{
	free(users->entry);
	*users = (struct map_users){ 0 };
}
