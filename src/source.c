/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "source_count.h"
#include "source_kernel.h"
#include "source_program.h"
#include "source_state.h"
#include "util.h"

struct source {
	unsigned int ifindex;
	const struct pins *pins; /* NULL: nothing of this source is pinned */
	int map_fd, state_fd;    /* state_fd is -1 without pins */
	struct source_state state;
	struct count_attachment writer; /* link_fd is -1 while there is none */
	bool link_pinned;
	char remark[PINS_ERROR_MAX]; /* why something is not pinned, or empty */
	bool refused;                /* the remark is about a pin that is there */
};

/* --- opening: what is pinned is taken into use, what is missing is made --------------------------
 */

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
static int open_pinned_map(const struct source *source, char error[static PINS_ERROR_MAX])
{
	_cleanup_close_ int fd = pins_get(source->pins, source->ifindex, PIN_MAP, error);
	char text[STATUS_TEXT_MAX];
	int err;

	if (fd == -ENOENT)
		return open_linked_map(source);
	if (fd < 0)
		return fd;
	err = source_check_map(fd, text);
	if (err) {
		snprintf(error, PINS_ERROR_MAX, "pin %.80s is left alone: %.150s",
			 pins_path(source->pins, source->ifindex, PIN_MAP), text);
		return err;
	}
	return take_fd(&fd);
}

/* Whether a pinned link still holds an interface, which then is the one that all pins are of. */
static bool has_live_link(const struct pins *pins, unsigned int ifindex)
{
	char error[PINS_ERROR_MAX];
	_cleanup_close_ int link_fd = pins_get(pins, ifindex, PIN_LINK, error);

	return link_fd >= 0 && count_ifindex_at(link_fd) == ifindex;
}

static bool is_same_interface(const struct source_state *state, const struct link *link)
{
	return state->address == link->address && !strcmp(state->name, link->name);
}

