/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/counter_map.h"

#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/cpus.h"
#include "lib/log.h"
#include "lib/util.h"
#include "source/stats_map.h"

void counter_map_close(struct counter_map *map)
{
	struct counters served;

	if (map->fd >= 0) {
		counter_map_read(map, &served, NULL);
		counter_map_save(map);
		close(map->fd);
	}
	if (map->record_fd >= 0)
		close(map->record_fd);
	free(map->last_each);
	map->last_each = NULL;
}

void counter_map_unpin(struct counter_map *map)
{
	if (!map->pins)
		return;
	pins_remove(map->pins, map->ifindex, PIN_MAP);
	pins_remove(map->pins, map->ifindex, PIN_STATE);
	pins_remove_interface(map->pins, map->ifindex);
}

/* --- the record --- */

/* In the place of one that cannot be written to: somebody has frozen it. 0 or -errno. */
static int replace_record(struct counter_map *map)
{
	struct reason why;
	_cleanup_close_ int fd = record_make(&map->record, &why);
	int err = fd < 0 ? fd : pins_replace(map->pins, map->ifindex, PIN_STATE, fd, &why);

	if (err)
		return err;
	log_info("pin %s could not be written to and was made anew",
		 pins_path(map->pins, map->ifindex, PIN_STATE));
	close(map->record_fd);
	map->record_fd = take_fd(&fd);
	return 0;
}

void counter_map_save(struct counter_map *map)
{
	int err = map->record_fd < 0 ? 0 : record_write(map->record_fd, &map->record);

	if (err && map->pins && !replace_record(map))
		err = 0;
	if (log_is_news(&map->save_err, err))
		log_error(err, "interface %u: cannot write the state record", map->ifindex);
	if (!err)
		map->saved = map->record;
}

void counter_map_discontinue(struct counter_map *map)
{
	map->record.discontinuity = monotonic_ms();
}

int counter_map_refresh(struct counter_map *map, const struct netdev *netdev, struct reason *reason)
{
	int err;

	if (!record_is_of(&map->record, netdev))
		record_set_name(&map->record, netdev);
	/* What was read since: somebody may reset the map before this process ends. */
	if (memcmp(&map->record, &map->saved, sizeof(map->record)))
		counter_map_save(map);
	if (!map->pins)
		return 0;
	err = pins_repin(map->pins, map->ifindex, PIN_MAP, map->fd, reason);
	return err ? err : pins_repin(map->pins, map->ifindex, PIN_STATE, map->record_fd, reason);
}

void counter_map_note_pins(struct counter_map *map, const struct netdev *netdev, int err,
			   const struct reason *reason)
{
	if (err && !map->unpinned)
		log_warning(0, "%s: %s; its counters will not outlive this process", netdev->name,
			    reason->text);
	if (err && !map->refused)
		reason_set(&map->remark, 0, "%s; its counters end with the agent", reason->text);
	if (!err && map->unpinned && !map->refused)
		reason_clear(&map->remark);
	map->unpinned = err;
}

void counter_map_refuse(struct counter_map *map, const struct netdev *netdev,
			const struct reason *reason)
{
	map->remark = *reason;
	map->refused = true;
	log_warning(0, "%s: %s", netdev->name, reason->text);
}

/* --- from one map to another: to somebody else's, and back to one of ours --- */

/* What is in the way is told when it is tried again. */
static void pin_instead(struct counter_map *map, int fd)
{
	struct reason why;

	if (!map->pins)
		return;
	pins_remove(map->pins, map->ifindex, PIN_MAP);
	pins_put(map->pins, map->ifindex, PIN_MAP, fd, &why);
}

bool counter_map_still_read(struct counter_map *map)
{
	uint32_t user = map->prog_id ? map_users_of(map->users, map->record.map_id) : 0;

	if (user && user != map->user)
		map->prog_id = 0;
	return map->prog_id;
}

/* What is in the map already: frames of this interface alone; or of others, too, or nothing. */
enum past { OWN_PAST, OTHER_PAST };

/* The descriptor is the map's from then on, on success only. */
static int switch_to(struct counter_map *map, int fd, unsigned int values, bool foreign,
		     enum past past)
{
	struct carry *carry = &map->record.carry;
	struct counters first, last;
	uint32_t map_id;
	int err = bpf_info_map_id(fd, &map_id);

