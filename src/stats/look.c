/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/lock.h"
#include "lib/util.h"

/* All interfaces, in the order of their ifIndex. */
struct link_list {
	struct link *link;
	size_t count;
};

static int compare_links(const void *first, const void *second)
{
	const struct link *a = first, *b = second;

	return (a->ifindex > b->ifindex) - (a->ifindex < b->ifindex);
}

static void out_of_memory(void)
{
	fprintf(stderr, "xdp-stats: out of memory\n");
	exit(EXIT_FAILURE);
}

static void add_link(const struct link *link, void *context)
{
	struct link_list *list = context;
	struct link *grown = realloc(list->link, (list->count + 1) * sizeof(*grown));

	if (!grown)
		out_of_memory();
	list->link = grown;
	list->link[list->count++] = *link;
}

static int list_links(struct link_list *list)
{
	const struct link_handlers handlers = { .present = add_link, .context = list };
	struct links *links;
	int err = links_open(&links, &handlers);

	if (err)
		return err;
	err = links_dump(links);
	links_close(links);
	/* What changes all the time is shown as it was seen. */
	if (err && err != -EINTR)
		return err;
	qsort(list->link, list->count, sizeof(*list->link), compare_links);
	return 0;
}

static const struct link *find_link(const struct link_list *list, unsigned int ifindex)
{
	const struct link key = { .ifindex = ifindex };

	return bsearch(&key, list->link, list->count, sizeof(key), compare_links);
}

static const char *const sources[] = {
	[SOURCE_NONE] = "none",
	[SOURCE_COUNT] = "count",
	[SOURCE_OBSERVE] = "observe",
	[SOURCE_MAP] = "map",
};

static void set_state(struct view *view, const struct pins *pins)
{
	enum source_kind kind;
	int err = source_who_counts(pins, &view->link, &kind);

	view->source = err ? "unknown" : sources[kind];
	view->text = "";
	if (err) {
		view->status = "unknown";
		view->text = "to know it takes CAP_SYS_ADMIN";
	} else if (kind != SOURCE_NONE) {
		view->status = "active";
	} else if (pins_is_released(pins, view->link.ifindex)) {
		view->status = "waiting";
		view->text = "released; xdp-stats retake ends that";
	} else if (!view->link.prog_id) {
		view->status = "waiting";
		view->text = "no program is attached";
	} else {
		view->status = "failed";
		view->text = lock_holder() ? "not counted; xdpIfStatusText says why"
					   : "not counted; xdp-agentx does not run";
	}
}

/* Most often it is at the same place. */
static const struct view *find_before(const struct look *before, size_t at, unsigned int ifindex)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct view *view = &before->view[(at + i) % before->count];

		if (view->link.ifindex == ifindex && view->read)
			return view;
	}
	return NULL;
}

static void read_counters(struct view *view, const struct pins *pins, bool by_cpu)
{
	int err = source_peek(pins, view->link.ifindex, &view->counters,
			      by_cpu ? &view->each : NULL, view->error);

	view->read_at = monotonic_ms();
	view->read = !err;
	if (err == -ENOENT)
		snprintf(view->error, sizeof(view->error), "nothing is pinned for it");
	else if (!err && (!by_cpu || view->each))
		*view->error = '\0';
}

static void add_view(struct look *look, const char *name, const struct link *link)
{
	struct view *grown = realloc(look->view, (look->count + 1) * sizeof(*grown));

	if (!grown)
		out_of_memory();
	look->view = grown;
	look->view[look->count] = (struct view){ 0 };
	snprintf(look->view[look->count].name, IFNAMSIZ, "%s", name);
	if (link)
		look->view[look->count].link = *link;
	else
		snprintf(look->view[look->count].error, STATUS_TEXT_MAX,
			 "there is no such interface");
	look->count++;
}

static void add_views(struct look *look, const struct link_list *links, const struct pins *pins,
		      char **names)
{
	if (!*names)
		for (size_t i = 0; i < links->count; i++)
			if (source_is_kept(pins, links->link[i].ifindex))
				add_view(look, links->link[i].name, &links->link[i]);
	for (; *names; names++)
		add_view(look, *names, find_link(links, if_nametoindex(*names)));
}

int look_open(struct look *look, const struct look *before, const struct pins *pins, char **names,
	      bool by_cpu)
{
	struct link_list links = { .count = 0 };
	int err = list_links(&links);

	*look = (struct look){ .count = 0 };
	if (!err)
		add_views(look, &links, pins, names);
	free(links.link);
	for (size_t i = 0; i < look->count; i++) {
		struct view *view = &look->view[i];

		if (!view->link.ifindex)
			continue;
		set_state(view, pins);
		view->program = source_describe(view->link.prog_id);
		read_counters(view, pins, by_cpu);
		view->before = find_before(before, i, view->link.ifindex);
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
