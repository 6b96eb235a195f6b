/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/pinned.h"

#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/broker.h"
#include "lib/util.h"
#include "source/count.h"
#include "source/foreign_map.h"
#include "source/observation.h"
#include "source/stats_map.h"

struct pinned pinned_open(struct common *common, const struct pins *pins, unsigned int ifindex)
{
	return (struct pinned){ .common = common, .pins = pins, .ifindex = ifindex };
}

void pinned_close(struct pinned *pinned)
{
	for (unsigned int i = 0; i <= PIN_OUT; i++)
		if (pinned->pin[i].opened && pinned->pin[i].fd >= 0)
			close(pinned->pin[i].fd);
}

static const char *path_of(const struct pinned *pinned, enum pin pin)
{
	return pins_path(pinned->pins, pinned->ifindex, pin);
}

/* --- the pins, each opened once --- */

/* Our counter program's link, live or dead; else what is wrong with the pin is in *reason. */
static int open_link(const struct pinned *pinned, struct reason *reason)
{
	_cleanup_close_ int fd = pins_get(pinned->pins, pinned->ifindex, PIN_LINK, reason);
	unsigned int at = fd < 0 ? 0 : count_ifindex_at(fd);
	int err = fd < 0 ? fd : count_check_program(pinned->pins, pinned->ifindex, fd);

	if (fd < 0)
		return fd;
	if (at && at != pinned->ifindex)
		return reason_set(
			reason, err == -EPERM ? -EPERM : -EINVAL,
			"pin %s is left alone: it is the link of interface %u, expected %u",
			path_of(pinned, PIN_LINK), at, pinned->ifindex);
	if (err == -EPERM)
		return reason_set(
			reason, -EPERM,
			"pin %s is left alone: to know its program (id %u) takes CAP_SYS_ADMIN",
			path_of(pinned, PIN_LINK), count_prog_id_at(fd));
	if (err)
		return reason_set(reason, -EINVAL,
				  "pin %s is left alone: its program (id %u) is no counter program",
				  path_of(pinned, PIN_LINK), count_prog_id_at(fd));
	return take_fd(&fd);
}

static struct pinned_pin *pin_of(struct pinned *pinned, enum pin pin);

/* Whose the map is, the record says. */
static int open_map(struct pinned *pinned, struct reason *reason)
{
	bool foreign = pin_of(pinned, PIN_STATE)->fd >= 0 && pinned->record.foreign;

	return stats_map_get_pinned(pinned->pins, pinned->ifindex, foreign, &pinned->map_values,
				    reason);
}

static int open_pin(struct pinned *pinned, enum pin pin, struct reason *reason)
{
	if (!pinned->pins)
		return -ENOENT;
	if (pin == PIN_LINK)
		return open_link(pinned, reason);
	if (pin == PIN_STATE)
		return record_open(&pinned->record, pinned->pins, pinned->ifindex, reason);
	if (pin == PIN_MAP)
		return open_map(pinned, reason);
	return pins_get(pinned->pins, pinned->ifindex, pin, reason);
}

static struct pinned_pin *pin_of(struct pinned *pinned, enum pin pin)
{
	struct pinned_pin *of = &pinned->pin[pin];

	if (!of->opened) {
		of->opened = true;
		of->fd = open_pin(pinned, pin, &of->reason);
	}
	return of;
}

static int fd_of(struct pinned *pinned, enum pin pin)
{
	return pin_of(pinned, pin)->fd;
}

/* Whether it holds nothing, or what it should: so that it may be taken away. */
static bool is_ours_or_none(struct pinned *pinned, enum pin pin)
{
	int fd = fd_of(pinned, pin);

	return fd >= 0 || fd == -ENOENT;
}

/* --- looking --- */

bool pinned_holds(struct pinned *pinned, uint32_t prog_id, struct reason *why)
{
	const struct pinned_pin *link = pin_of(pinned, PIN_LINK);

	reason_clear(why);
	if (link->fd >= 0)
		return count_prog_id_at(link->fd) == prog_id;
	if (link->fd != -ENOENT)
		*why = link->reason;
	return false;
}

