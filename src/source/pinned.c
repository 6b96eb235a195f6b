/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is pinned for an interface, without a source: for what earlier runs left, and for xdp-stats.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/cpus.h"
#include "lib/util.h"
#include "source/count.h"
#include "source/error_counters.h"
#include "source/foreign_map.h"
#include "source/private.h"
#include "source/source.h"

/*
 * A pinned link of ours, live or dead: a descriptor that the caller owns, -ENOENT if nothing is
 * pinned, or -errno with what is wrong with the pin in why.
 */
static int open_our_link(const struct pins *pins, unsigned int ifindex,
			 char why[static PINS_ERROR_MAX])
{
	_cleanup_close_ int fd = pins_get(pins, ifindex, PIN_LINK, why);
	unsigned int at = fd < 0 ? 0 : count_ifindex_at(fd);
	_cleanup_close_ int map_fd = fd < 0 ? -1 : count_map_of(fd);

	if (fd < 0)
		return fd;
	if (at && at != ifindex)
		snprintf(why, PINS_ERROR_MAX,
			 "pin %.120s is left alone: it is the link of interface %u, expected %u",
			 pins_path(pins, ifindex, PIN_LINK), at, ifindex);
	else if (map_fd == -EPERM)
		snprintf(
			why, PINS_ERROR_MAX,
			"pin %.120s is left alone: to know its program (id %u) takes CAP_SYS_ADMIN",
			pins_path(pins, ifindex, PIN_LINK), count_prog_id_at(fd));
	else if (map_fd < 0)
		snprintf(why, PINS_ERROR_MAX,
			 "pin %.120s is left alone: its program (id %u) is no counter program",
			 pins_path(pins, ifindex, PIN_LINK), count_prog_id_at(fd));
	else
		return take_fd(&fd);
	return map_fd == -EPERM ? -EPERM : -EINVAL;
}

static bool is_foreign(const struct pins *pins, unsigned int ifindex)
{
	char error[PINS_ERROR_MAX];
	struct source_state state;
	_cleanup_close_ int fd = source_state_open(&state, pins, ifindex, error);

	return fd >= 0 && state.foreign;
}

int source_pinned_map(const struct pins *pins, unsigned int ifindex, unsigned int *values,
		      char error[static PINS_ERROR_MAX])
{
	_cleanup_close_ int fd = pins_get(pins, ifindex, PIN_MAP, error);
	char text[STATUS_TEXT_MAX];
	int err;

	if (fd < 0)
		return fd;
	if (is_foreign(pins, ifindex)) {
		err = source_check_foreign_map(fd, values, text);
	} else {
		err = source_check_map(fd, text);
		*values = (unsigned int)cpus_count();
	}
	if (err) {
		snprintf(error, PINS_ERROR_MAX, "pin %.80s is left alone: %.150s",
			 pins_path(pins, ifindex, PIN_MAP), text);
		return err;
	}
	return take_fd(&fd);
}

bool source_left_behind(const struct pins *pins, unsigned int ifindex, uint32_t prog_id,
			char why[static PINS_ERROR_MAX])
{
	_cleanup_close_ int fd = pins ? open_our_link(pins, ifindex, why) : -ENOENT;

	if (fd == -ENOENT)
		*why = '\0';
	if (fd < 0)
		return false;
	if (count_prog_id_at(fd) == prog_id)
		return true;
	*why = '\0'; /* it holds nothing any more */
	return false;
}

bool source_is_kept(const struct pins *pins, unsigned int ifindex)
{
	return !access(pins_path(pins, ifindex, PIN_MAP), F_OK) ||
	       !access(pins_path(pins, ifindex, PIN_STATE), F_OK);
}

bool source_take_off(const struct pins *pins, unsigned int ifindex)
{
	char why[PINS_ERROR_MAX];
	_cleanup_close_ int fd = open_our_link(pins, ifindex, why);
	bool on_interface = fd >= 0 && count_ifindex_at(fd);

	if (fd >= 0) {
		pins_remove(pins, ifindex, PIN_LINK);
		count_detach(fd);
	}
	return on_interface;
}

bool source_was_observed(const struct pins *pins, unsigned int ifindex)
{
	return observe_is_pinned(pins, ifindex);
}

bool source_unobserve(const struct pins *pins, unsigned int ifindex)
{
	return observe_is_pinned(pins, ifindex) && observe_forget(pins, ifindex);
}

enum source_kind source_kept_kind(const struct pins *pins, unsigned int ifindex)
{
	char error[PINS_ERROR_MAX];
	struct source_state state;
	_cleanup_close_ int fd = source_state_open(&state, pins, ifindex, error);

	return fd >= 0 && state.kind ? (enum source_kind)state.kind : SOURCE_NONE;
}

bool source_forget(const struct pins *pins, unsigned int ifindex)
{
	unsigned int values;
	char error[STATUS_TEXT_MAX];
	_cleanup_close_ int link_fd = open_our_link(pins, ifindex, error);
	_cleanup_close_ int map_fd = source_pinned_map(pins, ifindex, &values, error);
	struct source_state state;
	_cleanup_close_ int state_fd = source_state_open(&state, pins, ifindex, error);
	bool forgot = false;

	/* A link that stays may be of a program that counts in the map. */
	if (link_fd >= 0 || link_fd == -ENOENT) {
		forgot = source_take_off(pins, ifindex);
		forgot |= source_unobserve(pins, ifindex);
		if (map_fd >= 0)
			forgot |= pins_remove(pins, ifindex, PIN_MAP);
		if (state_fd >= 0)
			forgot |= pins_remove(pins, ifindex, PIN_STATE);
	}
	observe_forget_invalid(pins, ifindex);
	errors_forget(pins, ifindex);
	pins_retake(pins, ifindex);
	pins_remove_interface(pins, ifindex);
	return forgot;
}

