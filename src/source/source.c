/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/source.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"
#include "source/count.h"
#include "source/counter_map.h"
#include "source/observation.h"
#include "source/pinned.h"

struct source {
	struct common *common;
	struct counter_map map;
	struct count_attachment writer;       /* our program; link_fd is -1 while there is none */
	struct observation observation;       /* at most one of the two is in use */
	bool link_pinned, observation_pinned; /* or to be, as soon as that is possible */
	struct reason note;                   /* what the operator should know of the writer */
	bool resumed; /* the writer is one that an earlier run left, and missed nothing */
};

int source_open(struct source **out, struct common *common, const struct netdev *netdev,
		struct reason *reason)
{
	struct source *source = malloc(sizeof(*source));
	int err;

	if (!source)
		return reason_set(reason, -ENOMEM, "out of memory");
	*source = (struct source){ .common = common, .writer = { .link_fd = -1, .prog_fd = -1 } };
	err = counter_map_open(&source->map, common, netdev, reason);
	if (err) {
		free(source);
		return err;
	}
	*out = source;
	return 0;
}

struct source_status source_status(const struct source *source)
{
	const struct counter_map *map = &source->map;

	return (struct source_status){
		.last_kind = record_kind(&map->record),
		.prog_id = source->writer.prog_id,
		.mode = source->writer.mode,
		.program = &source->writer.program,
		.resumed = source->resumed,
		.refusal = map->refused ? map->remark.text : "",
		.last_change = map->record.last_change,
		.discontinuity = map->record.discontinuity,
	};
}

/* Ends what is pinned of an observer. */
static void unobserve_pinned(struct source *source)
{
	_cleanup_pinned_ struct pinned pinned =
		pinned_open(source->common, source->map.pins, source->map.ifindex);

	pinned_unobserve(&pinned);
}

void source_describe(const struct source *source, struct reason *reason)
{
	const char *remark = source->map.remark.text;

	*reason = source->note;
	if (*remark)
		reason_add(reason, "%s%s", *reason->text ? "; " : "", remark);
}

/* The end of taking a writer into use: what is to be known of it is written down. */
static void settle(struct source *source, enum source_kind kind, int err, struct reason *reason)
{
	struct counter_map *map = &source->map;

	if (!err)
		map->record.kind = kind;
	/* The record may be older than the writer: a crash between the two. */
	if (!err && !map->record.discontinuity)
		counter_map_discontinue(map);
	source->note = *reason;
	/* Why something is not pinned is about counters that there will not be if nothing is
	 * observed. */
	if (!(err && kind == SOURCE_OBSERVE))
		source_describe(source, reason);
	counter_map_save(map);
}

static int pin_writer(const struct source *source, struct reason *reason)
{
	const struct counter_map *map = &source->map;
	int err = 0;

	if (source->link_pinned)
		err = count_repin(&source->writer, map->pins, map->ifindex, reason);
	if (!err && source->observation_pinned)
		err = observer_repin(source->observation.observer, map->pins, map->ifindex, reason);
	return err;
}

/* --- count: our program --- */

/* The program that an earlier run left at the hook. 0, -ENOENT if there is none, or -errno. */
static int adopt_link(struct source *source, const struct netdev *netdev)
{
	struct counter_map *map = &source->map;
	struct reason reason, why;
	_cleanup_close_ int link_fd = pins_get(map->pins, map->ifindex, PIN_LINK, &reason);
	int err;

	if (link_fd < 0) {
		if (link_fd != -ENOENT)
			counter_map_refuse(map, netdev, &reason);
		return link_fd;
	}
	err = count_adopt(source->common, &source->writer, link_fd, map->fd, map->is_new, netdev,
			  &why);
	if (err == -ENODEV) {
		/* Detached by force, or its interface is gone: it does nothing more. */
		count_unpin(map->pins, map->ifindex);
		return -ENOENT;
	}
	if (err) {
		reason_set(&reason, err, "pin %s is left alone: %s",
			   pins_path(map->pins, map->ifindex, PIN_LINK), why.text);
		counter_map_refuse(map, netdev, &reason);
		return err;
	}
	link_fd = -1;
	source->link_pinned = true;
	err = count_pin_program(&source->writer, map->pins, map->ifindex, &why);
	if (err)
		counter_map_note_pins(map, netdev, err, &why);
	source->resumed = source->writer.prog_id == netdev->prog_id;
	return 0;
}

