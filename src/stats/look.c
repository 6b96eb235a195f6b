/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "lib/util.h"

static void out_of_memory(void)
{
	text_fprintf(stderr, "xdp-stats: out of memory\n");
	exit(EXIT_FAILURE);
}

static const char *const sources[] = {
	[SOURCE_NONE] = "none",
	[SOURCE_COUNT] = "count",
	[SOURCE_OBSERVE] = "observe",
	[SOURCE_MAP] = "map",
};

static void set_state(struct view *view, struct pinned *pinned)
{
	enum source_kind kind;
	int err = pinned_who_counts(pinned, &view->netdev, &kind);

	view->source = err ? "unknown" : sources[kind];
	view->text = "";
	if (err) {
		view->status = "unknown";
		view->text = "to know it takes CAP_SYS_ADMIN";
	} else if (kind != SOURCE_NONE) {
		view->status = "active";
	} else if (pins_is_released(pinned->pins, view->netdev.ifindex)) {
		view->status = "waiting";
		view->text = "released; xdp-stats retake ends that";
	} else if (!view->netdev.prog_id) {
		view->status = "waiting";
		view->text = "no program is attached";
	} else {
		view->status = "failed";
		view->text = pins_holder(pinned->pins) ? "not counted; xdpIfStatusText says why"
						       : "not counted; xdp-agentx does not run";
	}
}

/* Most often it is at the same place. */
static const struct view *find_before(const struct look *before, size_t at, unsigned int ifindex)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct view *view = &before->view[(at + i) % before->count];

		if (view->netdev.ifindex == ifindex && view->read)
			return view;
	}
	return NULL;
}

static void read_counters(struct view *view, struct pinned *pinned, bool by_cpu)
{
	int err = pinned_read(pinned, &view->counters, by_cpu ? &view->each : NULL, &view->error);

	view->read_at = monotonic_ms();
	view->read = !err;
	if (err == -ENOENT)
		reason_set(&view->error, 0, "nothing is pinned for it");
	else if (!err && (!by_cpu || view->each))
		reason_clear(&view->error);
}

static void add_view(struct look *look, const char *name, const struct netdev *netdev)
{
	struct view *grown = realloc(look->view, (look->count + 1) * sizeof(*grown));

	if (!grown)
		out_of_memory();
	look->view = grown;
	look->view[look->count] = (struct view){ 0 };
	snprintf(look->view[look->count].name, sizeof(look->view->name), "%s", name);
	if (netdev)
		look->view[look->count].netdev = *netdev;
	else
		reason_set(&look->view[look->count].error, 0, "there is no such interface");
	look->count++;
}

static void add_views(struct look *look, const struct netdev_list *netdevs, struct stats *stats,
		      char **names)
{
	if (!*names)
		for (size_t i = 0; i < netdevs->count; i++) {
			const struct netdev *netdev = &netdevs->member[i].netdev;
			_cleanup_pinned_ struct pinned pinned =
				pinned_open(&stats->common, stats->pins, netdev->ifindex);

			if (pinned_has_counters(&pinned))
				add_view(look, netdev->name, netdev);
		}
	for (; *names; names++)
		add_view(look, *names, netdev_list_find(netdevs, *names));
}

static void fill(struct view *view, struct stats *stats)
{
	_cleanup_pinned_ struct pinned pinned =
		pinned_open(&stats->common, stats->pins, view->netdev.ifindex);

	set_state(view, &pinned);
	view->program = program_describe(&stats->common.freplace, view->netdev.prog_id);
	read_counters(view, &pinned, stats->by_cpu);
}

int look_open(struct look *look, const struct look *before, struct stats *stats, char **names)
{
	struct netdev_list netdevs = { 0 };
	int err = stats_list_netdevs(&netdevs);

	*look = (struct look){ .count = 0 };
	if (!err)
		add_views(look, &netdevs, stats, names);
	netdev_list_free(&netdevs);
	for (size_t i = 0; i < look->count; i++) {
		struct view *view = &look->view[i];

		if (!view->netdev.ifindex)
			continue;
		fill(view, stats);
		view->before = find_before(before, i, view->netdev.ifindex);
		if (view->before)
			view->interval = view->read_at - view->before->read_at;
	}
	return err;
}

void look_free(struct look *look)
{
	while (look->count)
		free(look->view[--look->count].each);
	free(look->view);
	look->view = NULL;
}

double look_per_second(const struct view *view, uint64_t now, uint64_t before)
{
	return (double)(int64_t)(now - before) * 1000 / (double)view->interval;
}

const char *look_action(unsigned int action)
{
	static const char *const names[XDP_STATS_ACTIONS] = { "aborted", "drop", "pass", "tx",
							      "redirect" };

	return names[action];
}
