/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net-snmp's own reader on files of ours, found the way that an operator's are: SNMPCONFPATH. */
#include "unit.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/config.h"
#include "kernel/pins.h"
#include "snmp/agentx.h"
#include "snmp/mib.h"

#define DEFAULT_ROOT ".1.3.6.1.4.1.8072.9999.9999.48620"

static char directory[] = "/tmp/xdp-agentx-unit-XXXXXX";
static char standard_file[64], other_file[64], absent_file[64];

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* The settings as text: "PATTERN SOURCE HOOK;" for each rule, then what differs from the default.
 */
static const char *describe(const struct config *config)
{
	static char text[16384];
	char root[1024] = "";
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < config->rules.count; i++) {
		const struct rule *rule = &config->rules.rule[i];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s %s;",
					 rule->pattern, rule_source_name(rule->source),
					 xdp_hook_name(rule->hook));
	}
	for (size_t i = 0; i < config->rules.map_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s at %s;",
					 config->rules.map[i].ifname, config->rules.map[i].path);
	if (config->reconcile != 5)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "reconcile %u;",
					 config->reconcile);
	if (!config->persist)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "persist no;");
	if (!config->notifications)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "notifications no;");
	if (config->cpu_table)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "CPUs;");
	if (strcmp(config->pin_dir, PINS_DIRECTORY))
		used += (size_t)snprintf(text + used, sizeof(text) - used, "pins %s;",
					 config->pin_dir);
	for (size_t i = 0, at = 0; i < config->root_len; i++)
		at += (size_t)snprintf(root + at, sizeof(root) - at, ".%lu", config->root[i]);
	if (strcmp(root, DEFAULT_ROOT))
		snprintf(text + used, sizeof(text) - used, "root %s;", root);
	return text;
}

/* Reads the files; the settings have to be those. */
static void assert_settings(const char *wanted)
{
	struct config config;

	assert_int_equal(config_read(&config), 0);
	assert_string_equal(describe(&config), wanted);
	assert_string_equal(unit_logged, "");
	config_free(&config);
}

/* Reads the files; that has to fail, leave the settings alone and log all of these. */
static void assert_fault(const char *first, const char *second)
{
	struct config config, before;

	memset(&config, 0x5a, sizeof(config));
	before = config;
	unit_log_clear();
	if (config_read(&config) != -EINVAL)
		fail_msg("%s was not missed: %s", first, describe(&config));
	assert_memory_equal(&config, &before, sizeof(config));
	assert_contains(unit_logged, first);
	assert_contains(unit_logged, second);
	assert_contains(unit_logged, "-H lists the directives");
}