	if (!err)
		err = stats_map_read(fd, values, &first, NULL);
	if (err)
		return err;
	if ((!map->foreign || counter_map_still_read(map)) &&
	    !stats_map_read(map->fd, map->values, &last, NULL))
		carry_update(carry, &last);
	counter_map_save(map);
	/* Whose the map is, the record decides: so after a crash ours is still ours. */
	if (!foreign)
		pin_instead(map, fd);
	if (past == OWN_PAST && !map->record.discontinuity)
		*carry = (struct carry){ .last = first };
	else
		carry_switch(carry, &first);
	map->record.map_id = map_id;
	map->record.foreign = foreign;
	if (foreign)
		map->record.kind = SOURCE_MAP;
	counter_map_discontinue(map);
	counter_map_save(map);
	if (foreign)
		pin_instead(map, fd);
	close(map->fd);
	free(map->last_each);
	map->last_each = NULL;
	map->fd = fd;
	map->values = values;
	map->foreign = foreign;
	map->prog_id = 0;
	return 0;
}

int counter_map_use_own(struct counter_map *map, const struct common *common, struct reason *reason)
{
	_cleanup_close_ int fd = count_program_create_map(&common->count, reason);
	int err = fd;

	if (fd < 0)
		return err;
	err = switch_to(map, fd, (unsigned int)cpus_count(), false, OTHER_PAST);
	if (err)
		return reason_set(reason, err, "cannot read the counter map: %s", strerror(-err));
	take_fd(&fd);
	return 0;
}

bool counter_map_resumes(const struct counter_map *map, uint32_t map_id)
{
	return map->untouched && map->foreign && map->record.map_id == map_id;
}

int counter_map_use_foreign(struct counter_map *map, struct common *common,
			    struct foreign_map *foreign, const struct netdev *netdev,
			    uint32_t after)
{
	bool resumes = counter_map_resumes(map, foreign->id), alone;
	int err;

	common_need_maps_read(common);
	alone = maps_read_claim(&common->maps_read, foreign->id, netdev);
	if (!resumes) {
		err = switch_to(map, foreign->fd, foreign->values, true,
				alone && foreign->id > after ? OWN_PAST : OTHER_PAST);
		if (err)
			return err;
		take_fd(&foreign->fd);
	}
	map->untouched = false;
	map->prog_id = netdev->prog_id;
	map->user = foreign->user;
	return 0;
}

/* --- reading --- */

/*
 * A reset may show in the counter of a CPU and not in the sum, for others have counted past it.
 * True: there was one. The reading is kept for the next.
 */
static bool fold_by_cpu(struct counter_map *map, const struct cpu_counters *each)
{
	size_t size = sizeof(*each) + (size_t)XDP_STATS_ACTIONS * each->cpus * sizeof(*each->slot);
	bool fell = false;

	for (unsigned int i = 0; map->last_each && i < XDP_STATS_ACTIONS; i++) {
		if (cpu_counters_fell(map->last_each, each, i)) {
			carry_fold(&map->record.carry, i);
			fell = true;
		}
	}
	if (!map->last_each)
		map->last_each = malloc(size);
	if (map->last_each)
		memcpy(map->last_each, each, size);
	return fell;
}

int counter_map_read(struct counter_map *map, struct counters *served, struct cpu_counters **each)
{
	struct counters reading;
	bool fell;
	int err;

	/* Whose program counts there is not known before counter_map_use_foreign(). */
	if (map->foreign && map->untouched) {
		carry_serve(&map->record.carry, served);
		if (each)
			*each = NULL;
		return 0;
	}
	if (map->foreign && !counter_map_still_read(map))
		return -EBUSY;
	err = stats_map_read(map->fd, map->values, &reading, each);
	if (err)
		return err;
	fell = each && *each && fold_by_cpu(map, *each);
	if (carry_update(&map->record.carry, &reading) || fell) {
		counter_map_discontinue(map);
		counter_map_save(map);
	}
	carry_serve(&map->record.carry, served);
	if (each && !carry_is_plain(&map->record.carry)) {
		free(*each);
		*each = NULL;
	}
	return 0;
}
