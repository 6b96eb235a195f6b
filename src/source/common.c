/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/common.h"

#include <errno.h>
#include <string.h>

#include "kernel/broker.h"
#include "lib/log.h"
#include "lib/sorted.h"
#include "lib/util.h"

/* A refusal of the observer is asked for again this much later. */
#define RETRY_MS 60000

void common_open(struct common *common, const struct pins *pins)
{
	*common = (struct common){ .pins = pins, .maps_read.fd = -1 };
}

void common_close_later(struct common *common, int link_fd)
{
	int *grown =
		sorted_make_room(common->closing, common->closing_count, &common->closing_capacity,
				 sizeof(*grown), common->closing_count);

	if (!grown) {
		close(link_fd);
		return;
	}
	common->closing = grown;
	grown[common->closing_count++] = link_fd;
}

bool common_close_links(struct common *common, int64_t until)
{
	while (common->closing_count) {
		close(common->closing[--common->closing_count]);
		if (monotonic_ms() >= until)
			break;
	}
	return common->closing_count;
}

void common_close(struct common *common)
{
	common_close_links(common, INT64_MAX);
	free(common->closing);
	/* The observer's programs refer to a map of the error counters. */
	observe_program_close(&common->observe);
	error_counters_close(&common->errors);
	maps_read_close(&common->maps_read);
	count_program_close(&common->count);
	map_users_free(&common->map_users);
	freplace_free(&common->freplace);
}

int common_need_count(struct common *common, struct reason *reason)
{
	return count_program_open(&common->count, reason);
}

void common_need_maps_read(struct common *common)
{
	maps_read_open(&common->maps_read, common->pins);
}

int common_need_errors(struct common *common)
{
	return error_counters_open(&common->errors, common->pins);
}

static int open_observe(struct common *common, struct reason *reason)
{
	int err;

	if (broker_lacks())
		return reason_set(reason, -EPERM, "observing takes %s", broker_lacks());
	err = common_need_count(common, reason);
	if (err)
		return err;
	err = common_need_errors(common);
	if (err)
		return reason_set(reason, err, "cannot make the map of bonds: %s", strerror(-err));
	return observe_program_open(&common->observe, &common->count, common->pins,
				    error_counters_bonds_fd(&common->errors), reason);
}

int common_need_observe(struct common *common, struct reason *reason)
{
	if (common->observe.object)
		return 0;
	if (!common->observe_tried_at || monotonic_ms() >= common->observe_tried_at + RETRY_MS) {
		common->observe_tried_at = monotonic_ms();
		common->observe_err = open_observe(common, &common->observe_reason);
	}
	if (common->observe_err)
		*reason = common->observe_reason;
	return common->observe_err;
}

void common_repin(struct common *common)
{
	struct reason why;
	int err = observe_program_repin(&common->observe, common->pins, &why);

	if (!err)
		err = maps_read_repin(&common->maps_read, common->pins, &why);
	if (!err)
		err = error_counters_repin(&common->errors, &why);
	if (err && !common->unpinned)
		log_warning(0, "what interfaces have in common is not pinned: %s", why.text);
	if (!err && common->unpinned)
		log_info("what interfaces have in common is pinned again");
	common->unpinned = err;
}
