/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snmp/logging.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "lib/text.h"

/* More than any message of ours has; of the library's own the rest is left out. */
#define MESSAGE_MAX 2048

/* The library's own, by type; for it logs for the whole process. */
static NetsnmpLogHandler *handlers[NETSNMP_LOGHANDLER_NONE];

static int log_escaped(netsnmp_log_handler *log, int priority, const char *message)
{
	char line[TEXT_SIZE(MESSAGE_MAX)];

	text_escape_line(line, sizeof(line), message);
	return handlers[log->type](log, priority, line);
}

void logging_escape(void)
{
	for (netsnmp_log_handler *log = get_logh_head(); log; log = log->next) {
		if (log->type >= NETSNMP_LOGHANDLER_CALLBACK || log->handler == log_escaped)
			continue;
		handlers[log->type] = log->handler;
		log->handler = log_escaped;
	}
}
