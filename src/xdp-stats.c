/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdp-stats: the counters on a terminal, from the pins alone, and what operators do to the pins. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"
#include "pins.h"
#include "source.h"
#include "util.h"

#define EXIT_USAGE 2

static const char *const actions[XDP_STATS_ACTIONS] = { "aborted", "drop", "pass", "tx",
							"redirect" };

/* One interface to be shown, and its values at the last look. */
struct shown {
	unsigned int ifindex;
	char name[IFNAMSIZ];
	struct counters counters;
	int64_t read_at; /* CLOCK_MONOTONIC, ms; 0: never */
};

struct stats {
	const char *directory;
	unsigned long seconds, count; /* 0: once; without end */
	struct pins *pins;
	struct shown *shown;
	size_t shown_count;
	int failures;
};

static void print_usage(FILE *to)
{
	fprintf(to, "Usage: xdp-stats [-p DIRECTORY] [-w SECONDS [-c COUNT]] [IFNAME...]\n"
		    "       xdp-stats [-p DIRECTORY] unload IFNAME...|--all\n"
		    "       xdp-stats [-p DIRECTORY] release|retake IFNAME...\n"
		    "Show the XDP counters that xdp-agentx has pinned, of all interfaces or of "
		    "these.\n\n"
		    "  -w SECONDS    show them again and again, with rates, at this interval\n"
		    "  -c COUNT      as often as this\n"
		    "  -p DIRECTORY  where the pins are (" PINS_DIRECTORY ")\n"
		    "  -h            print this text, and exit\n"
		    "  -v            print the version, and exit\n\n"
		    "  unload        take our programs, counters and pins away\n"
		    "  release       let an interface go, and its XDP hook, until it is retaken\n"
		    "  retake        have the agent count or observe it again\n");
}

static int usage_error(const char *message)
{
	fprintf(stderr, "xdp-stats: %s; xdp-stats -h lists the options\n", message);
	return EXIT_USAGE;
}

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

static void fail(struct stats *stats, const char *name, const char *text)
{
	fprintf(stderr, "xdp-stats: %s: %s\n", name, text);
	stats->failures++;
}

static void print_rates(const struct xdp_stats_rec *before, const struct xdp_stats_rec *now,
			int64_t interval)
{
	double seconds = (double)interval / 1000;

	printf(" %12.0f %14.0f", (double)(now->rx_packets - before->rx_packets) / seconds,
	       (double)(now->rx_bytes - before->rx_bytes) * 8 / seconds);
}

static void print_interface(struct stats *stats, struct shown *shown)
{
	char text[STATUS_TEXT_MAX];
	struct counters counters;
	int64_t now;
	int err = source_peek(stats->pins, shown->ifindex, &counters, text);

	if (err) {
		fail(stats, shown->name, err == -ENOENT ? "nothing is pinned for it" : text);
		return;
	}
	now = monotonic_ms();
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++) {
		const struct xdp_stats_rec *rec = &counters.action[i];

		printf("%-16s %-8s %16llu %18llu", shown->name, actions[i],
		       (unsigned long long)rec->rx_packets, (unsigned long long)rec->rx_bytes);
		if (shown->read_at && now > shown->read_at)
			print_rates(&shown->counters.action[i], rec, now - shown->read_at);
		printf("\n");
	}
	shown->counters = counters;
	shown->read_at = now;
}

static void print_table(struct stats *stats, bool rates)
{
	printf("%-16s %-8s %16s %18s%s\n", "INTERFACE", "ACTION", "PACKETS", "BYTES",
	       rates ? "          PPS          BIT/S" : "");
	for (size_t i = 0; i < stats->shown_count; i++)
		print_interface(stats, &stats->shown[i]);
	fflush(stdout);
}

