/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "lib/log.h"
#include "lib/util.h"
#include "source/count.h"
#include "source/count_program.h"
#include "source/observe_program.h"
#include "source/private.h"

/* --- the writer --- */

/* A pin that is there and not what it should be; it is remembered for the text. */
static void refuse(struct source *source, const struct link *link, const char *text)
{
	snprintf(source->remark, sizeof(source->remark), "%s", text);
	source->refused = true;
	log_warning(0, "%s: %s", link->name, text);
}

/* The program that an earlier run left at the hook. 0, -ENOENT if there is none, or -errno. */
static int adopt_link(struct source *source, const struct link *link)
{
	char error[PINS_ERROR_MAX], text[STATUS_TEXT_MAX] = "";
	_cleanup_close_ int link_fd = pins_get(source->pins, source->ifindex, PIN_LINK, error);
	int err;

	if (link_fd < 0) {
		if (link_fd != -ENOENT)
			refuse(source, link, error);
		return link_fd;
	}
	err = count_adopt(&source->writer, link_fd, source->map_fd, link, text);
	if (err == -ENODEV) {
		/* Detached by force, or its interface is gone: it does nothing more. */
		pins_remove(source->pins, source->ifindex, PIN_LINK);
		return -ENOENT;
	}
	if (err) {
		snprintf(error, sizeof(error), "pin %.80s is left alone: %.150s",
			 pins_path(source->pins, source->ifindex, PIN_LINK), text);
		refuse(source, link, error);
		return err;
	}
	link_fd = -1;
	source->link_pinned = true;
	source->resumed = source->writer.prog_id == link->prog_id;
	return 0;
}

static int attach_anew(struct source *source, const struct link *link, enum xdp_hook hook, bool pin,
		       char text[static STATUS_TEXT_MAX])
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

void source_save(struct source *source)
{
	int err = source->state_fd < 0 ? 0 : source_state_write(source->state_fd, &source->state);

	if (err)
		log_error(err, "interface %u: cannot write the state record", source->ifindex);
	else
		source->saved = source->state;
}

/* The end of taking a writer into use: what is to be known of it is written down. */
static void settle(struct source *source, enum source_kind kind, int err,
		   char text[static STATUS_TEXT_MAX])
{
	size_t used = strlen(text);

	if (!err)
		source->state.kind = kind;
	/* The record may be older than the writer: a crash between the two. */
	if (!err && !source->state.discontinuity)
		source->state.discontinuity = monotonic_ms();
	/* It is about pins of counters that there will not be if nothing is observed. */
	if (*source->remark && !(err && kind == SOURCE_OBSERVE))
		snprintf(text + used, STATUS_TEXT_MAX - used, "%s%s", used ? "; " : "",
			 source->remark);
	source_save(source);
}

int source_attach(struct source *source, const struct link *link, enum xdp_hook hook,
		  char text[static STATUS_TEXT_MAX])
{
	int err = -ENOENT;

	*text = '\0';
	source_detach(source);
	if (source->pins) {
		source_unobserve(source->pins, source->ifindex);
		err = adopt_link(source, link);
	}
	if (err)
		err = attach_anew(source, link, hook, source->pins && err == -ENOENT, text);
	else if (source->writer.mode == XDP_MODE_GENERIC && hook == HOOK_ANY)
		snprintf(text, STATUS_TEXT_MAX, "native was refused to an earlier run");
	settle(source, SOURCE_COUNT, err, text);
	return err;
}

/* The observer that an earlier run left. 0, -ENOENT if there is none, or -errno. */
static int adopt_observer(struct source *source, const struct link *link,
			  const struct port_list *ports)
{
	char text[STATUS_TEXT_MAX];
	int err = observe_adopt(&source->observation, source->pins, source->map_fd, link, ports,
				&source->resumed, text);

	if (err == -ESTALE) {
		source_unobserve(source->pins, source->ifindex);
		return -ENOENT;
	}
	if (err && err != -ENOENT)
		refuse(source, link, text);
	if (!err) {
		source->observation_pinned = true;
		if (!source->resumed)
			source->state.discontinuity = monotonic_ms();
	}
	return err;
}

static int observe_anew(struct source *source, const struct link *link,
			const struct port_list *ports, bool pin, char text[static STATUS_TEXT_MAX])
{
	int err = observe_attach(&source->observation, source->map_fd, link, ports, text);

	if (err)
		return err;
	source->observation_pinned =
		pin && !observer_pin(source->observation.observer, source->pins, source->ifindex,
				     source->remark);
	source->state.discontinuity = monotonic_ms();
	return 0;
}

int source_observe(struct source *source, const struct link *link, const struct port_list *ports,
		   char text[static STATUS_TEXT_MAX])
{
	int err, left = -ENOENT;

	*text = '\0';
	source_detach(source);
	err = observe_open(source->common, text);
	if (!err && source->pins)
		left = adopt_observer(source, link, ports);
	if (!err && left)
		err = observe_anew(source, link, ports, source->pins && left == -ENOENT, text);
	settle(source, SOURCE_OBSERVE, err, text);
	return err;
}

bool source_observes(const struct source *source, uint32_t prog_id)
{
	return source->observation.observer && source->observation.key.program == prog_id;
}