static const struct {
	const char *file, *settings;
} right[] = {
	{ "", "* observe any;" },
	{ "# nothing\n\n  \t\n", "* observe any;" },
	{ "xdpReconcile 7\n", "* observe any;reconcile 7;" },
	{ "xdpInterface eth0 count\n", "eth0 count any;" },
	{ "xdpInterface eth0 count", "eth0 count any;" },
	{ "XDPINTERFACE eth0 count\n", "eth0 count any;" },
	{ "xdpInterface eth0 count\r\nxdpReconcile 7\r\n", "eth0 count any;reconcile 7;" },
	{ "  xdpInterface\teth0 \t count\t  native \t\n", "eth0 count native;" },
	{ "xdpInterface eth0 count native # ours\n", "eth0 count native;" },
	{ "xdpInterface eth0 count # ours\n", "eth0 count any;" },
	{ "xdpInterface eth0 count #ours native\n", "eth0 count any;" },
	{ "xdpInterface ens1f0,ens1f1 count native\n"
	  "xdpInterface wan* auto\n"
	  "xdpInterface tun[0-9] map\n"
	  "xdpInterface lo off\n"
	  "xdpInterface * observe\n",
	  "ens1f0 count native;ens1f1 count native;wan* auto any;tun[0-9] map any;lo off any;"
	  "* observe any;" },
	{ "xdpInterface * off\nxdpInterface eth0 count\n", "* off any;eth0 count any;" },

	{ "xdpInterface eth0 map\nxdpMap eth0 /sys/fs/bpf/a\n",
	  "eth0 map any;eth0 at /sys/fs/bpf/a;" },
	{ "xdpMap eth0 /bpf/a # theirs\nXDPMAP\t eth1 \t /bpf/b \t\n",
	  "* observe any;eth0 at /bpf/a;eth1 at /bpf/b;" },

	{ "xdpReconcile 1\n", "* observe any;reconcile 1;" },
	{ "xdpReconcile 3600\n", "* observe any;reconcile 3600;" },
	{ "xdpReconcile 0010 # seconds\n", "* observe any;reconcile 10;" },
	{ "xdpReconcile 7\nxdpReconcile 8\n", "* observe any;reconcile 8;" },

	{ "xdpRootOid .1.3.6.1.4.1.99999.7\n", "* observe any;root .1.3.6.1.4.1.99999.7;" },
	{ "xdpRootOid 1.3.6\n", "* observe any;root .1.3.6;" },
	{ "xdpRootOid 1.3 # short\n", "* observe any;root .1.3;" },
	{ "xdpRootOid 0.39\n", "* observe any;root .0.39;" },
	{ "xdpRootOid 2.999.1\n", "* observe any;root .2.999.1;" },
	{ "xdpRootOid .1.3.4294967295\n", "* observe any;root .1.3.4294967295;" },

	{ "xdpPersist yes\n", "* observe any;" },
	{ "xdpPersist no\n", "* observe any;persist no;" },
	{ "xdpPersist no # take all away\n", "* observe any;persist no;" },
	{ "xdpPersist no\nxdpPersist yes\n", "* observe any;" },

	{ "xdpCpuTable no\n", "* observe any;" },
	{ "xdpCpuTable yes\n", "* observe any;CPUs;" },
	{ "XDPCPUTABLE yes # for a while\n", "* observe any;CPUs;" },
	{ "xdpCpuTable yes\nxdpPersist no\n", "* observe any;persist no;CPUs;" },

	{ "xdpNotifications yes\n", "* observe any;" },
	{ "xdpNotifications no # all of them\n", "* observe any;notifications no;" },

	{ "xdpPinDir /sys/fs/bpf/xdp-agentx\n", "* observe any;" },
	{ "xdpPinDir /run/bpf \t\n", "* observe any;pins /run/bpf;" },
	{ "xdpPinDir /run/bpf # ours\n", "* observe any;pins /run/bpf;" },

	{ "agentXPingInterval 9\n", "* observe any;" },
};

static void test_right_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(right); i++) {
		write_file(standard_file, right[i].file);
		assert_settings(right[i].settings);
	}
}

#define LETTERS_32 "sixteen-letters-sixteen-letters-"
#define LETTERS_128 LETTERS_32 LETTERS_32 LETTERS_32 LETTERS_32

