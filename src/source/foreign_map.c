/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/foreign_map.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/freplace.h"
#include "kernel/pins.h"
#include "lib/util.h"

/* What such a map is called by xdp-tutorial and xdp-tools. */
#define STRING(name) #name
#define EXPAND(name) STRING(name)
#define MAP_NAME EXPAND(XDP_STATS_MAP_NAME)

/* How many programs of the system are looked at; nobody has more. */
#define PROGRAMS_MAX 100000

static int maps_of(uint32_t prog_id, struct map_ids *maps)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(prog_id);

	return fd < 0 ? fd : source_map_ids(fd, maps);
}

static bool uses(uint32_t prog_id, uint32_t map_id)
{
	struct map_ids maps = { .count = 0 };

	return !maps_of(prog_id, &maps) && source_has_map_id(&maps, map_id);
}

unsigned int foreign_map_new_users(uint32_t map_id, uint32_t *seen)
{
	unsigned int users = 0;

	for (unsigned int i = 0; i < PROGRAMS_MAX && !bpf_prog_get_next_id(*seen, seen); i++)
		users += uses(*seen, map_id);
	return users;
}

bool foreign_map_is_shared(uint32_t map_id)
{
	uint32_t seen = 0;

	return foreign_map_new_users(map_id, &seen) > 1;
}

/* The program at the hook, and those that replace functions of it. */
#define PROGRAMS_AT_HOOK_MAX (1 + REPLACEMENTS_MAX)
static unsigned int programs_at(uint32_t prog_id, uint32_t programs[static PROGRAMS_AT_HOOK_MAX])
{
	struct replacement found[REPLACEMENTS_MAX];
	unsigned int count = replacements_find(prog_id, found);

	programs[0] = prog_id;
	for (unsigned int i = 0; i < count; i++)
		programs[i + 1] = found[i].prog_id;
	return count + 1;
}

static bool has_name(uint32_t map_id, const char *name)
{
	_cleanup_close_ int fd = bpf_map_get_fd_by_id(map_id);
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) && !strcmp(info.name, name);
}

static int explain_none(int err, char text[static STATUS_TEXT_MAX])
{
	if (err == -EPERM && !source_has_capability(CAP_SYS_ADMIN))
		snprintf(text, STATUS_TEXT_MAX,
			 "to find its map takes CAP_SYS_ADMIN, which the agent does not have");
	else if (err)
		snprintf(text, STATUS_TEXT_MAX, "the kernel does not tell its maps: %s",
			 strerror(-err));
	else
		snprintf(text, STATUS_TEXT_MAX,
			 "it has no map named " MAP_NAME "; name the one it counts in by xdpMap");
	return err ? err : -ENOENT;
}

static int find_map(uint32_t prog_id, char text[static STATUS_TEXT_MAX])
{
	uint32_t programs[PROGRAMS_AT_HOOK_MAX], found = 0;
	unsigned int count = programs_at(prog_id, programs);
	int fd;

	for (unsigned int i = 0; i < count; i++) {
		struct map_ids maps = { .count = 0 };
		int err = maps_of(programs[i], &maps);

		if (err)
			return explain_none(err, text);
		for (uint32_t j = 0; j < maps.count; j++) {
			if (maps.id[j] == found || !has_name(maps.id[j], MAP_NAME))
				continue;
			if (found) {
				snprintf(text, STATUS_TEXT_MAX,
					 "it has several maps named %s (id %u and %u)", MAP_NAME,
					 found, maps.id[j]);
				return -ENOTUNIQ;
			}
			found = maps.id[j];
		}
	}
	if (!found)
		return explain_none(0, text);
	fd = bpf_map_get_fd_by_id(found);
	return fd < 0 ? explain_none(fd, text) : fd;
}

static bool is_used_at(uint32_t prog_id, uint32_t map_id)
{
	uint32_t programs[PROGRAMS_AT_HOOK_MAX];
	unsigned int count = programs_at(prog_id, programs);

	for (unsigned int i = 0; i < count; i++)
		if (uses(programs[i], map_id))
			return true;
	return false;
}

static int open_path(const char *path, char text[static STATUS_TEXT_MAX])
{
	_cleanup_close_ int fd = bpf_obj_get(path);

	if (fd < 0) {
		snprintf(text, STATUS_TEXT_MAX, "cannot open %.100s: %s", path, strerror(-fd));
		return fd;
	}
	if (!pins_is_map(fd)) {
		snprintf(text, STATUS_TEXT_MAX, "what is pinned at %.100s is no map", path);
		return -EINVAL;
	}
	return take_fd(&fd);
}

bool foreign_map_is_at(const char *path, uint32_t map_id)
{
	char text[STATUS_TEXT_MAX];
	_cleanup_close_ int fd = open_path(path, text);
	uint32_t found;

	return fd >= 0 && !source_map_id(fd, &found) && found == map_id;
}

int foreign_map_open(uint32_t prog_id, const char *path, unsigned int *values, uint32_t *seen,
		     char text[static STATUS_TEXT_MAX])
{
	_cleanup_close_ int fd = path ? open_path(path, text) : find_map(prog_id, text);
	uint32_t map_id = 0;
	unsigned int users;
	int err;

	if (fd < 0)
		return fd;
	err = source_check_foreign_map(fd, values, text);
	if (err)
		return err;
	err = source_map_id(fd, &map_id);
	if (err)
		return explain_none(err, text);
	if (path && !is_used_at(prog_id, map_id)) {
		snprintf(text, STATUS_TEXT_MAX, "it does not use the map at %.100s (id %u)", path,
			 map_id);
		return -EINVAL;
	}
	*seen = 0;
	users = foreign_map_new_users(map_id, seen);
	if (users > 1) {
		snprintf(text, STATUS_TEXT_MAX,
			 "%u programs count in its map (id %u): whose interface a value is of "
			 "cannot be told",
			 users, map_id);
		return -EBUSY;
	}
	return take_fd(&fd);
}
