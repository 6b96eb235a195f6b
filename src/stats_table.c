/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters on a terminal, as sums or CPU by CPU. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "source.h"
#include "stats.h"
#include "util.h"

static const char *const actions[XDP_STATS_ACTIONS] = { "aborted", "drop", "pass", "tx",
							"redirect" };

/* One interface to be shown, and its values at the last look. */
struct shown {
	unsigned int ifindex;
	char name[IFNAMSIZ];
	struct counters counters;
	struct cpu_counters *each; /* if asked for */
	int64_t read_at;           /* CLOCK_MONOTONIC, ms; 0: never */
};

static void show(struct stats *stats, unsigned int ifindex, const char *name)
{
	struct shown *grown = realloc(stats->shown, (stats->shown_count + 1) * sizeof(*grown));

	if (!grown) {
		fprintf(stderr, "xdp-stats: out of memory\n");
		exit(EXIT_FAILURE);
	}
	stats->shown = grown;
	grown[stats->shown_count] = (struct shown){ .ifindex = ifindex };
	snprintf(grown[stats->shown_count++].name, IFNAMSIZ, "%s", name);
}

static void show_pinned(unsigned int ifindex, void *context)
{
	struct stats *stats = context;
	char name[IFNAMSIZ];

	if (source_is_kept(stats->pins, ifindex) && if_indextoname(ifindex, name))
		show(stats, ifindex, name);
}

/*
 * before is what it was interval ms ago; 0: nobody has looked before. It may be more than now,
 * where a reset is not known yet: the rate is below zero then.
 */
static void print_record(const struct xdp_stats_rec *rec, const struct xdp_stats_rec *before,
			 int64_t interval)
{
	double seconds = (double)interval / 1000;

	printf(" %16llu %18llu", (unsigned long long)rec->rx_packets,
	       (unsigned long long)rec->rx_bytes);
	if (interval)
		printf(" %12.0f %14.0f",
		       (double)(int64_t)(rec->rx_packets - before->rx_packets) / seconds,
		       (double)(int64_t)(rec->rx_bytes - before->rx_bytes) * 8 / seconds);
	printf("\n");
}

static void print_sums(const struct shown *shown, const struct counters *counters, int64_t interval)
{
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++) {
		printf("%-16s %-8s", shown->name, actions[i]);
		print_record(&counters->action[i], &shown->counters.action[i], interval);
	}
}

/* Of 64 CPUs and 5 verdicts few have counted anything: the others would hide them. */
static void print_cpus(const struct shown *shown, const struct cpu_counters *each, int64_t interval)
{
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS * each->cpus; i++) {
		const struct xdp_stats_rec *rec = &each->slot[i];

		if (!rec->rx_packets && !rec->rx_bytes)
			continue;
		printf("%-16s %-8s %5u", shown->name, actions[i / each->cpus],
		       each->number[i % each->cpus]);
		print_record(rec, shown->each ? &shown->each->slot[i] : NULL, interval);
	}
}

static void print_interface(struct stats *stats, struct shown *shown)
{
	char text[STATUS_TEXT_MAX];
	struct cpu_counters *each = NULL;
	struct counters counters;
	int64_t now, interval;
	int err = source_peek(stats->pins, shown->ifindex, &counters, stats->by_cpu ? &each : NULL,
			      text);

	if (err || (stats->by_cpu && !each)) {
		stats_fail(stats, shown->name, err == -ENOENT ? "nothing is pinned for it" : text);
		return;
	}
	now = monotonic_ms();
	interval = shown->read_at ? now - shown->read_at : 0;
	if (each)
		print_cpus(shown, each, interval);
	else
		print_sums(shown, &counters, interval);
	free(shown->each);
	shown->each = each;
	shown->counters = counters;
	shown->read_at = now;
}

static void print_table(struct stats *stats, bool rates)
{
	printf("%-16s %-8s%s %16s %18s%s\n", "INTERFACE", "ACTION", stats->by_cpu ? "   CPU" : "",
	       "PACKETS", "BYTES", rates ? "          PPS          BIT/S" : "");
	for (size_t i = 0; i < stats->shown_count; i++)
		print_interface(stats, &stats->shown[i]);
	fflush(stdout);
}

int stats_print(struct stats *stats, char **names)
{
	if (stats_open_pins(stats))
		return EXIT_FAILURE;
	if (!*names)
		pins_each(stats->pins, show_pinned, stats);
	stats_each(stats, names, show);
	print_table(stats, false);
	for (unsigned long i = 1; stats->seconds && (!stats->count || i < stats->count); i++) {
		sleep((unsigned int)stats->seconds);
		printf("\n");
		print_table(stats, true);
	}
	while (stats->shown_count)
		free(stats->shown[--stats->shown_count].each);
	free(stats->shown);
	return stats->failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