/* The fault is in the last line of each; it has to be found with that line's number. */
static const struct {
	const char *file, *message;
} wrong[] = {
	{ "xdpInterface\n", "xdpInterface" },
	{ "xdpInterface eth0\n", "expected: xdpInterface PATTERN[,PATTERN...] SOURCE [HOOK]" },
	{ "xdpInterface eth0 # count\n", "expected: xdpInterface PATTERN" },
	{ "xdpInterface eth0 count any native\n", "expected: xdpInterface PATTERN" },
	{ "xdpInterface # eth0 count\n", "xdpInterface" },
	{ "xdpInterface eth0, eth1 count\n", "unknown source 'eth1'" },
	{ "xdpInterface eth0, count\n", "an empty name" },
	{ "xdpInterface eth0," LETTERS_128 " count\n", "more than 127 characters" },
	{ "xdpInterface eth0/1 count\n", "a name with '/'" },
	{ "xdpInterface eth0 bogus\n", "unknown source 'bogus'" },
	{ "xdpInterface eth0 count bogus\n", "unknown hook 'bogus'" },
	{ "xdpInterface eth0 observe native\n", "hook 'native' has no meaning for source" },
	{ "xdpInterface eth0:count\n", "expected: xdpInterface PATTERN" },
	{ "xdpInterface eth0 count\n\n# two\nxdpInterface eth1 cuont\n", "unknown source 'cuont'" },

	{ "xdpMap\n", "xdpMap" },
	{ "xdpMap eth0\n", "expected: xdpMap INTERFACE PATH" },
	{ "xdpMap eth0 # /bpf/a\n", "expected: xdpMap INTERFACE PATH" },
	{ "xdpMap eth0 /bpf/a native\n", "expected: xdpMap INTERFACE PATH" },
	{ "xdpMap eth0 bpf/a\n", "'bpf/a' cannot be used: it is no absolute path" },
	{ "xdpMap eth* /bpf/a\n", "'eth*' cannot be used: it is a pattern" },
	{ "xdpMap eth0 /bpf/a\nxdpMap eth0 /bpf/b\n",
	  "'eth0' cannot be used: it is named by another xdpMap already" },
	{ "xdpMap " LETTERS_128 " /bpf/a\n", "it is a name of more than 127 characters" },

	{ "xdpReconcile\n", "xdpReconcile" },
	{ "xdpReconcile 0\n", "'0' is no number of seconds from 1 to 3600; expected for example" },
	{ "xdpReconcile -1\n", "'-1' is no number of seconds" },
	{ "xdpReconcile +5\n", "'+5' is no number of seconds" },
	{ "xdpReconcile 1x\n", "'1x' is no number of seconds" },
	{ "xdpReconcile 1.5\n", "'1.5' is no number of seconds" },
	{ "xdpReconcile 1 2\n", "'1 2' is no number of seconds" },
	{ "xdpReconcile 0x10\n", "'0x10' is no number of seconds" },
	{ "xdpReconcile 3601\n", "'3601' is no number of seconds" },
	{ "xdpReconcile 99999999999999999999999\n", "is no number of seconds" },
	{ "xdpReconcile five\n", "'five' is no number of seconds" },

	{ "xdpRootOid\n", "xdpRootOid" },
	{ "xdpRootOid .\n", "'.' is no numeric object identifier; expected for example" },
	{ "xdpRootOid 1\n", "'1' is no numeric object identifier" },
	{ "xdpRootOid 2\n", "'2' is no numeric object identifier" },
	{ "xdpRootOid enterprises.8072\n", "'enterprises.8072' is no numeric" },
	{ "xdpRootOid 1.3.6.x\n", "'1.3.6.x' is no numeric" },
	{ "xdpRootOid 1.3.6x\n", "'1.3.6x' is no numeric" },
	{ "xdpRootOid 1.3.\n", "'1.3.' is no numeric" },
	{ "xdpRootOid 1..3\n", "'1..3' is no numeric" },
	{ "xdpRootOid ..1.3\n", "'..1.3' is no numeric" },
	{ "xdpRootOid 1.-3\n", "'1.-3' is no numeric" },
	{ "xdpRootOid 1.3 6\n", "'1.3 6' is no numeric" },
	{ "xdpRootOid 1.3.4294967296\n", "'1.3.4294967296' is no numeric" },
	{ "xdpRootOid 1.3.99999999999999999999999\n", "is no numeric" },
	{ "xdpRootOid 3.1\n", "'3.1' is no numeric" },
	{ "xdpRootOid 0.40\n", "'0.40' is no numeric" },
	{ "xdpRootOid 1.40\n", "'1.40' is no numeric" },

	{ "xdpPersist\n", "xdpPersist" },
	{ "xdpPersist # yes\n", "xdpPersist" },
	{ "xdpPersist Yes\n", "'Yes' is neither yes nor no; expected: xdpPersist yes" },
	{ "xdpPersist 1\n", "'1' is neither yes nor no" },
	{ "xdpPersist yes no\n", "'yes no' is neither yes nor no" },

	{ "xdpCpuTable\n", "xdpCpuTable" },
	{ "xdpCpuTable on\n", "'on' is neither yes nor no; expected: xdpCpuTable yes" },

	{ "xdpPinDir\n", "xdpPinDir" },
	{ "xdpPinDir pins\n",
	  "'pins' is no absolute path; expected for example: xdpPinDir /sys/fs/bpf/xdp-agentx" },
	{ "xdpPinDir # /pins\n", "xdpPinDir" },
	{ "xdpPinDir /pins of mine\n", "'/pins of mine' is no absolute path" },

	{ "xdpBogus 1\n", "xdpBogus" },
	{ "bogus\n", "bogus" },
	{ "xdpReconcile 7\nxdpInterface eth0 count\nxdpinterfaces eth1 count\n", "xdpinterfaces" },
	{ "agentXPingInterval soon\n", "Invalid ping interval" },
};

