/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/counter_map.h"

#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/cpus.h"
#include "lib/log.h"
#include "lib/util.h"
#include "source/count.h"
#include "source/pinned.h"
#include "source/stats_map.h"

/* --- opening: what is pinned is taken into use, what is missing is made --- */

/* From here on nothing of it is pinned, and why is remembered. */
static void give_up_pins(struct counter_map *map, const struct netdev *netdev,
			 const struct reason *reason)
{
	map->pins = NULL;
	if (map->record_fd >= 0)
		close(map->record_fd);
	map->record_fd = -1;
	map->remark = *reason;
	log_warning(0, "%s: %s; its counters will not outlive this process", netdev->name,
		    reason->text);
}

/* The map that the program of a pinned link writes into: it is there even if its pin is lost. */
static int open_linked_map(const struct counter_map *map)
{
	struct reason reason;
	_cleanup_close_ int link_fd = pins_get(map->pins, map->ifindex, PIN_LINK, &reason);
	int map_fd = link_fd < 0 ? link_fd : count_map_of(link_fd);

	if (map_fd >= 0 && pins_put(map->pins, map->ifindex, PIN_MAP, map_fd, &reason))
		log_warning(0, "%s", reason.text);
	return map_fd < 0 ? -ENOENT : map_fd;
}

/* The pinned map: a descriptor, -ENOENT, or another -errno with the reason. */
static int open_pinned_map(struct counter_map *map, struct reason *reason)
{
	bool foreign = map->record_fd >= 0 && map->record.foreign;
	int fd = stats_map_get_pinned(map->pins, map->ifindex, foreign, &map->values, reason);

	return fd == -ENOENT ? open_linked_map(map) : fd;
}

/* Whether a pinned link still holds an interface, which then is the one that all pins are of. */
static bool has_live_link(const struct pins *pins, unsigned int ifindex)
{
	struct reason reason;
	_cleanup_close_ int link_fd = pins_get(pins, ifindex, PIN_LINK, &reason);

	return link_fd >= 0 && count_ifindex_at(link_fd) == ifindex;
}

/* The counters are another interface's; the operator's mark is about the ifIndex. */
static void forget_another(struct common *common, const struct pins *pins, unsigned int ifindex)
{
	_cleanup_pinned_ struct pinned pinned;
	bool released = pins_is_released(pins, ifindex);

	pinned_open(&pinned, common, pins, ifindex);
	pinned_forget(&pinned);
	if (released)
		pins_release(pins, ifindex);
}

static void open_pins(struct counter_map *map, struct common *common, const struct netdev *netdev)
{
	struct reason reason;

	map->record_fd = record_open(&map->record, map->pins, netdev->ifindex, &reason);
	if (map->record_fd >= 0 && !record_is_of(&map->record, netdev) &&
	    !has_live_link(map->pins, netdev->ifindex)) {
		log_info("%s: interface %u is another one than before; its counters start anew",
			 netdev->name, netdev->ifindex);
		forget_another(common, map->pins, netdev->ifindex);
		close(map->record_fd);
		map->record = (struct record){ 0 };
		map->record_fd = -ENOENT;
	}
	if (map->record_fd >= 0 || map->record_fd == -ENOENT)
		map->fd = open_pinned_map(map, &reason);
	if ((map->record_fd < 0 && map->record_fd != -ENOENT) ||
	    (map->fd < 0 && map->fd != -ENOENT)) {
		give_up_pins(map, netdev, &reason);
		map->refused = true;
	}
}

static int make_map(struct counter_map *map, const struct common *common,
		    const struct netdev *netdev, struct reason *reason)
{
	struct reason why;

	if (map->fd >= 0)
		close(map->fd);
	map->fd = count_program_create_map(&common->count, reason);
	map->values = (unsigned int)cpus_count();
	if (map->fd < 0)
		return map->fd;
	if (map->pins && pins_put(map->pins, map->ifindex, PIN_MAP, map->fd, &why))
		give_up_pins(map, netdev, &why);
	return stats_map_check(map->fd, reason);
}

/* Writes the record, into a new one where there is none, or an older version's. */
static int write_record(struct counter_map *map, const struct netdev *netdev)
{
	struct reason reason;
	bool present = map->record_fd >= 0;

	if (present && map->record.version == RECORD_VERSION)
		return record_write(map->record_fd, &map->record);
	if (!map->pins)
		return 0;
	map->record.version = RECORD_VERSION;
	if (present)
		close(map->record_fd);
	map->record_fd = (present ? record_replace : record_create)(&map->record, map->pins,
								    map->ifindex, &reason);
	if (map->record_fd < 0)
		give_up_pins(map, netdev, &reason);
	return 0;
}