void source_set_ports(struct source *source, const struct port_list *ports)
{
	observe_set_ports(&source->observation, source->map_fd, ports);
}

int source_can_trace(const struct pins *pins, char text[static STATUS_TEXT_MAX])
{
	return observe_open(pins, text);
}

int source_can_observe(uint32_t prog_id, char text[static STATUS_TEXT_MAX])
{
	return observer_check(prog_id, text);
}

bool source_resumed(const struct source *source)
{
	return source->resumed;
}

enum source_kind source_last_kind(const struct source *source)
{
	return source->state.kind ? (enum source_kind)source->state.kind : SOURCE_NONE;
}

const char *source_refusal(const struct source *source)
{
	return source->refused ? source->remark : "";
}

static void end_writer(struct source *source)
{
	if (source->link_pinned)
		pins_remove(source->pins, source->ifindex, PIN_LINK);
	if (source->writer.link_fd >= 0)
		close(source->writer.link_fd);
	source->writer = (struct count_attachment){ .link_fd = -1 };
	source->link_pinned = false;
	if (source->observation_pinned) {
		pins_remove(source->pins, source->ifindex, PIN_OUT);
		pins_remove(source->pins, source->ifindex, PIN_IN);
	}
	observe_detach(&source->observation);
	source->observation_pinned = false;
	source->resumed = false;
	source->reopened = false;
}

void source_detach(struct source *source)
{
	char text[STATUS_TEXT_MAX];

	end_writer(source);
	if (source->foreign && source_own_map(source, text))
		log_error(0, "interface %u: %s", source->ifindex, text);
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
	if (!source_state_is_of(&source->state, link))
		source_state_name(&source->state, link);
	/* What was read since: somebody may reset the map before this process ends. */
	if (memcmp(&source->state, &source->saved, sizeof(source->state)))
		source_save(source);
	if (!source->pins)
		return;
	keep_pinned(source, PIN_MAP, source->map_fd);
	keep_pinned(source, PIN_STATE, source->state_fd);
	if (source->link_pinned)
		keep_pinned(source, PIN_LINK, source->writer.link_fd);
	if (source->observation_pinned) {
		keep_pinned(source, PIN_IN, observer_in_fd(source->observation.observer));
		keep_pinned(source, PIN_OUT, observer_out_fd(source->observation.observer));
		tracing_keep(source->common);
	}
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
	struct counters served;

	if (!source)
		return;
	/* The record is to have the last reading. */
	if (source->map_fd >= 0) {
		source_read(source, &served, NULL);
		source_save(source);
	}
	if (source->writer.link_fd >= 0)
		close(source->writer.link_fd);
	observe_close(&source->observation);
	if (source->map_fd >= 0)
		close(source->map_fd);
	if (source->state_fd >= 0)
		close(source->state_fd);
	free(source->last_each);
	free(source);
}

void source_discard(struct source *source)
{
	if (!source)
		return;
	end_writer(source);
	observe_forget_invalid(source->common, source->ifindex);
	if (source->pins) {
		pins_remove(source->pins, source->ifindex, PIN_MAP);
		pins_remove(source->pins, source->ifindex, PIN_STATE);
		pins_remove_interface(source->pins, source->ifindex);
	}
	source_close(source);
}

/* --- reading --- */

/*
 * A reset may show in the counter of a CPU and not in the sum, for others have counted past it.
 * True: there was one. The reading is kept for the next.
 */
static bool fold_by_cpu(struct source *source, const struct cpu_counters *each)
{
	size_t size = sizeof(*each) + (size_t)XDP_STATS_ACTIONS * each->cpus * sizeof(*each->slot);
	bool fell = false;

	for (unsigned int i = 0; source->last_each && i < XDP_STATS_ACTIONS; i++) {
		if (cpu_counters_fell(source->last_each, each, i)) {
			carry_fold(&source->state.carry, i);
			fell = true;
		}
	}
	if (!source->last_each)
		source->last_each = malloc(size);
	if (source->last_each)
		memcpy(source->last_each, each, size);
	return fell;
}

int source_read(struct source *source, struct counters *served, struct cpu_counters **each)
{
	struct counters reading;
	bool fell;
	int err;

	/* Whose program counts there is not known before source_use_map(). */
	if (source->foreign && source->reopened) {
		carry_serve(&source->state.carry, served);
		if (each)
			*each = NULL;
		return 0;
	}
	if (source->foreign && !source_map_is_its_own(source))
		return -EBUSY;
	err = source_read_map(source->map_fd, source->map_values, &reading, each);
	if (err)
		return err;
	fell = each && *each && fold_by_cpu(source, *each);
	if (carry_update(&source->state.carry, &reading) || fell) {
		source->state.discontinuity = monotonic_ms();
		source_save(source);
	}
	carry_serve(&source->state.carry, served);
	if (each && !carry_is_plain(&source->state.carry)) {
		free(*each);
		*each = NULL;
	}
	return 0;
}

int source_read_invalid(const struct source *source, uint64_t *count)
{
	return observe_read_invalid(source->common, source->ifindex, count);
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
	source_save(source);
}

void source_cleanup(void)
{
	tracing_close();
	program_close();
}