static unsigned int lines_in(const char *text)
{
	unsigned int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void test_wrong_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		char place[128];

		write_file(standard_file, wrong[i].file);
		snprintf(place, sizeof(place), "%s: line %u: ", standard_file,
			 lines_in(wrong[i].file));
		assert_fault(wrong[i].message, place);
	}
}

static void test_every_fault_is_reported(void **state)
{
	(void)state;
	write_file(standard_file, "xdpInterface eth0 bogus\nxdpReconcile 5\nxdpBogus 1\n"
				  "xdpReconcile 0\n");
	assert_fault("line 1: ", "line 3: ");
	assert_contains(unit_logged, "line 4: ");
	assert_contains(unit_logged, "the configuration has 3 faults");

	write_file(standard_file, "xdpReconcile 0\n");
	assert_fault("line 1: ", "the configuration has 1 fault;");
}

/* What one reading finds is gone in the next. */
static void test_readings_are_independent(void **state)
{
	(void)state;
	write_file(standard_file, "xdpInterface eth0 count\nxdpReconcile 9\n");
	assert_settings("eth0 count any;reconcile 9;");
	assert_settings("eth0 count any;reconcile 9;");
	write_file(standard_file, "xdpInterface eth0 bogus\n");
	assert_fault("bogus", "");
	unit_log_clear();
	write_file(standard_file, "");
	assert_settings("* observe any;");
}

static void test_no_file_at_all(void **state)
{
	(void)state;
	assert_int_equal(unlink(standard_file), 0);
	assert_settings("* observe any;");
}

static void write_long_root(unsigned int len)
{
	char text[1024] = "xdpRootOid 1.3";

	for (unsigned int i = 2; i < len; i++)
		strcat(text, ".7");
	write_file(standard_file, strcat(text, "\n"));
}

/* A name has 128 sub-identifiers at most (RFC 3416, 2.1), and our objects need some of them. */
static void test_length_of_the_root(void **state)
{
	struct config config;

	(void)state;
	write_long_root(128 - MIB_MAX_DEPTH);
	assert_int_equal(config_read(&config), 0);
	assert_int_equal(config.root_len, 128 - MIB_MAX_DEPTH);
	config_free(&config);
	write_long_root(128 - MIB_MAX_DEPTH + 1);
	assert_fault("is no numeric object identifier", "line 1: ");
	write_long_root(128);
	assert_fault("is no numeric object identifier", "line 1: ");
	write_long_root(140);
	assert_fault("is no numeric object identifier", "line 1: ");
}

static void test_long_line(void **state)
{
	char line[8192] = "xdpInterface ", settings[16384] = "";
	size_t used = strlen(line), described = 0;

	(void)state;
	for (unsigned int i = 0; i < 400; i++) {
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%sifname%u",
					 i ? "," : "", i);
		described += (size_t)snprintf(settings + described, sizeof(settings) - described,
					      "ifname%u count native;", i);
	}
	strcat(line, " count native\n");
	write_file(standard_file, line);
	assert_settings(settings);
}

/* net-snmp reads the files once more when it connects to the master. */
static void test_reading_of_others_changes_nothing(void **state)
{
	struct config config;

	(void)state;
	write_file(standard_file, "xdpInterface eth0 count\nxdpReconcile 9\n");
	assert_int_equal(config_read(&config), 0);
	write_file(standard_file, "xdpInterface eth1 count\nxdpRootOid 1.3\nxdpReconcile 0\n");
	read_configs();
	assert_string_equal(unit_logged, "");
	assert_string_equal(describe(&config), "eth0 count any;reconcile 9;");
	config_free(&config);
}

static void test_file_of_option_c(void **state)
{
	char place[128];

	(void)state;
	write_file(standard_file, "xdpInterface eth0 count\n");
	write_file(other_file, "xdpInterface eth1 auto\n");
	config_set_file(other_file);
	assert_settings("eth0 count any;eth1 auto any;");

	write_file(other_file, "\nxdpInterface eth1 bogus\n");
	snprintf(place, sizeof(place), "%s: line 2: ", other_file);
	assert_fault(place, "unknown source 'bogus'");
}

static void test_file_of_option_c_has_to_be_there(void **state)
{
	char message[128];

	(void)state;
	write_file(standard_file, "xdpInterface eth0 count\n");
	config_set_file(absent_file);
	snprintf(message, sizeof(message),
		 "cannot read the configuration file %s: No such file or directory", absent_file);
	assert_fault(message, "the configuration has 1 fault;");
	config_set_file(directory);
	snprintf(message, sizeof(message), "cannot read the configuration file %s: Is a directory",
		 directory);
	assert_fault(message, "the configuration has 1 fault;");
}