bool pinned_has_counters(const struct pinned *pinned)
{
	return pinned->pins && (pins_exists(pinned->pins, pinned->ifindex, PIN_MAP) ||
				pins_exists(pinned->pins, pinned->ifindex, PIN_STATE));
}

bool pinned_is_observed(const struct pinned *pinned)
{
	return pinned->pins && (pins_exists(pinned->pins, pinned->ifindex, PIN_OUT) ||
				pins_exists(pinned->pins, pinned->ifindex, PIN_IN));
}

enum source_kind pinned_kind(struct pinned *pinned)
{
	return fd_of(pinned, PIN_STATE) >= 0 ? record_kind(&pinned->record) : SOURCE_NONE;
}

int pinned_who_counts(struct pinned *pinned, const struct netdev *netdev, enum source_kind *kind)
{
	struct foreign_map map = { .fd = -1 };
	struct reason why;

	*kind = SOURCE_NONE;
	if (!netdev->prog_id)
		return 0;
	if (pinned_holds(pinned, netdev->prog_id, &why)) {
		*kind = SOURCE_COUNT;
		return 0;
	}
	if (broker_lacks())
		return -EPERM;
	if (observation_counts(pinned->pins, pinned->ifindex, fd_of(pinned, PIN_IN),
			       fd_of(pinned, PIN_OUT), netdev->prog_id))
		*kind = SOURCE_OBSERVE;
	else if (fd_of(pinned, PIN_STATE) >= 0 && pinned->record.foreign &&
		 !foreign_map_open(&map, pinned->common, netdev->prog_id, path_of(pinned, PIN_MAP),
				   &why))
		*kind = SOURCE_MAP;
	close_fd_at(&map.fd);
	return 0;
}

/* --- reading --- */

static void forget_each(struct cpu_counters **each, const char *why, struct reason *reason)
{
	if (!each)
		return;
	free(*each);
	*each = NULL;
	reason_set(reason, 0, "not known by CPU: %s", why);
}

int pinned_read(struct pinned *pinned, struct counters *served, struct cpu_counters **each,
		struct reason *reason)
{
	const struct pinned_pin *map = pin_of(pinned, PIN_MAP), *record = pin_of(pinned, PIN_STATE);
	struct carry carry = pinned->record.carry;
	struct counters reading;
	uint32_t map_id = 0;
	int err;

	if (map->fd < 0) {
		*reason = map->reason;
		return map->fd;
	}
	if (!is_ours_or_none(pinned, PIN_STATE)) {
		*reason = record->reason;
		return record->fd;
	}
	err = bpf_info_map_id(map->fd, &map_id);
	if (!err)
		err = stats_map_read(map->fd, pinned->map_values, &reading, each);
	if (err)
		return reason_set(reason, err, "cannot read the counter map: %s", strerror(-err));
	if (each && !*each)
		forget_each(each, "its map has one value for all of them", reason);
	if (pinned->record.foreign &&
	    map_users_of(&pinned->common->map_users, map_id) == MAP_USERS_SEVERAL) {
		reading = carry.last;
		forget_each(each, "several programs count in its map", reason);
	}
	if (pinned->record.map_id && pinned->record.map_id != map_id)
		carry_switch(&carry, &reading);
	else
		carry_update(&carry, &reading);
	if (!carry_is_plain(&carry))
		forget_each(each, "values are carried over from another map or from before a reset",
			    reason);
	carry_serve(&carry, served);
	return 0;
}

/* --- taking away --- */

bool pinned_take_off(struct pinned *pinned)
{
	int fd = pinned->taken_off ? -ENOENT : fd_of(pinned, PIN_LINK);
	bool on_interface = fd >= 0 && count_ifindex_at(fd);

	if (fd >= 0) {
		count_unpin(pinned->pins, pinned->ifindex);
		count_detach(fd);
		pinned->taken_off = true;
	}
	return on_interface;
}

