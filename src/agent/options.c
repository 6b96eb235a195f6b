/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/options.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "agent/config.h"
#include "lib/reason.h"
#include "lib/text.h"
#include "snmp/logging.h"
#include "snmp/master.h"

static void print_usage(void)
{
	printf("Usage: %s [OPTION]...\n"
	       "Serve XDP counters of network interfaces through snmpd (XDP-STATS-MIB).\n\n"
	       "  -i PATTERN[:SOURCE[:HOOK]]  watch these interfaces; SOURCE is count (default), "
	       "auto,\n"
	       "                              observe, map or off, HOOK any (default), native, "
	       "generic\n"
	       "  -c FILE     read this configuration file, too\n"
	       "  -C          read no configuration file but that of -c\n"
	       "  -x ADDRESS  where the AgentX master listens\n"
	       "  -f          stay in the foreground, which it does anyway\n"
	       "  -t          check the configuration, say what would be done, and exit\n"
	       "  -H          list the configuration directives, and exit\n"
	       "  -L LOGOPTS  where to log to:\n",
	       PACKAGE_NAME);
	snmp_log_options_usage("                ", stdout);
	printf("  -D TOKENS   print debugging output of these tokens (xdp: all of ours)\n"
	       "  -v          print the version, and exit\n"
	       "  -h          print this text, and exit\n");
}

__attribute__((format(printf, 1, 2))) static int usage_error(const char *format, ...)
{
	struct reason fault;
	va_list args;

	va_start(args, format);
	vsnprintf(fault.text, sizeof(fault.text), format, args);
	va_end(args);
	text_fprintf(stderr, "%s: %s; %s -h lists the options\n", PACKAGE_NAME, fault.text,
		     PACKAGE_NAME);
	return EXIT_USAGE;
}

int options_parse(struct options *options, int argc, char **argv)
{
	struct reason reason;
	bool logs = false;
	int option;

	while ((option = getopt(argc, argv, ":fCc:x:i:L:D:tHvh")) >= 0) {
		switch (option) {
		case 'f':
			break;
		case 'C':
			netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
					       NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
			break;
		case 'c':
			config_set_file(optarg);
			break;
		case 'x':
			if (!*optarg)
				return usage_error("option -x: an empty address");
			if (master_set(optarg, &reason))
				return usage_error("option -x: %s", reason.text);
			options->address = optarg;
			break;
		case 'i':
			if (config_add_option(optarg))
				return EXIT_USAGE;
			break;
		case 'L':
			if (snmp_log_options(optarg, argc, argv) < 0)
				return usage_error("option -L: bad LOGOPTS '%s'", optarg);
			logs = true;
			break;
		case 'D':
			debug_register_tokens(optarg);
			snmp_set_do_debugging(1);
			break;
		case 't':
			options->test = true;
			break;
		case 'H':
			options->list_directives = true;
			break;
		case 'v':
			printf("%s\n", PACKAGE_STRING);
			return EXIT_SUCCESS;
		case 'h':
			print_usage();
			return EXIT_SUCCESS;
		case ':':
			return usage_error("option -%c lacks its argument", optopt);
		default:
			return usage_error("unknown option -%c", optopt);
		}
	}
	if (optind < argc)
		return usage_error("unexpected argument '%s'", argv[optind]);
	if (!logs)
		netsnmp_register_loghandler(options->list_directives ? NETSNMP_LOGHANDLER_STDOUT
								     : NETSNMP_LOGHANDLER_STDERR,
					    LOG_DEBUG);
	if (!options->list_directives) /* which has tabs */
		logging_escape();
	return -1;
}
