/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdp-stats: the counters on a terminal, from the pins alone, and what operators do to the pins. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/broker.h"
#include "kernel/pins.h"
#include "stats/commands.h"
#include "stats/show.h"

enum { OPTION_ALL = 256, OPTION_CPU, OPTION_JSON };

static const struct option long_options[] = {
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "cpu", no_argument, NULL, OPTION_CPU },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ 0 },
};

static void print_usage(void)
{
	printf("Usage: xdp-stats [-p DIRECTORY] [-w SECONDS [-c COUNT]] [--cpu] [--json] "
	       "[IFNAME...]\n"
	       "       xdp-stats [-p DIRECTORY] unload IFNAME...|--all\n"
	       "       xdp-stats [-p DIRECTORY] release|retake IFNAME...\n"
	       "Show the XDP counters that xdp-agentx has pinned, of all interfaces or of "
	       "these.\n\n"
	       "  -w SECONDS    show them again and again, with rates, at this interval\n"
	       "  -c COUNT      as often as this\n"
	       "  --cpu         what each CPU counted, but for zeros, instead of the sums\n"
	       "  --json        as JSON, a line each time\n"
	       "  -p DIRECTORY  where the pins are (" PINS_DIRECTORY ")\n"
	       "  -h            print this text, and exit\n"
	       "  -v            print the version, and exit\n\n"
	       "  unload        take our programs, counters and pins away\n"
	       "  release       let an interface go, and its XDP hook, until it is retaken\n"
	       "  retake        have the agent count or observe it again\n");
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
	bool all = false;
	int option, code;

	while ((option = getopt_long(argc, argv, ":w:c:p:hv", long_options, NULL)) >= 0) {
		switch (option) {
		case 'w':
			if (!parse_number(optarg, &stats.seconds))
				return stats_usage_error("option -w: not a number of seconds");
			break;
		case 'c':
			if (!parse_number(optarg, &stats.count))
				return stats_usage_error("option -c: not a count");
			break;
		case 'p':
			stats.directory = optarg;
			break;
		case OPTION_ALL:
			all = true;
			break;
		case OPTION_CPU:
			stats.by_cpu = true;
			break;
		case OPTION_JSON:
			stats.json = true;
			break;
		case 'h':
			print_usage();
			return EXIT_SUCCESS;
		case 'v':
			printf("xdp-stats %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		case ':':
			return stats_usage_error("an option lacks its argument");
		default:
			return stats_usage_error("unknown option");
		}
	}
	if (broker_open())
		return EXIT_FAILURE;
	common_open(&stats.common, NULL); /* it pins nothing */
	command = command_find(argv[optind]);
	if (command)
		code = command_run(&stats, command, argv + optind + 1, all);
	else if (all)
		code = stats_usage_error("option --all: only unload has it");
	else
		code = show_counters(&stats, argv + optind);
	common_close(&stats.common);
	pins_close(stats.pins);
	return code;
}