static void test_option_C_reads_that_file_only(void **state)
{
	(void)state;
	write_file(standard_file, "xdpInterface eth0 bogus\n");
	write_file(other_file, "xdpInterface eth1 auto\n");
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	assert_settings("* observe any;");
	config_set_file(other_file);
	assert_settings("eth1 auto any;");
}

static void test_bad_option_i(void **state)
{
	static const struct {
		const char *option, *message;
	} bad[] = {
		{ "", "option -i : '' cannot be an interface: it is an empty name" },
		{ "eth0:bogus", "option -i eth0:bogus: unknown source 'bogus'" },
		{ "eth0:count:bogus", "option -i eth0:count:bogus: unknown hook 'bogus'" },
		{ "eth0:count:any:x", "too many colons" },
		{ "eth0:map:native", "has no meaning for source 'map'" },
	};

	(void)state;
	write_file(standard_file, "");
	for (size_t i = 0; i < LENGTH(bad); i++) {
		unit_log_clear();
		assert_int_equal(config_add_option(bad[i].option), -EINVAL);
		assert_contains(unit_logged, bad[i].message);
	}
	unit_log_clear();
	assert_settings("* observe any;");
}

/* Options stay for as long as the program runs: these come last, and in this order. */
static void test_option_i_comes_before_the_file(void **state)
{
	(void)state;
	write_file(standard_file, "xdpInterface eth0 off\nxdpInterface * observe\n");
	assert_int_equal(config_add_option("eth0"), 0);
	assert_int_equal(config_add_option("wan*,lan*:auto:generic"), 0);
	assert_settings("eth0 count any;wan* auto generic;lan* auto generic;"
			"eth0 off any;* observe any;");
	assert_settings("eth0 count any;wan* auto generic;lan* auto generic;"
			"eth0 off any;* observe any;");
	assert_int_equal(unlink(standard_file), 0);
	assert_settings("eth0 count any;wan* auto generic;lan* auto generic;");
}

static void test_too_many_options(void **state)
{
	(void)state;
	for (int i = 2; i < 256; i++)
		assert_int_equal(config_add_option("eth0"), 0);
	assert_int_equal(config_add_option("eth0"), -EINVAL);
	assert_contains(unit_logged, "too many -i options");
}

/* What net-snmp's library is told to log, ours among it. */
static int log_message(int major, int minor, void *message, void *argument)
{
	const struct snmp_log_message *line = message;

	(void)major;
	(void)minor;
	(void)argument;
	unit_log(line->priority, NULL, line->msg);
	return SNMP_ERR_NOERROR;
}

static void connected(void *context)
{
	(void)context;
}

static int start(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(standard_file, sizeof(standard_file), "%s/" PACKAGE_NAME ".conf", directory);
	snprintf(other_file, sizeof(other_file), "%s/other.conf", directory);
	snprintf(absent_file, sizeof(absent_file), "%s/absent.conf", directory);
	setenv("SNMPCONFPATH", directory, 1);
	setenv("SNMP_PERSISTENT_DIR", directory, 1);
	if (agentx_init(NULL, connected, NULL))
		return -1;
	config_init();
	return snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, log_message,
				      NULL);
}

static int stop(void **state)
{
	(void)state;
	agentx_close();
	unlink(standard_file);
	unlink(other_file);
	return rmdir(directory);
}

static int setup(void **state)
{
	(void)state;
	unit_log_clear();
	config_set_file(NULL);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 0);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_right_files),
		TEST(test_wrong_files),
		TEST(test_every_fault_is_reported),
		TEST(test_readings_are_independent),
		TEST(test_no_file_at_all),
		TEST(test_length_of_the_root),
		TEST(test_long_line),
		TEST(test_reading_of_others_changes_nothing),
		TEST(test_file_of_option_c),
		TEST(test_file_of_option_c_has_to_be_there),
		TEST(test_option_C_reads_that_file_only),
		TEST(test_bad_option_i),
		TEST(test_option_i_comes_before_the_file),
		TEST(test_too_many_options),
	};

	return cmocka_run_group_tests_name("config", tests, start, stop);
}
