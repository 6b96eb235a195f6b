/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "kernel/pins.h"
#include "lib/log.h"
#include "lib/util.h"
#include "snmp/mib.h"

#define MAX_OPTIONS 256
#define MAX_RECONCILE 3600 /* seconds */

static const char *options[MAX_OPTIONS];
static size_t option_count;
static const char *option_file;

/*
 * What the directives write into. net-snmp reads the files once more when it connects, and then
 * nothing may be added: reading is NULL.
 */
static struct config *reading;
static unsigned int faults;

/* Splits a line at white space, up to a comment. Returns how many words there are, max at most. */
static size_t split(char *line, char *words[], size_t max)
{
	char *rest = line, *word;
	size_t count = 0;

	while (count < max && (word = strsep(&rest, " \t"))) {
		if (*word == '#')
			break;
		if (*word)
			words[count++] = word;
	}
	return count;
}

static void parse_interface(const char *token, char *line)
{
	char *words[4] = { NULL };
	struct reason reason;
	size_t count;

	(void)token;
	if (!reading)
		return;
	count = split(line, words, 4);
	if (count < 2 || count > 3) {
		config_perror("expected: xdpInterface PATTERN[,PATTERN...] SOURCE [HOOK]");
		return;
	}
	if (rules_add(&reading->rules, words[0], words[1], words[2], &reason))
		config_perror(reason.text);
}

static void parse_map(const char *token, char *line)
{
	char *words[3] = { NULL };
	struct reason reason;

	(void)token;
	if (!reading)
		return;
	if (split(line, words, 3) != 2)
		config_perror("expected: xdpMap INTERFACE PATH");
	else if (rules_add_map(&reading->rules, words[0], words[1], &reason))
		config_perror(reason.text);
}

/* One non-negative number and nothing behind it but white space or a comment. */
static bool parse_number(const char *text, unsigned long max, unsigned long *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoul(text, &end, 10);
	end += strspn(end, " \t");
	return !errno && *number <= max && (!*end || *end == '#');
}

static void parse_reconcile(const char *token, char *line)
{
	unsigned long seconds;

	(void)token;
	if (!reading)
		return;
	if (!parse_number(line, MAX_RECONCILE, &seconds) || !seconds)
		netsnmp_config_error("'%s' is no number of seconds from 1 to %d; expected for "
				     "example: xdpReconcile 5",
				     line, MAX_RECONCILE);
	else
		reading->reconcile = (unsigned int)seconds;
}

/* Numbers and dots only: at this time no MIB is loaded that would know a name. */
static bool parse_oid(const char *text, oid *name, size_t *length)
{
	size_t count = 0;

	for (text += *text == '.'; *text >= '0' && *text <= '9'; text += *text == '.') {
		char *end;

		errno = 0;
		name[count] = strtoul(text, &end, 10);
		if (errno || name[count] > UINT32_MAX || ++count == MAX_OID_LEN)
			return false;
		text = end;
		if (*text == '.' && (text[1] < '0' || text[1] > '9'))
			return false;
	}
	text += strspn(text, " \t");
	*length = count;
	return (!*text || *text == '#') && count >= 2 && name[0] <= 2 &&
	       (name[0] == 2 || name[1] < 40) && count + MIB_MAX_DEPTH <= MAX_OID_LEN;
}

static void parse_root_oid(const char *token, char *line)
{
	oid name[MAX_OID_LEN];
	size_t length;

	(void)token;
	if (!reading)
		return;
	if (!parse_oid(line, name, &length)) {
		netsnmp_config_error("'%s' is no numeric object identifier; expected for example: "
				     "xdpRootOid .1.3.6.1.4.1.8072.9999.9999.48620",
				     line);
		return;
	}
	memcpy(reading->root, name, length * sizeof(*name));
	reading->root_len = length;
}

/* Takes the comment away, and the white space before it. */
static void cut_comment(char *line)
{
	size_t length = strcspn(line, "#");

	while (length && strchr(" \t", line[length - 1]))
		length--;
	line[length] = '\0';
}

static void parse_yes_or_no(char *line, const char *example, bool *setting)
{
	cut_comment(line);
	if (strcmp(line, "yes") && strcmp(line, "no"))
		netsnmp_config_error("'%s' is neither yes nor no; expected: %s", line, example);
	else
		*setting = !strcmp(line, "yes");
}

static void parse_persist(const char *token, char *line)
{
	(void)token;
	if (reading)
		parse_yes_or_no(line, "xdpPersist yes", &reading->persist);
}

static void parse_cpu_table(const char *token, char *line)
{
	(void)token;
	if (reading)
		parse_yes_or_no(line, "xdpCpuTable yes", &reading->cpu_table);
}