static void remember_interface(struct source_state *state, const struct link *link)
{
	state->address = link->address;
	memcpy(state->name, link->name, sizeof(state->name));
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
	if (source->state_fd >= 0 && !is_same_interface(&source->state, link) &&
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
		err = source_read_map(source->map_fd, &reading);
	if (err)
		return err;
	if (state->map_id && state->map_id != map_id) {
		carry_switch(&state->carry, &reading);
		state->discontinuity = monotonic_ms();
	} else if (carry_update(&state->carry, &reading)) {
		state->discontinuity = monotonic_ms();
	}
	state->version = SOURCE_STATE_VERSION;
	state->map_id = map_id;
	remember_interface(state, link);
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
		.map_fd = -ENOENT,
		.state_fd = -ENOENT,
		.writer.link_fd = -1,
	};
	if (!pins)
		snprintf(source->remark, sizeof(source->remark),
			 "not pinned: counters and program will not outlive the agent");
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

/* --- the writer ----------------------------------------------------------------------------------
 */

/* The program that an earlier run left at the hook. 0, -ENOENT if there is none, or -errno. */
static int adopt_link(struct source *source, const struct link *link)
{
	char error[PINS_ERROR_MAX], text[STATUS_TEXT_MAX] = "";
	_cleanup_close_ int link_fd = pins_get(source->pins, source->ifindex, PIN_LINK, error);
	int err;

	if (link_fd < 0) {
		if (link_fd != -ENOENT) {
			snprintf(source->remark, sizeof(source->remark), "%s", error);
			source->refused = true;
			log_warning(0, "%s: %s", link->name, error);
		}
		return link_fd;
	}
	err = count_adopt(&source->writer, link_fd, source->map_fd, link, text);
	if (err ==
	    -ENODEV) { /* detached by force, or its interface is gone: it does nothing more */
		pins_remove(source->pins, source->ifindex, PIN_LINK);
		return -ENOENT;
	}
	if (err) {
		snprintf(source->remark, sizeof(source->remark), "pin %.80s is left alone: %.150s",
			 pins_path(source->pins, source->ifindex, PIN_LINK), text);
		source->refused = true;
		log_warning(0, "%s: %s", link->name, source->remark);
		return err;
	}
	link_fd = -1;
	source->link_pinned = true;
	return 0;
}

static int attach_anew(struct source *source, const struct link *link, enum rule_hook hook,
		       bool pin, char text[static STATUS_TEXT_MAX])
{
	int err = count_attach(&source->writer, source->map_fd, link, hook, text);

	if (err)
		return err;
	if (pin && !pins_put(source->pins, source->ifindex, PIN_LINK, source->writer.link_fd,
			     source->remark))
		source->link_pinned = true;
	source->state.discontinuity = monotonic_ms();
	return 0;
}

static void save(struct source *source)
{
	int err = source->state_fd < 0 ? 0 : source_state_write(source->state_fd, &source->state);

	if (err)
		log_error(err, "interface %u: cannot write the state record", source->ifindex);
}

int source_attach(struct source *source, const struct link *link, enum rule_hook hook,
		  char text[static STATUS_TEXT_MAX])
{
	int err = -ENOENT;
	size_t used;

	*text = '\0';
	source_detach(source);
	if (source->pins)
		err = adopt_link(source, link);
	if (err)
		err = attach_anew(source, link, hook, source->pins && err == -ENOENT, text);
	/* The record may be older than the program: a crash between the two. */
	if (!err && !source->state.discontinuity)
		source->state.discontinuity = monotonic_ms();
	used = strlen(text);
	if (*source->remark)
		snprintf(text + used, STATUS_TEXT_MAX - used, "%s%s", used ? "; " : "",
			 source->remark);
	save(source);
	return err;
}

const char *source_refusal(const struct source *source)
{
	return source->refused ? source->remark : "";
}

void source_detach(struct source *source)
{
	if (source->link_pinned)
		pins_remove(source->pins, source->ifindex, PIN_LINK);
	if (source->writer.link_fd >= 0)
		close(source->writer.link_fd);
	source->writer = (struct count_attachment){ .link_fd = -1 };
	source->link_pinned = false;
}

static void keep_pinned(struct source *source, enum pin pin, int fd)
{
	char error[PINS_ERROR_MAX];

	if (!access(pins_path(source->pins, source->ifindex, pin), F_OK))
		return;
	if (pins_put(source->pins, source->ifindex, pin, fd, error))
		log_warning(0, "%s", error);
	else
		log_info("pin %s was missing and is back",
			 pins_path(source->pins, source->ifindex, pin));
}

void source_keep(struct source *source, const struct link *link)
{
	if (!is_same_interface(&source->state, link)) {
		remember_interface(&source->state, link);
		save(source);
	}
	if (!source->pins)
		return;
	keep_pinned(source, PIN_MAP, source->map_fd);
	keep_pinned(source, PIN_STATE, source->state_fd);
	if (source->link_pinned)
		keep_pinned(source, PIN_LINK, source->writer.link_fd);
}

uint32_t source_prog_id(const struct source *source)
{
	return source->writer.prog_id;
}

enum xdp_mode source_mode(const struct source *source)
{
	return source->writer.mode;
}

struct program_info source_program(const struct source *source)
{
	return source->writer.program;
}

bool source_holds(const struct source *source, uint32_t prog_id)
{
	return source->writer.link_fd >= 0 && count_prog_id_at(source->writer.link_fd) == prog_id;
}

bool source_is_stale(const struct source *source, const struct link *link)
{
	if (source->writer.link_fd < 0)
		return source->state.address != link->address &&
		       strcmp(source->state.name, link->name);
	return !is_same_interface(&source->state, link) &&
	       !count_ifindex_at(source->writer.link_fd);
}

/* --- the end -------------------------------------------------------------------------------------
 */

void source_close(struct source *source)
{
	struct counters reading;

	if (!source)
		return;
	if (source->map_fd >= 0 && !source_read_map(source->map_fd, &reading)) {
		carry_update(&source->state.carry, &reading);
		save(source);
	}
	if (source->writer.link_fd >= 0)
		close(source->writer.link_fd);
	if (source->map_fd >= 0)
		close(source->map_fd);
	if (source->state_fd >= 0)
		close(source->state_fd);
	free(source);
}

void source_discard(struct source *source)
{
	if (!source)
		return;
	source_detach(source);
	if (source->pins) {
		pins_remove(source->pins, source->ifindex, PIN_MAP);
		pins_remove(source->pins, source->ifindex, PIN_STATE);
		pins_remove_interface(source->pins, source->ifindex);
	}
	source_close(source);
}

/* --- reading -------------------------------------------------------------------------------------
 */

int source_read(struct source *source, struct counters *served)
{
	struct counters reading;
	int err = source_read_map(source->map_fd, &reading);

	if (err)
		return err;
	if (carry_update(&source->state.carry, &reading)) {
		source->state.discontinuity = monotonic_ms();
		save(source);
	}
	carry_serve(&source->state.carry, served);
	return 0;
}

int64_t source_discontinuity(const struct source *source)
{
	return source->state.discontinuity;
}

int64_t source_last_change(const struct source *source)
{
	return source->state.last_change;
}

void source_set_last_change(struct source *source, int64_t when)
{
	source->state.last_change = when;
	save(source);
}

void source_cleanup(void)
{
	program_close();
}