/* Whether frames of others may have come into a map of somebody's while no agent ran. */
static bool others_count(struct common *common, uint32_t map_id, const struct netdev *netdev)
{
	if (foreign_map_is_shared(map_id))
		return true;
	if (foreign_map_is_used_at(&common->freplace, netdev->prog_id, map_id))
		return false;
	return common->is_elsewhere &&
	       common->is_elsewhere(map_id, netdev->ifindex, common->elsewhere_context);
}

/* Brings the record up to date with the map, and has it pinned. */
static int start_record(struct counter_map *map, struct common *common, const struct netdev *netdev)
{
	struct record *record = &map->record;
	struct counters reading;
	uint32_t map_id = 0;
	int err = bpf_info_map_id(map->fd, &map_id);

	if (!err)
		err = stats_map_read(map->fd, map->values, &reading, NULL);
	if (err)
		return err;
	/* Where the ids differ, a crash came between record and pin, and the map is ours. */
	map->foreign = record->foreign && record->map_id == map_id;
	record->foreign = map->foreign;
	if (map->foreign && others_count(common, map_id, netdev))
		reading = record->carry.last;
	if (record->map_id && record->map_id != map_id) {
		carry_switch(&record->carry, &reading);
		counter_map_discontinue(map);
	} else if (carry_update(&record->carry, &reading)) {
		counter_map_discontinue(map);
	}
	record->map_id = map_id;
	record_set_name(record, netdev);
	return write_record(map, netdev);
}

static int open_all(struct counter_map *map, struct common *common, const struct netdev *netdev,
		    struct reason *reason)
{
	struct reason why;
	int err = common_need_count(common, reason);

	if (err)
		return err;
	if (!map->pins) {
		reason_set(&map->remark, 0, "not pinned: counters will not outlive the agent");
	} else if (!count_program_can_be_found(&common->count)) {
		/* What is pinned has to be known again. */
		reason_set(&why, 0, "not pinned: to know its program again takes CAP_SYS_ADMIN");
		give_up_pins(map, netdev, &why);
	}
	if (map->pins)
		open_pins(map, common, netdev);
	if (map->fd < 0 || !map->pins)
		err = make_map(map, common, netdev, reason);
	if (err)
		return err;
	err = start_record(map, common, netdev);
	return err ? reason_set(reason, err, "cannot read the counter map: %s", strerror(-err)) : 0;
}

int counter_map_open(struct counter_map *map, struct common *common, const struct netdev *netdev,
		     struct reason *reason)
{
	int err;

	*map = (struct counter_map){
		.ifindex = netdev->ifindex,
		.pins = common->pins,
		.fd = -ENOENT,
		.record_fd = -ENOENT,
		.values = (unsigned int)cpus_count(),
		.untouched = true,
	};
	err = open_all(map, common, netdev, reason);
	if (err)
		counter_map_close(map);
	return err;
}

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

void counter_map_save(struct counter_map *map)
{
	int err = map->record_fd < 0 ? 0 : record_write(map->record_fd, &map->record);

	if (err)
		log_error(err, "interface %u: cannot write the state record", map->ifindex);
	else
		map->saved = map->record;
}

void counter_map_discontinue(struct counter_map *map)
{
	map->record.discontinuity = monotonic_ms();
}

void counter_map_refresh(struct counter_map *map, const struct netdev *netdev)
{
	if (!record_is_of(&map->record, netdev))
		record_set_name(&map->record, netdev);
	/* What was read since: somebody may reset the map before this process ends. */
	if (memcmp(&map->record, &map->saved, sizeof(map->record)))
		counter_map_save(map);
	if (!map->pins)
		return;
	pins_repin(map->pins, map->ifindex, PIN_MAP, map->fd);
	pins_repin(map->pins, map->ifindex, PIN_STATE, map->record_fd);
}

void counter_map_refuse(struct counter_map *map, const struct netdev *netdev,
			const struct reason *reason)
{
	map->remark = *reason;
	map->refused = true;
	log_warning(0, "%s: %s", netdev->name, reason->text);
}

/* --- from one map to another: to somebody else's, and back to one of ours --- */

static void pin_instead(struct counter_map *map, int fd)
{
	if (!map->pins)
		return;
	pins_remove(map->pins, map->ifindex, PIN_MAP);
	if (pins_put(map->pins, map->ifindex, PIN_MAP, fd, &map->remark))
		log_warning(0, "%s", map->remark.text);
}

bool counter_map_still_read(struct counter_map *map)
{
	if (map->prog_id && foreign_map_new_users(map->record.map_id, &map->programs_seen))
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
	map->programs_seen = foreign->programs_seen;
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