static int print_stats(struct stats *stats)
{
	print_table(stats, false);
	for (unsigned long i = 1; stats->seconds && (!stats->count || i < stats->count); i++) {
		sleep((unsigned int)stats->seconds);
		printf("\n");
		print_table(stats, true);
	}
	return stats->failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void unload(struct stats *stats, unsigned int ifindex, const char *name)
{
	static const char *const writers[] = {
		[SOURCE_NONE] = "",
		[SOURCE_COUNT] = "program and ",
		[SOURCE_OBSERVE] = "observer and ",
	};
	char why[PINS_ERROR_MAX];
	enum source_kind kind;

	if (source_unload(stats->pins, ifindex, &kind, why))
		fail(stats, name, why);
	else
		printf("%s: %scounters taken away\n", name, writers[kind]);
}

static void release(struct stats *stats, unsigned int ifindex, const char *name)
{
	static const char *const ended[] = {
		[SOURCE_NONE] = "",
		[SOURCE_COUNT] = ", program taken off",
		[SOURCE_OBSERVE] = ", no longer observed",
	};
	char why[PINS_ERROR_MAX];
	enum source_kind kind;

	if (source_release(stats->pins, ifindex, &kind, why))
		fail(stats, name, why);
	else if (kind != SOURCE_COUNT && lock_holder())
		printf("%s: released; the agent lets go within xdpReconcile seconds\n", name);
	else
		printf("%s: released%s\n", name, ended[kind]);
}

static void retake(struct stats *stats, unsigned int ifindex, const char *name)
{
	int err = pins_retake(stats->pins, ifindex);

	pins_remove_interface(stats->pins, ifindex); /* if nothing else is in it */
	if (err)
		fail(stats, name, err == -ENOENT ? "it is not released" : strerror(-err));
	else
		printf("%s: the agent will count it again\n", name);
}

/* In any namespace, so that the path says more than a name. */
static void unload_pinned(unsigned int ifindex, void *context)
{
	struct stats *stats = context;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", pins_path(stats->pins, ifindex, PIN_MAP));
	*strrchr(path, '/') = '\0';
	unload(stats, ifindex, path);
}

static void note_interface(unsigned int ifindex, void *context)
{
	bool *found = context;

	(void)ifindex;
	*found = true;
}

/* What interfaces have in common goes with the last of them. */
static void unload_common(const struct pins *pins)
{
	bool found = false;

	if (!pins_each(pins, note_interface, &found) && !found)
		pins_remove_namespace(pins);
}

static void unload_namespace(struct pins *pins, void *context)
{
	struct stats *stats = context;

	stats->pins = pins;
	pins_each(pins, unload_pinned, stats);
	stats->pins = NULL;
	pins_remove_namespace(pins);
}

static const struct command {
	const char *name;
	void (*run)(struct stats *stats, unsigned int ifindex, const char *name);
} commands[] = {
	{ "unload", unload },
	{ "release", release },
	{ "retake", retake },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (name && !strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int open_pins(struct stats *stats)
{
	char error[PINS_ERROR_MAX];
	int err = pins_open(&stats->pins, stats->directory, false, error);

	if (err == -ENOENT)
		fprintf(stderr, "xdp-stats: nothing is pinned in %s for this network namespace\n",
			stats->directory);
	else if (err)
		fprintf(stderr, "xdp-stats: %s\n", error);
	return err;
}

/* The agent would pin again at once what is taken away. */
static bool agent_runs(void)
{
	pid_t pid = lock_holder();

	if (pid)
		fprintf(stderr,
			"xdp-stats: xdp-agentx (pid %d) is running; stop it first, or release the "
			"interface\n",
			(int)pid);
	return pid != 0;
}

static int unload_all(struct stats *stats)
{
	int err = pins_each_namespace(stats->directory, unload_namespace, stats);

	if (err == -ENOENT)
		return EXIT_SUCCESS; /* there is nothing to take away */
	if (err)
		fail(stats, stats->directory, strerror(-err));
	return stats->failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_command(struct stats *stats, const struct command *command, char **names)
{
	if (!*names)
		return usage_error("the command needs the name of an interface");
	if (command->run == unload && agent_runs())
		return EXIT_FAILURE;
	if (command->run == unload && !strcmp(*names, "--all"))
		return unload_all(stats);
	if (open_pins(stats))
		return EXIT_FAILURE;
	for (; *names; names++) {
		unsigned int ifindex = if_nametoindex(*names);

		if (ifindex)
			command->run(stats, ifindex, *names);
		else
			fail(stats, *names, "there is no such interface");
	}
	if (command->run == unload)
		unload_common(stats->pins);
	return stats->failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_stats(struct stats *stats, char **names)
{
	if (open_pins(stats))
		return EXIT_FAILURE;
	if (!*names)
		pins_each(stats->pins, show_pinned, stats);
	for (; *names; names++) {
		unsigned int ifindex = if_nametoindex(*names);

		if (ifindex)
			show(stats, ifindex, *names);
		else
			fail(stats, *names, "there is no such interface");
	}
	return print_stats(stats);
}

static bool parse_number(const char *text, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number && *number <= INT_MAX;
}

int main(int argc, char **argv)
{
	struct stats stats = { .directory = PINS_DIRECTORY };
	const struct command *command;
	int option, code;

	while ((option = getopt(argc, argv, "+:w:c:p:hv")) >= 0) {
		switch (option) {
		case 'w':
			if (!parse_number(optarg, &stats.seconds))
				return usage_error("option -w: not a number of seconds");
			break;
		case 'c':
			if (!parse_number(optarg, &stats.count))
				return usage_error("option -c: not a count");
			break;
		case 'p':
			stats.directory = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return EXIT_SUCCESS;
		case 'v':
			printf("xdp-stats %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		case ':':
			return usage_error("an option lacks its argument");
		default:
			return usage_error("unknown option");
		}
	}
	command = find_command(argv[optind]);
	code = command ? run_command(&stats, command, argv + optind + 1)
		       : run_stats(&stats, argv + optind);
	pins_close(stats.pins);
	free(stats.shown);
	return code;
}
