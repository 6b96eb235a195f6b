/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line; what it hands on to the configuration ends in this file. */
#include "unit.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/options.h"
#include "snmp/logging.h"

#define GO_ON (-1)

static const char *config_file;
static char config_options[256];

void config_set_file(const char *path)
{
	config_file = path;
}

/* Refuses "bad" and takes all else. */
int config_add_option(const char *option)
{
	strcat(strcat(config_options, option), ";");
	return strcmp(option, "bad") ? 0 : -EINVAL;
}

static struct options options;

/* Splits the line at its blanks and has it parsed. */
static int parse(const char *line)
{
	static char words[256];
	char *argv[16], *rest = words;
	int argc = 0, code;

	snprintf(words, sizeof(words), "%s", line);
	while (argc < 15 && (argv[argc] = strsep(&rest, " ")))
		argc++;
	argv[argc] = NULL;

	options = (struct options){ 0 };
	config_file = NULL;
	config_options[0] = '\0';
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 0);
	optind = 0; /* a new command line (getopt(3)) */
	unit_capture_begin();
	code = options_parse(&options, argc, argv);
	unit_capture_end();
	return code;
}

static void test_exit_codes(void **state)
{
	static const struct {
		const char *line;
		int code;
		const char *out, *err; /* what has to be in there; "" for nothing at all */
	} lines[] = {
		{ "xdp-agentx", GO_ON, "", "" },
		{ "xdp-agentx -f", GO_ON, "", "" },
		{ "xdp-agentx -f -C -c file -x address -i eth0 -i eth1:auto -Le -t", GO_ON, "",
		  "" },
		{ "xdp-agentx -fCt", GO_ON, "", "" },
		{ "xdp-agentx -H", GO_ON, "", "" },
		{ "xdp-agentx -L e", GO_ON, "", "" },

		{ "xdp-agentx -v", EXIT_SUCCESS, PACKAGE_STRING "\n", "" },
		{ "xdp-agentx -v -q", EXIT_SUCCESS, PACKAGE_STRING "\n", "" },
		{ "xdp-agentx -h", EXIT_SUCCESS, "Usage: xdp-agentx [OPTION]", "" },
		{ "xdp-agentx -h nonsense", EXIT_SUCCESS, "-i PATTERN[:SOURCE[:HOOK]]", "" },

		{ "xdp-agentx -q", EXIT_USAGE, "",
		  "xdp-agentx: unknown option -q; xdp-agentx -h lists the options\n" },
		{ "xdp-agentx --help", EXIT_USAGE, "", "unknown option -" },
		{ "xdp-agentx -c", EXIT_USAGE, "", "option -c lacks its argument" },
		{ "xdp-agentx -x", EXIT_USAGE, "", "option -x lacks its argument" },
		{ "xdp-agentx -x tlstcp:host:1", EXIT_USAGE, "",
		  "option -x: 'tlstcp:host:1' is no address of an AgentX master; expected" },
		{ "xdp-agentx -f -i", EXIT_USAGE, "", "option -i lacks its argument" },
		{ "xdp-agentx -L", EXIT_USAGE, "", "option -L lacks its argument" },
		{ "xdp-agentx -D", EXIT_USAGE, "", "option -D lacks its argument" },
		{ "xdp-agentx -Lz", EXIT_USAGE, "", "option -L: bad LOGOPTS 'z'" },
		{ "xdp-agentx eth0", EXIT_USAGE, "", "unexpected argument 'eth0'" },
		{ "xdp-agentx -f eth0 -t", EXIT_USAGE, "", "unexpected argument 'eth0'" },
		{ "xdp-agentx \033]0;x\a", EXIT_USAGE, "",
		  "unexpected argument '\\x1b]0;x\\x07'; xdp-agentx -h lists" },
		{ "xdp-agentx -\xff", EXIT_USAGE, "", "unknown option -\\xff" },
		{ "xdp-agentx -i bad -h", EXIT_USAGE, "", "" }, /* config.c has told why */
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		int code = parse(lines[i].line);

		if (code != lines[i].code)
			fail_msg("%s: code %d", lines[i].line, code);
		assert_contains(unit_written[STDOUT_FILENO], lines[i].out);
		assert_contains(unit_written[STDERR_FILENO], lines[i].err);
		assert_int_equal(!*unit_written[STDOUT_FILENO], !*lines[i].out);
		assert_int_equal(!*unit_written[STDERR_FILENO], !*lines[i].err);
	}
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("xdp-agentx"), GO_ON);
	assert_null(options.address);
	assert_false(options.test);
	assert_false(options.list_directives);
	assert_null(config_file);
	assert_string_equal(config_options, "");
	assert_false(
		netsnmp_ds_get_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS));
}

