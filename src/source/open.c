/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The opening of a source: what is pinned is taken into use, what is missing is made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/cpus.h"
#include "lib/log.h"
#include "lib/util.h"
#include "source/count_program.h"
#include "source/foreign_map.h"
#include "source/private.h"
#include "source/source.h"

/* From here on nothing of the source is pinned, and why is remembered. */
static void give_up_pins(struct source *source, const struct link *link, const char *reason)
{
	source->pins = NULL;
	if (source->state_fd >= 0)
		close(source->state_fd);
	source->state_fd = -1;
	snprintf(source->remark, sizeof(source->remark), "%s", reason);
	log_warning(0, "%s: %s; its counters will not outlive this process", link->name, reason);
}

/* The map that the program of a pinned link writes into: it is there even if its pin is lost. */
static int open_linked_map(const struct source *source)
{
	char error[PINS_ERROR_MAX];
	_cleanup_close_ int link_fd = pins_get(source->pins, source->ifindex, PIN_LINK, error);
	int map_fd = link_fd < 0 ? link_fd : count_map_of(link_fd);

	if (map_fd >= 0 && pins_put(source->pins, source->ifindex, PIN_MAP, map_fd, error))
		log_warning(0, "%s", error);
	return map_fd < 0 ? -ENOENT : map_fd;
}

/* The pinned map: a descriptor, -ENOENT, or another -errno with the reason in error. */
static int open_pinned_map(struct source *source, char error[static PINS_ERROR_MAX])
{
	int fd = source_pinned_map(source->pins, source->ifindex, &source->map_values, error);

	return fd == -ENOENT ? open_linked_map(source) : fd;
}

/* Whether a pinned link still holds an interface, which then is the one that all pins are of. */
static bool has_live_link(const struct pins *pins, unsigned int ifindex)
{
	char error[PINS_ERROR_MAX];
	_cleanup_close_ int link_fd = pins_get(pins, ifindex, PIN_LINK, error);

	return link_fd >= 0 && count_ifindex_at(link_fd) == ifindex;
}

/* The counters are another interface's; the operator's mark is about the ifIndex. */
static void forget_another(const struct pins *pins, unsigned int ifindex)
{
	bool released = pins_is_released(pins, ifindex);

	source_forget(pins, ifindex);
	if (released)
		pins_release(pins, ifindex);
}

static void open_pins(struct source *source, const struct link *link)
{
	char error[PINS_ERROR_MAX];

	source->state_fd = source_state_open(&source->state, source->pins, link->ifindex, error);
	if (source->state_fd >= 0 && !source_state_is_of(&source->state, link) &&
	    !has_live_link(source->pins, link->ifindex)) {
		log_info("%s: interface %u is another one than before; its counters start anew",
			 link->name, link->ifindex);
		forget_another(source->pins, link->ifindex);
		close(source->state_fd);
		source->state = (struct source_state){ 0 };
		source->state_fd = -ENOENT;
	}
	if (source->state_fd >= 0 || source->state_fd == -ENOENT)
		source->map_fd = open_pinned_map(source, error);
	if ((source->state_fd < 0 && source->state_fd != -ENOENT) ||
	    (source->map_fd < 0 && source->map_fd != -ENOENT)) {
		give_up_pins(source, link, error);
		source->refused = true;
	}
}

static int make_map(struct source *source, const struct link *link,
		    char text[static STATUS_TEXT_MAX])
{
	char error[PINS_ERROR_MAX];

	if (source->map_fd >= 0)
		close(source->map_fd);
	source->map_fd = program_create_map(text);
	source->map_values = (unsigned int)cpus_count();
	if (source->map_fd < 0)
		return source->map_fd;
	if (source->pins && pins_put(source->pins, source->ifindex, PIN_MAP, source->map_fd, error))
		give_up_pins(source, link, error);
	return source_check_map(source->map_fd, text);
}

/* Brings the record up to date with the map, and has it pinned. */
static int start_state(struct source *source, const struct link *link)
{
	struct source_state *state = &source->state;
	struct counters reading;
	char error[PINS_ERROR_MAX];
	uint32_t map_id = 0;
	int err = source_map_id(source->map_fd, &map_id);

	if (!err)
		err = source_read_map(source->map_fd, source->map_values, &reading, NULL);
	if (err)
		return err;
	/* Where the ids differ, a crash came between record and pin, and the map is ours. */
	source->foreign = state->foreign && state->map_id == map_id;
	state->foreign = source->foreign;
	if (source->foreign && foreign_map_is_shared(map_id))
		reading = state->carry.last;
	if (state->map_id && state->map_id != map_id) {
		carry_switch(&state->carry, &reading);
		state->discontinuity = monotonic_ms();
	} else if (carry_update(&state->carry, &reading)) {
		state->discontinuity = monotonic_ms();
	}
	state->version = SOURCE_STATE_VERSION;
	state->map_id = map_id;
	source_state_name(state, link);
	if (source->pins && source->state_fd < 0) {
		source->state_fd = source_state_create(state, source->pins, source->ifindex, error);
		if (source->state_fd < 0)
			give_up_pins(source, link, error);
	} else if (source->state_fd >= 0) {
		err = source_state_write(source->state_fd, state);
	}
	return err;
}

int source_open(struct source **out, const struct pins *pins, const struct link *link,
		char text[static STATUS_TEXT_MAX])
{
	struct source *source = malloc(sizeof(*source));
	int err = program_open(text);

	if (!source) {
		snprintf(text, STATUS_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	*source = (struct source){
		.ifindex = link->ifindex,
		.pins = pins,
		.common = pins,
		.map_fd = -ENOENT,
		.map_values = (unsigned int)cpus_count(),
		.reopened = true,
		.state_fd = -ENOENT,
		.writer.link_fd = -1,
	};
	if (!pins)
		snprintf(source->remark, sizeof(source->remark),
			 "not pinned: counters will not outlive the agent");
	/* What is pinned has to be known again. */
	if (!err && pins && !program_can_be_found())
		give_up_pins(source, link,
			     "not pinned: to know its program again takes CAP_SYS_ADMIN");
	if (!err && source->pins)
		open_pins(source, link);
	if (!err && (source->map_fd < 0 || !source->pins))
		err = make_map(source, link, text);
	if (!err) {
		err = start_state(source, link);
		if (err)
			snprintf(text, STATUS_TEXT_MAX, "cannot read the counter map: %s",
				 strerror(-err));
	}
	if (err) {
		source_close(source);
		return err;
	}
	*out = source;
	return 0;
}