/* 0 if the writer that is pinned is ours, or there is none; else -errno with what is not in why. */
static int check_writer(const struct pins *pins, unsigned int ifindex,
			char why[static PINS_ERROR_MAX])
{
	_cleanup_close_ int link_fd = open_our_link(pins, ifindex, why);

	return link_fd < 0 && link_fd != -ENOENT ? link_fd : observe_check(pins, ifindex, why);
}

/* Ends the writer that is pinned, and tells which it was. */
static enum source_kind end_writer(const struct pins *pins, unsigned int ifindex)
{
	if (source_take_off(pins, ifindex))
		return SOURCE_COUNT;
	return source_unobserve(pins, ifindex) ? SOURCE_OBSERVE : SOURCE_NONE;
}

int source_unload(const struct pins *pins, unsigned int ifindex, enum source_kind *kind,
		  char why[static PINS_ERROR_MAX])
{
	bool released = pins_is_released(pins, ifindex);
	unsigned int values;
	_cleanup_close_ int map_fd = source_pinned_map(pins, ifindex, &values, why);
	int err = map_fd < 0 && map_fd != -ENOENT ? map_fd : check_writer(pins, ifindex, why);

	if (err)
		return err;
	*kind = end_writer(pins, ifindex);
	if (source_forget(pins, ifindex) || *kind != SOURCE_NONE || released)
		return 0;
	snprintf(why, PINS_ERROR_MAX, "nothing of ours is pinned for it");
	return -ENOENT;
}

int source_release(const struct pins *pins, unsigned int ifindex, enum source_kind *kind,
		   char why[static PINS_ERROR_MAX])
{
	_cleanup_close_ int link_fd = open_our_link(pins, ifindex, why);
	bool counted = link_fd >= 0 && count_ifindex_at(link_fd);
	int err = pins_release(pins, ifindex);

	if (err) {
		snprintf(why, PINS_ERROR_MAX, "%s", strerror(-err));
		return err;
	}
	err = check_writer(pins, ifindex, why);
	if (err)
		return err;
	*kind = end_writer(pins, ifindex);
	/* The agent, which has seen the mark, may have been faster. */
	if (*kind == SOURCE_NONE && counted && !count_ifindex_at(link_fd))
		*kind = SOURCE_COUNT;
	return 0;
}

int source_who_counts(const struct pins *pins, const struct link *link, enum source_kind *kind)
{
	unsigned int ifindex = link->ifindex;
	char why[STATUS_TEXT_MAX];

	*kind = SOURCE_NONE;
	if (!link->prog_id)
		return 0;
	if (!source_has_capability(CAP_SYS_ADMIN))
		return -EPERM;
	if (source_left_behind(pins, ifindex, link->prog_id, why))
		*kind = SOURCE_COUNT;
	else if (observe_counts(pins, ifindex, link->prog_id))
		*kind = SOURCE_OBSERVE;
	else if (is_foreign(pins, ifindex) &&
		 !source_can_use_map(link->prog_id, pins_path(pins, ifindex, PIN_MAP), why))
		*kind = SOURCE_MAP;
	return 0;
}

static void forget_each(struct cpu_counters **each, const char *why,
			char text[static STATUS_TEXT_MAX])
{
	if (!each)
		return;
	free(*each);
	*each = NULL;
	snprintf(text, STATUS_TEXT_MAX, "not known by CPU: %s", why);
}

int source_peek(const struct pins *pins, unsigned int ifindex, struct counters *served,
		struct cpu_counters **each, char text[static STATUS_TEXT_MAX])
{
	unsigned int values = 0;
	_cleanup_close_ int map_fd = source_pinned_map(pins, ifindex, &values, text);
	struct source_state state = { 0 };
	_cleanup_close_ int state_fd = -1;
	struct counters reading;
	uint32_t map_id = 0;
	int err;

	if (map_fd < 0)
		return map_fd;
	state_fd = source_state_open(&state, pins, ifindex, text);
	if (state_fd < 0 && state_fd != -ENOENT)
		return state_fd;
	err = source_map_id(map_fd, &map_id);
	if (!err)
		err = source_read_map(map_fd, values, &reading, each);
	if (err) {
		snprintf(text, STATUS_TEXT_MAX, "cannot read the counter map: %s", strerror(-err));
		return err;
	}
	if (each && !*each)
		forget_each(each, "its map has one value for all of them", text);
	if (state.foreign && foreign_map_is_shared(map_id)) {
		reading = state.carry.last;
		forget_each(each, "several programs count in its map", text);
	}
	if (state.map_id && state.map_id != map_id)
		carry_switch(&state.carry, &reading);
	else
		carry_update(&state.carry, &reading);
	if (!carry_is_plain(&state.carry))
		forget_each(each, "values are carried over from another map or from before a reset",
			    text);
	carry_serve(&state.carry, served);
	return 0;
}
