/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/foreign_map.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/broker.h"
#include "lib/util.h"
#include "source/map_meaning.h"
#include "source/stats_map.h"

/* What such a map is called by xdp-tutorial and xdp-tools. */
#define STRING(name) #name
#define EXPAND(name) STRING(name)
#define MAP_NAME EXPAND(XDP_STATS_MAP_NAME)

static int maps_of(uint32_t prog_id, struct map_ids *maps)
{
	_cleanup_close_ int fd = broker_program(prog_id);

	return fd < 0 ? fd : bpf_info_map_ids(fd, maps);
}

static bool uses(uint32_t prog_id, uint32_t map_id)
{
	struct map_ids maps = { .count = 0 };

	return !maps_of(prog_id, &maps) && map_ids_have(&maps, map_id);
}

/* The program at the hook, and those that replace functions of it. */
#define PROGRAMS_AT_HOOK_MAX (1 + FREPLACE_MAX)
static unsigned int programs_at(struct freplace_cache *cache, uint32_t prog_id,
				uint32_t programs[static PROGRAMS_AT_HOOK_MAX])
{
	struct freplace found[FREPLACE_MAX];
	unsigned int count = freplace_find(cache, prog_id, found);

	programs[0] = prog_id;
	for (unsigned int i = 0; i < count; i++)
		programs[i + 1] = found[i].prog_id;
	return count + 1;
}

static bool has_name(uint32_t prog_id, uint32_t map_id, const char *name)
{
	_cleanup_close_ int fd = broker_map(prog_id, map_id);
	struct bpf_map_info info;

	return fd >= 0 && !bpf_info_of_map(fd, &info) && !strcmp(info.name, name);
}

/* err is 0 where the kernel tells its maps, and none of them is one. */
static int explain_none(int err, struct reason *reason)
{
	if (err && broker_lacks())
		return reason_set(reason, err, "to find its map takes %s", broker_lacks());
	if (err)
		return reason_set(reason, err, "the kernel does not tell its maps: %s",
				  strerror(-err));
	return reason_set(reason, -ENOENT,
			  "it has no map named " MAP_NAME "; name the one it counts in by xdpMap");
}

static int find_map(struct freplace_cache *cache, uint32_t prog_id, struct reason *reason)
{
	uint32_t programs[PROGRAMS_AT_HOOK_MAX], found = 0, user = 0;
	unsigned int count = programs_at(cache, prog_id, programs);
	int fd;

	for (unsigned int i = 0; i < count; i++) {
		struct map_ids maps = { .count = 0 };
		int err = maps_of(programs[i], &maps);

		if (err)
			return explain_none(err, reason);
		for (uint32_t j = 0; j < maps.count; j++) {
			if (maps.id[j] == found || !has_name(programs[i], maps.id[j], MAP_NAME))
				continue;
			if (found)
				return reason_set(reason, -ENOTUNIQ,
						  "it has several maps named %s (id %u and %u)",
						  MAP_NAME, found, maps.id[j]);
			found = maps.id[j];
			user = programs[i];
		}
	}
	if (!found)
		return explain_none(0, reason);
	fd = broker_map(user, found);
	return fd < 0 ? explain_none(fd, reason) : fd;
}

static bool is_used_at(struct freplace_cache *cache, uint32_t prog_id, uint32_t map_id)
{
	uint32_t programs[PROGRAMS_AT_HOOK_MAX];
	unsigned int count = programs_at(cache, prog_id, programs);

	for (unsigned int i = 0; i < count; i++)
		if (uses(programs[i], map_id))
			return true;
	return false;
}

/* Whether a program is at the hook of another interface, or behind one that is. */
static bool is_elsewhere(struct common *common, uint32_t prog_id, unsigned int ifindex)
{
	struct freplace found[FREPLACE_MAX];
	unsigned int count;

	if (!common->is_elsewhere)
		return false;
	if (common->is_elsewhere(prog_id, ifindex, common->elsewhere_context))
		return true;
	count = freplace_find_targets(&common->freplace, prog_id, found);
	for (unsigned int i = 0; i < count; i++)
		if (common->is_elsewhere(found[i].target_id, ifindex, common->elsewhere_context))
			return true;
	return false;
}

bool foreign_map_has_others(struct common *common, uint32_t map_id, const struct netdev *netdev)
{
	uint32_t user = map_users_of(&common->map_users, map_id);

	return user == MAP_USERS_SEVERAL ||
	       (user && !is_used_at(&common->freplace, netdev->prog_id, map_id) &&
		is_elsewhere(common, user, netdev->ifindex));
}

static int open_path(const char *path, struct reason *reason)
{
	_cleanup_close_ int fd = bpf_obj_get(path);

	if (fd < 0)
		return reason_set(reason, fd, "cannot open %s: %s", path, strerror(-fd));
	if (!bpf_info_is_map(fd))
		return reason_set(reason, -EINVAL, "what is pinned at %s is no map", path);
	return take_fd(&fd);
}

bool foreign_map_is_at(const char *path, uint32_t map_id)
{
	struct reason reason;
	_cleanup_close_ int fd = open_path(path, &reason);
	uint32_t found;

	return fd >= 0 && !bpf_info_map_id(fd, &found) && found == map_id;
}

uint32_t foreign_map_latest(void)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_now", sizeof(uint32_t),
						sizeof(uint32_t), 1, NULL);
	uint32_t id = 0;

	if (fd >= 0)
		bpf_info_map_id(fd, &id);
	return id;
}

int foreign_map_open(struct foreign_map *out, struct common *common, uint32_t prog_id,
		     const char *path, struct reason *reason)
{
	struct freplace_cache *cache = &common->freplace;
	_cleanup_close_ int fd = path ? open_path(path, reason) : find_map(cache, prog_id, reason);
	struct foreign_map map = { .fd = -1 };
	int err;

	if (fd < 0)
		return fd;
	err = stats_map_check_foreign(fd, &map.values, reason);
	if (err)
		return err;
	err = bpf_info_map_id(fd, &map.id);
	if (err)
		return explain_none(err, reason);
	err = map_meaning_check(fd, &map.on_trust, reason);
	if (err)
		return err;
	if (path && !is_used_at(cache, prog_id, map.id))
		return reason_set(reason, -EINVAL, "it does not use the map at %s (id %u)", path,
				  map.id);
	map.user = map_users_of(&common->map_users, map.id);
	if (map.user == MAP_USERS_SEVERAL)
		return reason_set(
			reason, -EBUSY,
			"several programs count in its map (id %u): whose interface a value is of "
			"cannot be told",
			map.id);
	map.fd = take_fd(&fd);
	*out = map;
	return 0;
}