static void test_what_is_handed_on(void **state)
{
	(void)state;
	assert_int_equal(
		parse("xdp-agentx -i eth0 -t -c a -x tcp:localhost:705 -i wan*:auto -C -H"), GO_ON);
	assert_string_equal(options.address, "tcp:localhost:705");
	assert_true(options.test);
	assert_true(options.list_directives);
	assert_string_equal(config_file, "a");
	assert_string_equal(config_options, "eth0;wan*:auto;");
	assert_true(
		netsnmp_ds_get_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS));
}

static void test_nothing_behind_a_bad_option_is_taken(void **state)
{
	(void)state;
	assert_int_equal(parse("xdp-agentx -i eth0 -i bad -i eth1"), EXIT_USAGE);
	assert_string_equal(config_options, "eth0;bad;");
}

/* A message of the library has to come out there, and there only. */
static void check_logging(const char *line, const char *out, const char *err)
{
	shutdown_snmp_logging();
	assert_int_equal(parse(line), GO_ON);
	unit_capture_begin();
	snmp_log(LOG_DEBUG, "message\n");
	unit_capture_end();
	assert_string_equal(unit_written[STDOUT_FILENO], out);
	assert_string_equal(unit_written[STDERR_FILENO], err);
}

static void test_logging(void **state)
{
	(void)state;
	check_logging("xdp-agentx", "", "message\n");
	check_logging("xdp-agentx -Le", "", "message\n");
	check_logging("xdp-agentx -Lo", "message\n", "");
	check_logging("xdp-agentx -Ln", "", "");
	check_logging("xdp-agentx -H", "message\n", ""); /* the list is the output */
	check_logging("xdp-agentx -H -Le", "", "message\n");
}

/* Whoever speaks by the library, and however often the handlers are looked for. */
static void test_what_is_logged_is_escaped(void **state)
{
	(void)state;
	shutdown_snmp_logging();
	assert_int_equal(parse("xdp-agentx -Le"), GO_ON);
	netsnmp_register_loghandler(NETSNMP_LOGHANDLER_STDOUT, LOG_DEBUG);
	logging_escape();
	logging_escape();
	unit_capture_begin();
	snmp_log(LOG_ERR, "a\033\nb\xff\\\n");
	snmp_log(LOG_DEBUG, "part, ");
	snmp_log(LOG_DEBUG, "part\n");
	unit_capture_end();
	assert_string_equal(unit_written[STDOUT_FILENO], "a\\x1b\\x0ab\\xff\\x5c\npart, part\n");
	assert_string_equal(unit_written[STDERR_FILENO], unit_written[STDOUT_FILENO]);
}

static void test_debugging(void **state)
{
	(void)state;
	assert_false(snmp_get_do_debugging());
	assert_int_equal(parse("xdp-agentx -D xdp"), GO_ON);
	assert_true(snmp_get_do_debugging());
	assert_int_equal(debug_is_token_registered("xdp"), SNMPERR_SUCCESS);
	assert_int_not_equal(debug_is_token_registered("other"), SNMPERR_SUCCESS);
	snmp_set_do_debugging(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_what_is_handed_on),
		cmocka_unit_test(test_nothing_behind_a_bad_option_is_taken),
		cmocka_unit_test(test_logging),
		cmocka_unit_test(test_what_is_logged_is_escaped),
		cmocka_unit_test(test_debugging),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
