/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By hand: a library that only writes would be larger than this, and check no name for UTF-8. */
#include "stats/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/text.h"

static void put_member(const char *name, const char *text)
{
	if (!*text)
		return;
	printf(",\"%s\":", name);
	text_put_json(stdout, text);
}

/* before may be NULL: there is no rate. */
static void put_record(const struct view *view, const struct xdp_stats_rec *rec,
		       const struct xdp_stats_rec *before)
{
	printf("\"packets\":%llu,\"bytes\":%llu", (unsigned long long)rec->rx_packets,
	       (unsigned long long)rec->rx_bytes);
	if (before)
		printf(",\"packets_per_second\":%.0f,\"bits_per_second\":%.0f",
		       look_per_second(view, rec->rx_packets, before->rx_packets),
		       8 * look_per_second(view, rec->rx_bytes, before->rx_bytes));
}

static void put_cpus(const struct view *view, unsigned int action)
{
	const struct cpu_counters *each = view->each;
	const struct cpu_counters *before = view->before ? view->before->each : NULL;

	printf(",\"cpus\":[");
	for (unsigned int i = 0; i < each->cpus; i++) {
		unsigned int slot = action * each->cpus + i;

		printf("%s{\"cpu\":%u,", i ? "," : "", each->number[i]);
		put_record(view, &each->slot[slot], before ? &before->slot[slot] : NULL);
		putchar('}');
	}
	putchar(']');
}

static void put_actions(const struct view *view)
{
	printf(",\"actions\":{");
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++) {
		printf("%s\"%s\":{", i ? "," : "", look_action(i));
		put_record(view, &view->counters.action[i],
			   view->before ? &view->before->counters.action[i] : NULL);
		if (view->each)
			put_cpus(view, i);
		putchar('}');
	}
	putchar('}');
}

static void put_view(const struct view *view)
{
	printf("{\"name\":");
	text_put_json(stdout, view->name);
	if (view->netdev.ifindex) {
		if (strcmp(view->name, view->netdev.name) != 0)
			put_member("ifname", view->netdev.name);
		printf(",\"ifindex\":%u,\"mode\":\"%s\",\"source\":\"%s\",\"status\":\"%s\"",
		       view->netdev.ifindex, xdp_mode_name(view->netdev.mode), view->source,
		       view->status);
		put_member("text", view->text);
	}
	if (view->netdev.prog_id) {
		printf(",\"program\":{\"id\":%u", view->netdev.prog_id);
		put_member("name", view->program.name);
		put_member("tag", view->program.tag);
		putchar('}');
	}
	put_member("error", view->error.text);
	if (view->before)
		printf(",\"interval\":%.3f", (double)view->interval / 1000);
	if (view->read)
		put_actions(view);
	putchar('}');
}

int json_print(const struct look *look)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	printf("{\"time\":%lld.%03ld,\"interfaces\":[", (long long)now.tv_sec,
	       now.tv_nsec / 1000000);
	for (size_t i = 0; i < look->count; i++) {
		if (i)
			putchar(',');
		put_view(&look->view[i]);
	}
	puts("]}");
	return fflush(stdout) ? -errno : 0;
}
