/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net-snmp's log, by which all leaves that the agent says: our messages, and the library's own. */
#ifndef XDP_AGENTX_SNMP_LOGGING_H
#define XDP_AGENTX_SNMP_LOGGING_H

/*
 * Has standard error and output, files and syslog get what lib/text.h makes of messages. To be
 * called again when there may be more of them. Callbacks get messages as they are.
 */
void logging_escape(void);

#endif