static void parse_notifications(const char *token, char *line)
{
	(void)token;
	if (reading)
		parse_yes_or_no(line, "xdpNotifications yes", &reading->notifications);
}

static void parse_pin_dir(const char *token, char *line)
{
	(void)token;
	if (!reading)
		return;
	cut_comment(line);
	if (*line != '/' || strpbrk(line, " \t") || strlen(line) >= sizeof(reading->pin_dir))
		netsnmp_config_error("'%s' is no absolute path; expected for example: xdpPinDir %s",
				     line, PINS_DIRECTORY);
	else
		snprintf(reading->pin_dir, sizeof(reading->pin_dir), "%s", line);
}

/* Whatever net-snmp's reader finds fault with, as an error or as a warning, is a fault to us. */
static int count_fault(int major, int minor, void *message, void *argument)
{
	const struct snmp_log_message *line = message;

	(void)major;
	(void)minor;
	(void)argument;
	faults += reading && line->priority <= LOG_WARNING;
	return SNMP_ERR_NOERROR;
}

void config_init(void)
{
	register_config_handler(
		PACKAGE_NAME, "xdpInterface", parse_interface, NULL,
		"PATTERN[,PATTERN...] auto|count|observe|map|off [native|generic|any]");
	register_config_handler(PACKAGE_NAME, "xdpMap", parse_map, NULL, "INTERFACE PATH");
	register_config_handler(PACKAGE_NAME, "xdpRootOid", parse_root_oid, NULL, "OID");
	register_config_handler(PACKAGE_NAME, "xdpReconcile", parse_reconcile, NULL, "SECONDS");
	register_config_handler(PACKAGE_NAME, "xdpCpuTable", parse_cpu_table, NULL, "yes|no");
	register_config_handler(PACKAGE_NAME, "xdpNotifications", parse_notifications, NULL,
				"yes|no");
	register_config_handler(PACKAGE_NAME, "xdpPersist", parse_persist, NULL, "yes|no");
	register_config_handler(PACKAGE_NAME, "xdpPinDir", parse_pin_dir, NULL, "DIRECTORY");
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, count_fault, NULL);
	snmp_enable_calllog();
}

int config_add_option(const char *option)
{
	struct reason reason = { "too many -i options" };
	struct rules probe = { 0 };
	int err = -EINVAL;

	if (option_count < MAX_OPTIONS)
		err = rules_add_option(&probe, option, &reason);
	rules_free(&probe);
	if (err)
		log_error(0, "option -i %s: %s", option, reason.text);
	else
		options[option_count++] = option;
	return err;
}

void config_set_file(const char *path)
{
	option_file = path;
	/* The library reads the files once more, for directives of its own: this one last. */
	netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_OPTIONALCONFIG, path);
}

/*
 * net-snmp passes over a file that it cannot open, which is right for all but the file of -c, and
 * reads a directory as an empty file.
 */
static void read_option_file(void)
{
	struct stat status;
	int err = 0;

	if (!option_file)
		return;
	if (stat(option_file, &status) || access(option_file, R_OK))
		err = errno;
	else if (S_ISDIR(status.st_mode))
		err = EISDIR;
	if (err)
		snmp_log(LOG_ERR, "cannot read the configuration file %s: %s\n", option_file,
			 strerror(err));
	else
		read_config_with_type(option_file, PACKAGE_NAME);
}

static void read_files(void)
{
	char type[] = PACKAGE_NAME;
	struct config_files files = { .fileHeader = type, .start = read_config_get_handlers(type) };

	if (!netsnmp_ds_get_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS))
		read_config_files_of_type(NORMAL_CONFIG, &files);
	read_option_file();
}

int config_read(struct config *out)
{
	static const oid default_root[] = { MIB_DEFAULT_ROOT };
	struct config config = {
		.root_len = OID_LENGTH(default_root),
		.reconcile = 5,
		.persist = true,
		.notifications = true,
		.pin_dir = PINS_DIRECTORY,
	};
	struct reason reason;

	memcpy(config.root, default_root, sizeof(default_root));
	reading = &config;
	faults = 0;
	for (size_t i = 0; i < option_count; i++)
		faults += rules_add_option(&config.rules, options[i], &reason) != 0;
	read_files();
	if (!config.rules.count)
		faults += rules_add(&config.rules, "*", "observe", NULL, &reason) != 0;
	reading = NULL;
	if (faults) {
		log_error(0, "the configuration has %u fault%s; %s -H lists the directives", faults,
			  faults == 1 ? "" : "s", PACKAGE_NAME);
		config_free(&config);
		return -EINVAL;
	}
	*out = config;
	return 0;
}

void config_free(struct config *config)
{
	rules_free(&config->rules);
}
