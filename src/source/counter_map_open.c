/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The opening of a counter map: what is pinned is taken into use, what is missing is made. */
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
	int map_fd = link_fd < 0 ? link_fd : count_map_of(map->pins, map->ifindex, link_fd);

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
	_cleanup_pinned_ struct pinned pinned = pinned_open(common, pins, ifindex);
	bool released = pins_is_released(pins, ifindex);
	struct reason why;

	pinned_forget(&pinned);
	if (released)
		pins_release(pins, ifindex, &why);
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

/* It is tried again, unless something is there that is not ours. */
static void cannot_pin(struct counter_map *map, const struct netdev *netdev, int err,
		       const struct reason *reason)
{
	if (err == -EEXIST)
		give_up_pins(map, netdev, reason);
	else
		counter_map_note_pins(map, netdev, err, reason);
}

static int make_map(struct counter_map *map, const struct common *common,
		    const struct netdev *netdev, struct reason *reason)
{
	struct reason why;

	if (map->fd >= 0)
		close(map->fd);
	map->is_new = true;
	map->fd = count_program_create_map(&common->count, reason);
	map->values = (unsigned int)cpus_count();
	if (map->fd < 0)
		return map->fd;
	if (map->pins) {
		int err = pins_put(map->pins, map->ifindex, PIN_MAP, map->fd, &why);

		if (err)
			cannot_pin(map, netdev, err, &why);
	}
	return stats_map_check(map->fd, reason);
}

/* Writes the record, into a new one where there is none, or one that cannot be written. */
static void write_record(struct counter_map *map, const struct netdev *netdev)
{
	bool present = map->record_fd >= 0;
	struct reason why;
	int fd, err;

	if (!map->pins || (present && map->record.version == RECORD_VERSION &&
			   !record_write(map->record_fd, &map->record)))
		return;
	map->record.version = RECORD_VERSION;
	fd = record_make(&map->record, &why);
	err = fd < 0 ? fd
		     : (present ? pins_replace : pins_put)(map->pins, map->ifindex, PIN_STATE, fd,
							   &why);
	if (present)
		close(map->record_fd);
	map->record_fd = fd;
	if (err)
		cannot_pin(map, netdev, present ? -EEXIST : err, &why);
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
	/* Frames of others may have come into it while no agent ran. */
	if (map->foreign && foreign_map_has_others(common, map_id, netdev))
		reading = record->carry.last;
	if (record->map_id && record->map_id != map_id) {
		carry_switch(&record->carry, &reading);
		counter_map_discontinue(map);
	} else if (carry_update(&record->carry, &reading)) {
		counter_map_discontinue(map);
	}
	record->map_id = map_id;
	record_set_name(record, netdev);
	write_record(map, netdev);
	return 0;
}

static int open_all(struct counter_map *map, struct common *common, const struct netdev *netdev,
		    struct reason *reason)
{
	int err = common_need_count(common, reason);

	if (err)
		return err;
	if (map->pins)
		open_pins(map, common, netdev);
	else
		reason_set(&map->remark, 0, "not pinned: counters will not outlive the agent");
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
		.users = &common->map_users,
		.untouched = true,
	};
	err = open_all(map, common, netdev, reason);
	if (err)
		counter_map_close(map);
	return err;
}
