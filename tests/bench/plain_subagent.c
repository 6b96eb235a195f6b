/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plain_subagent ROOT INTERFACES ADDRESS: a subagent as net-snmp's tutorial has it, with all
 * defaults of the library, which serves such a table below ROOT. At SIGUSR1 it sends as many
 * notifications in a row as the environment variable TRAPS says. For benchmarks, and to see what a
 * plain subagent does when something goes wrong.
 */
#include "table.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static oid root[MAX_OID_LEN];
static size_t root_len = MAX_OID_LEN;
static struct table table;
static volatile sig_atomic_t stop, send_traps;

static void set_value(netsnmp_variable_list *value, size_t row)
{
	struct counter64 halves = { .high = table_value(row) >> 32,
				    .low = table_value(row) & UINT32_MAX };
	oid name[MAX_OID_LEN];

	memcpy(name, root, root_len * sizeof(*name));
	table_name(&table, row, name + root_len);
	snmp_set_var_objid(value, name, root_len + TABLE_DEPTH);
	snmp_set_var_typed_value(value, ASN_COUNTER64, &halves, sizeof(halves));
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
		  netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	(void)handler;
	(void)registration;
	for (netsnmp_request_info *request = requests; request; request = request->next) {
		netsnmp_variable_list *value = request->requestvb;
		size_t len = value->name_length > root_len ? value->name_length - root_len : 0;
		const oid *name = value->name + root_len;
		size_t row = table_find(&table, name, len, info->mode == MODE_GET);
		unsigned long found[TABLE_DEPTH];

		table_name(&table, row, found);
		if (row == table_rows(&table) && info->mode == MODE_GETNEXT)
			continue;
		if (info->mode == MODE_GET &&
		    (row == table_rows(&table) || snmp_oid_compare(name, len, found, TABLE_DEPTH)))
			netsnmp_set_request_error(info, request, SNMP_NOSUCHINSTANCE);
		else
			set_value(value, row);
	}
	return SNMP_ERR_NOERROR;
}

/* Notification 0.1 below the root, with a number as its only object. */
static void send_trap(long number)
{
	static const oid trap_oid[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 };
	netsnmp_variable_list *values = NULL;
	oid name[MAX_OID_LEN];

	memcpy(name, root, root_len * sizeof(*name));
	name[root_len] = 0;
	name[root_len + 1] = 1;
	snmp_varlist_add_variable(&values, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, name,
				  (root_len + 2) * sizeof(*name));
	snmp_varlist_add_variable(&values, name, root_len + 2, ASN_INTEGER, &number,
				  sizeof(number));
	send_v2trap(values);
	snmp_free_varbind(values);
}

static void note_signal(int number)
{
	if (number == SIGUSR1)
		send_traps = 1;
	else
		stop = 1;
}

int main(int argc, char **argv)
{
	const char *traps = getenv("TRAPS");

	if (argc != 4) {
		fprintf(stderr, "usage: %s ROOT INTERFACES ADDRESS\n", argv[0]);
		return 2;
	}
	signal(SIGUSR1, note_signal);
	signal(SIGTERM, note_signal);
	snmp_enable_stderrlog();
	netsnmp_enable_subagent();
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, argv[3]);
	init_agent("plain_subagent");
	if (!read_objid(argv[1], root, &root_len)) {
		snmp_perror(argv[1]);
		return 2;
	}
	table.interfaces = strtoul(argv[2], NULL, 10);
	netsnmp_register_handler(netsnmp_create_handler_registration("plain_subagent", handle, root,
								     root_len, HANDLER_CAN_RONLY));
	init_snmp("plain_subagent");
	while (!stop) {
		agent_check_and_process(1);
		if (!send_traps)
			continue;
		send_traps = 0;
		for (long i = traps ? atol(traps) : 1000; i > 0; i--)
			send_trap(i);
	}
	snmp_shutdown("plain_subagent");
	return 0;
}