static int attach_anew(struct source *source, const struct netdev *netdev, enum xdp_hook hook,
		       bool pin, struct reason *reason)
{
	struct counter_map *map = &source->map;
	struct reason why;
	int err = count_attach(source->common, &source->writer, map->fd, netdev, hook, reason);

	if (err)
		return err;
	source->link_pinned = pin;
	if (pin)
		err = count_pin(&source->writer, map->pins, map->ifindex, &why);
	if (err)
		counter_map_note_pins(map, netdev, err, &why);
	counter_map_discontinue(map);
	return 0;
}

int source_attach(struct source *source, const struct netdev *netdev, enum xdp_hook hook,
		  struct reason *reason)
{
	int err = -ENOENT;

	reason_clear(reason);
	source_detach(source);
	if (source->map.pins) {
		unobserve_pinned(source);
		err = adopt_link(source, netdev);
	}
	if (err)
		err = attach_anew(source, netdev, hook, source->map.pins && err == -ENOENT, reason);
	else if (source->writer.mode == XDP_MODE_GENERIC && hook == HOOK_ANY)
		reason_set(reason, 0, "native was refused to an earlier run");
	settle(source, SOURCE_COUNT, err, reason);
	return err;
}

bool source_holds(const struct source *source, uint32_t prog_id)
{
	return source->writer.link_fd >= 0 && count_prog_id_at(source->writer.link_fd) == prog_id;
}

/* --- observe: somebody else's program --- */

/* The observer that an earlier run left. 0, -ENOENT if there is none, or -errno. */
static int adopt_observer(struct source *source, const struct netdev *netdev,
			  const struct port_list *ports)
{
	struct reason reason;
	int err = observation_adopt(source->common, &source->observation, source->map.fd, netdev,
				    ports, &source->resumed, &reason);

	if (err == -ESTALE) {
		unobserve_pinned(source);
		return -ENOENT;
	}
	if (err && err != -ENOENT)
		counter_map_refuse(&source->map, netdev, &reason);
	if (!err) {
		source->observation_pinned = true;
		if (!source->resumed)
			counter_map_discontinue(&source->map);
	}
	return err;
}

static int observe_anew(struct source *source, const struct netdev *netdev,
			const struct port_list *ports, bool pin, struct reason *reason)
{
	struct counter_map *map = &source->map;
	struct reason why;
	int err = observation_start(source->common, &source->observation, map->fd, netdev, ports,
				    reason);

	if (err)
		return err;
	source->observation_pinned = pin;
	if (pin)
		err = observer_pin(source->observation.observer, map->pins, map->ifindex, &why);
	if (err)
		counter_map_note_pins(map, netdev, err, &why);
	counter_map_discontinue(map);
	return 0;
}

int source_observe(struct source *source, const struct netdev *netdev,
		   const struct port_list *ports, struct reason *reason)
{
	int err, left = -ENOENT;

	reason_clear(reason);
	source_detach(source);
	err = observation_prepare(source->common, reason);
	if (!err && source->map.pins)
		left = adopt_observer(source, netdev, ports);
	if (!err && left)
		err = observe_anew(source, netdev, ports, source->map.pins && left == -ENOENT,
				   reason);
	settle(source, SOURCE_OBSERVE, err, reason);
	return err;
}

bool source_observes(const struct source *source, uint32_t prog_id)
{
	return source->observation.observer && source->observation.key.program == prog_id;
}

void source_set_ports(struct source *source, const struct port_list *ports)
{
	observation_set_ports(source->common, &source->observation, source->map.fd, ports);
}

int source_can_trace(struct common *common, struct reason *reason)
{
	return observation_prepare(common, reason);
}

int source_can_observe(struct common *common, uint32_t prog_id, struct reason *reason)
{
	return observer_check(common, prog_id, reason);
}

/* --- map: a program that counts by itself --- */

