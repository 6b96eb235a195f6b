/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XDP-STATS-MIB: how its objects are found. Each table is described by a struct mib_table in a file
 * of its own; this module alone walks them.
 */
#ifndef XDP_AGENTX_SNMP_MIB_H
#define XDP_AGENTX_SNMP_MIB_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <stdbool.h>
#include <stddef.h>

#include "iface/registry.h"
#include "snmp/snapshot.h"

/* netSnmpPlaypen.48620 */
#define MIB_DEFAULT_ROOT 1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 48620

/* Sub-identifiers of the longest table prefix, and of the longest index. */
#define MIB_MAX_PREFIX 3
#define MIB_MAX_INDEX 3

/* The most sub-identifiers that an object of ours has below the root. */
#define MIB_MAX_DEPTH (MIB_MAX_PREFIX + 1 + MIB_MAX_INDEX)

/* The most octets of an SnmpAdminString (RFC 3411) and of a DisplayString, and of a program's name.
 */
#define MIB_STRING_MAX 255
#define MIB_PROGRAM_NAME_MAX 127

/* What is served. It is registered once at most; then the last members say where. */
struct mib {
	struct registry *registry;
	struct snapshots *snapshots;
	bool cpu_table;                             /* xdpCpuTable is served */
	netsnmp_handler_registration *registration; /* NULL: nothing is served */
};

/*
 * What a manager asks for, in as many PDUs as the master makes of it: values are read once for a
 * transaction of a session (RFC 2741, 6.1).
 */
struct mib_request {
	const struct mib *mib;
	uint32_t session, transaction;
};

/* A table, or a group of scalars, which is a table with one row and the index 0. */
struct mib_table {
	oid prefix[MIB_MAX_PREFIX]; /* from the root to the entry */
	size_t prefix_len;
	oid first_column, last_column; /* all in between are there, too */
	size_t index_len;

	/*
	 * Finds the first row whose index comes after index[0] to index[len - 1], which may be of
	 * any length (RFC 3416, 4.2.2), and writes its index_len sub-identifiers. False: there is
	 * none.
	 */
	bool (*next)(const struct mib_request *request, const oid *index, size_t len, oid *next);

	/* Sets the value of a column in the row of that very index. False: there is no such value.
	 */
	bool (*get)(const struct mib_request *request, oid column, const oid *index,
		    netsnmp_variable_list *value);
};

extern const struct mib_table mib_general, mib_if, mib_stats, mib_cpu, mib_err, mib_if_stats;

/*
 * Serves the module below root, as one registration. mib is kept and has to live until
 * mib_unregister(). Returns 0 or -errno.
 */
int mib_register(struct mib *mib, const oid *root, size_t root_len);
void mib_unregister(struct mib *mib);

/*
 * Answer a request for a module that is registered, where a variable names what is asked for.
 * mib_get() sets the value of the object that it names and returns 0, or SNMP_NOSUCHOBJECT or
 * SNMP_NOSUCHINSTANCE (RFC 3416, 4.2.1). mib_get_next() sets name and value of the object behind
 * it; false: there is none. Without success the variable stays as it is.
 */
int mib_get(const struct mib_request *request, netsnmp_variable_list *value);
bool mib_get_next(const struct mib_request *request, netsnmp_variable_list *value);

/*
 * The variable bindings of the notification about an event: sysUpTime.0, snmpTrapOID.0, and the
 * objects that the MIB lists. The caller gives them to snmp_free_varbind(). NULL: no memory.
 */
netsnmp_variable_list *mib_notification(const struct event *event, const oid *root,
					size_t root_len);

/* next() for a table that has the members of a set as its rows and ifIndex as its index. */
bool mib_next_ifindex(const struct iface_set *set, const oid *index, size_t len, oid *next);

/* The counters of an interface, as the request sees them; NULL if there are none. */
const struct counters *mib_counters(const struct mib_request *request, oid ifindex);

/* Values, by their type in the MIB. */
void mib_set_integer(netsnmp_variable_list *value, long number);
void mib_set_unsigned(netsnmp_variable_list *value, unsigned long number, u_char type);
void mib_set_counter64(netsnmp_variable_list *value, uint64_t number);

/* What lib/text.h makes of the text, up to as many octets as the object may have (SIZE). */
void mib_set_string(netsnmp_variable_list *value, const char *text, size_t octets);

#endif
