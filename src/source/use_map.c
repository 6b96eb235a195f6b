/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source goes over from one map to another: to somebody else's, and back to one of ours. */
#include <bpf/bpf.h>
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

static void pin_instead(struct source *source, int map_fd)
{
	if (!source->pins)
		return;
	pins_remove(source->pins, source->ifindex, PIN_MAP);
	if (pins_put(source->pins, source->ifindex, PIN_MAP, map_fd, source->remark))
		log_warning(0, "%s", source->remark);
}

bool source_map_is_its_own(struct source *source)
{
	if (source->map_prog_id &&
	    foreign_map_new_users(source->state.map_id, &source->programs_seen))
		source->map_prog_id = 0;
	return source->map_prog_id;
}

int source_switch_map(struct source *source, int map_fd, unsigned int values, bool foreign)
{
	struct carry *carry = &source->state.carry;
	struct counters first, last;
	uint32_t map_id;
	int err = source_map_id(map_fd, &map_id);

	if (!err)
		err = source_read_map(map_fd, values, &first, NULL);
	if (err)
		return err;
	if ((!source->foreign || source_map_is_its_own(source)) &&
	    !source_read_map(source->map_fd, source->map_values, &last, NULL))
		carry_update(carry, &last);
	source_save(source);
	/* What the record says of the map decides whose it is: so a crash leaves ours ours. */
	if (!foreign)
		pin_instead(source, map_fd);
	if (source->state.discontinuity || source->others_counted)
		carry_switch(carry, &first);
	else
		*carry = (struct carry){ .last = first };
	source->state.map_id = map_id;
	source->state.foreign = foreign;
	if (foreign)
		source->state.kind = SOURCE_MAP;
	source->state.discontinuity = monotonic_ms();
	source_save(source);
	if (foreign)
		pin_instead(source, map_fd);
	close(source->map_fd);
	free(source->last_each);
	source->last_each = NULL;
	source->map_fd = map_fd;
	source->map_values = values;
	source->foreign = foreign;
	source->map_prog_id = 0;
	return 0;
}

int source_own_map(struct source *source, char text[static STATUS_TEXT_MAX])
{
	_cleanup_close_ int fd = program_create_map(text);
	int err = fd;

	if (fd < 0)
		return err;
	err = source_switch_map(source, fd, (unsigned int)cpus_count(), false);
	if (err)
		snprintf(text, STATUS_TEXT_MAX, "cannot read the counter map: %s", strerror(-err));
	else
		take_fd(&fd);
	return err;
}

int source_use_map(struct source *source, const struct link *link, const char *path,
		   bool others_counted, char text[static STATUS_TEXT_MAX])
{
	uint32_t map_id = 0, seen = 0;
	unsigned int values = 0;
	_cleanup_close_ int fd = foreign_map_open(link->prog_id, path, &values, &seen, text);
	bool resumed;
	int err;

	if (fd < 0) {
		source_detach(source);
		return fd;
	}
	err = source_map_id(fd, &map_id);
	resumed = !err && source->reopened && source->foreign && source->state.map_id == map_id;
	if (!resumed)
		source_detach(source);
	if (source->pins)
		source_unobserve(source->pins, source->ifindex);
	source->others_counted = others_counted;
	if (!err && !resumed)
		err = source_switch_map(source, fd, values, true);
	if (err) {
		snprintf(text, STATUS_TEXT_MAX, "its map (id %u) cannot be read: %s", map_id,
			 strerror(-err));
		return err;
	}
	if (!resumed)
		take_fd(&fd);
	source->resumed = resumed;
	source->reopened = false;
	source->map_prog_id = link->prog_id;
	source->programs_seen = seen;
	snprintf(text, STATUS_TEXT_MAX, "%s", source->remark);
	return 0;
}

bool source_uses_map(struct source *source, uint32_t prog_id, const char *path)
{
	return source->map_prog_id == prog_id &&
	       (!path || foreign_map_is_at(path, source->state.map_id)) &&
	       source_map_is_its_own(source);
}

int source_can_use_map(uint32_t prog_id, const char *path, char text[static STATUS_TEXT_MAX])
{
	uint32_t seen = 0;
	unsigned int values;
	_cleanup_close_ int fd = foreign_map_open(prog_id, path, &values, &seen, text);

	return fd < 0 ? fd : 0;
}