bool pinned_unobserve(struct pinned *pinned)
{
	return pinned_is_observed(pinned) &&
	       observation_forget(pinned->pins, pinned->ifindex, fd_of(pinned, PIN_IN),
				  fd_of(pinned, PIN_OUT));
}

bool pinned_forget(struct pinned *pinned)
{
	const struct pins *pins = pinned->pins;
	unsigned int ifindex = pinned->ifindex;
	struct reason why;
	bool forgot = false;

	/* A link that stays may be of a program that counts in the map. */
	if (is_ours_or_none(pinned, PIN_LINK)) {
		forgot = pinned_take_off(pinned);
		count_unpin(pins, ifindex); /* a crash may have left the program alone */
		forgot |= pinned_unobserve(pinned);
		if (fd_of(pinned, PIN_MAP) >= 0)
			forgot |= pins_remove(pins, ifindex, PIN_MAP);
		if (fd_of(pinned, PIN_STATE) >= 0)
			forgot |= pins_remove(pins, ifindex, PIN_STATE);
	}
	observation_forget_invalid(pinned->common, pins, ifindex);
	forgot |= error_counters_forget(&pinned->common->errors, pins, ifindex);
	for (enum pins_mark mark = 0; mark < MARKS; mark++)
		pins_unmark(pins, ifindex, mark, &why);
	pins_remove_interface(pins, ifindex);
	return forgot;
}

/* 0 if the writer that is pinned is ours, or there is none; else -errno with what is not in why. */
static int check_writer(struct pinned *pinned, struct reason *why)
{
	static const enum pin pins[] = { PIN_LINK, PIN_IN, PIN_OUT };

	for (size_t i = 0; i < sizeof(pins) / sizeof(*pins); i++) {
		if (is_ours_or_none(pinned, pins[i]))
			continue;
		*why = pin_of(pinned, pins[i])->reason;
		return fd_of(pinned, pins[i]);
	}
	if (observer_is_ours(fd_of(pinned, PIN_IN), fd_of(pinned, PIN_OUT)))
		return 0;
	return reason_set(why, -EINVAL, "pins %s and in are left alone: they are no observer's%s",
			  path_of(pinned, PIN_OUT),
			  broker_lacks() ? ", or to know that takes CAP_SYS_ADMIN" : "");
}

/* Ends the writer that is pinned, and tells which it was. */
static enum source_kind end_writer(struct pinned *pinned)
{
	if (pinned_take_off(pinned))
		return SOURCE_COUNT;
	return pinned_unobserve(pinned) ? SOURCE_OBSERVE : SOURCE_NONE;
}

int pinned_unload(struct pinned *pinned, enum source_kind *kind, struct reason *why)
{
	bool marked = pins_is_released(pinned->pins, pinned->ifindex) ||
		      pins_is_marked(pinned->pins, pinned->ifindex, MARK_FOREIGN);
	int err;

	if (!is_ours_or_none(pinned, PIN_MAP)) {
		*why = pin_of(pinned, PIN_MAP)->reason;
		return fd_of(pinned, PIN_MAP);
	}
	err = check_writer(pinned, why);
	if (err)
		return err;
	*kind = end_writer(pinned);
	if (pinned_forget(pinned) || *kind != SOURCE_NONE || marked)
		return 0;
	return reason_set(why, -ENOENT, "nothing of ours is pinned for it");
}

int pinned_release(struct pinned *pinned, enum source_kind *kind, struct reason *why)
{
	int link_fd = fd_of(pinned, PIN_LINK);
	bool counted = link_fd >= 0 && count_ifindex_at(link_fd);
	int err = pins_release(pinned->pins, pinned->ifindex, why);

	if (err)
		return err;
	err = check_writer(pinned, why);
	/* What is not ours stays; an agent has its program in hand, and lets it go by the mark. */
	*kind = err ? SOURCE_NONE : end_writer(pinned);
	if (err && !pins_holder(pinned->pins))
		return err;
	/* The agent, which has seen the mark, may have been faster. */
	if (*kind == SOURCE_NONE && counted && !count_ifindex_at(link_fd))
		*kind = SOURCE_COUNT;
	return 0;
}
