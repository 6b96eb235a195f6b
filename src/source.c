/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "source_count.h"
#include "source_kernel.h"
#include "source_private.h"
#include "source_program.h"
#include "util.h"

/* --- the writer --- */

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
	if (err == -ENODEV) {
		/* Detached by force, or its interface is gone: it does nothing more. */
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
	if (!source_state_is_of(&source->state, link)) {
		source_state_name(&source->state, link);
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
	return !source_state_is_of(&source->state, link) &&
	       !count_ifindex_at(source->writer.link_fd);
}

/* --- the end --- */

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

/* --- reading --- */

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