int source_use_map(struct source *source, const struct netdev *netdev, const char *path,
		   uint32_t after, struct reason *reason)
{
	struct foreign_map foreign;
	bool resumed;
	int err = foreign_map_open(&foreign, source->common, netdev->prog_id, path, reason);

	if (err) {
		source_detach(source);
		return err;
	}
	resumed = counter_map_resumes(&source->map, foreign.id);
	if (!resumed)
		source_detach(source);
	unobserve_pinned(source);
	err = counter_map_use_foreign(&source->map, source->common, &foreign, netdev, after);
	close_fd_at(&foreign.fd);
	if (err)
		return reason_set(reason, err, "its map (id %u) cannot be read: %s", foreign.id,
				  strerror(-err));
	source->resumed = resumed;
	reason_clear(reason);
	if (foreign.on_trust)
		reason_set(reason, 0, "the layout of its map (id %u) is taken on trust",
			   foreign.id);
	source->note = *reason;
	source_describe(source, reason);
	return 0;
}

bool source_uses_map(struct source *source, uint32_t prog_id, const char *path)
{
	const struct counter_map *map = &source->map;

	return map->prog_id == prog_id && (!path || foreign_map_is_at(path, map->record.map_id)) &&
	       counter_map_still_read(&source->map);
}

bool source_knows(uint32_t prog_id)
{
	return count_is_ours(prog_id);
}

int source_can_use_map(struct common *common, uint32_t prog_id, const char *path,
		       struct reason *reason)
{
	struct foreign_map foreign;
	int err = foreign_map_open(&foreign, common, prog_id, path, reason);

	if (!err)
		close(foreign.fd);
	return err;
}

/* --- the writer, whichever it is --- */

static void end_writer(struct source *source)
{
	struct counter_map *map = &source->map;

	if (source->link_pinned)
		count_unpin(map->pins, map->ifindex);
	count_close(&source->writer);
	source->link_pinned = false;
	if (source->observation_pinned)
		observer_unpin(map->pins, map->ifindex);
	observation_end(source->common, &source->observation);
	source->observation_pinned = false;
	source->resumed = false;
	map->untouched = false;
}

void source_detach(struct source *source)
{
	struct counter_map *map = &source->map;
	struct reason reason;
	int err;

	end_writer(source);
	err = map->foreign ? counter_map_use_own(map, source->common, &reason) : 0;
	if (log_is_news(&map->own_err, err))
		log_error(0, "interface %u: %s", map->ifindex, reason.text);
}

void source_refresh(struct source *source, const struct netdev *netdev)
{
	struct reason why;
	int err = counter_map_refresh(&source->map, netdev, &why);

	if (!err)
		err = pin_writer(source, &why);
	counter_map_note_pins(&source->map, netdev, err, &why);
}

bool source_is_stale(const struct source *source, const struct netdev *netdev)
{
	const struct record *record = &source->map.record;

	if (source->writer.link_fd < 0)
		return record->address != netdev->address && strcmp(record->name, netdev->name);
	return !record_is_of(record, netdev) && !count_ifindex_at(source->writer.link_fd);
}

/* --- reading --- */

int source_read(struct source *source, struct counters *served, struct cpu_counters **each)
{
	return counter_map_read(&source->map, served, each);
}

int source_read_invalid(const struct source *source, uint64_t *count)
{
	return observation_read_invalid(source->common, source->common->pins, source->map.ifindex,
					count);
}

void source_set_last_change(struct source *source, int64_t when)
{
	source->map.record.last_change = when;
	counter_map_save(&source->map);
}

/* --- the end --- */

void source_close(struct source *source)
{
	if (!source)
		return;
	counter_map_close(&source->map);
	count_close(&source->writer);
	observation_close(source->common, &source->observation);
	free(source);
}

void source_discard(struct source *source)
{
	if (!source)
		return;
	if (source->writer.link_fd >= 0)
		common_close_later(source->common, take_fd(&source->writer.link_fd));
	end_writer(source);
	observation_forget_invalid(source->common, source->common->pins, source->map.ifindex);
	counter_map_unpin(&source->map);
	source_close(source);
}
