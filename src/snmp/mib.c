/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snmp/mib.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"

/* In the order of their prefixes. */
static const struct mib_table *const tables[] = {
	&mib_general, &mib_if, &mib_stats, &mib_cpu, &mib_err, &mib_if_stats,
};
#define TABLES (sizeof(tables) / sizeof(*tables))

void mib_set_integer(netsnmp_variable_list *value, long number)
{
	snmp_set_var_typed_integer(value, ASN_INTEGER, number);
}

void mib_set_unsigned(netsnmp_variable_list *value, unsigned long number, u_char type)
{
	snmp_set_var_typed_value(value, type, &number, sizeof(number));
}

void mib_set_counter64(netsnmp_variable_list *value, uint64_t number)
{
	struct counter64 halves = { .high = number >> 32, .low = number & UINT32_MAX };

	snmp_set_var_typed_value(value, ASN_COUNTER64, &halves, sizeof(halves));
}

void mib_set_string(netsnmp_variable_list *value, const char *text, size_t octets)
{
	char escaped[MIB_STRING_MAX + 1];

	text_escape(escaped, octets + 1, text);
	snmp_set_var_typed_value(value, ASN_OCTET_STR, escaped, strlen(escaped));
}

bool mib_next_ifindex(const struct iface_set *set, const oid *index, size_t len, oid *next)
{
	const struct iface *iface = iface_set_after(set, len ? index[0] : 0);

	if (!iface)
		return false;
	next[0] = iface->netdev.ifindex;
	return true;
}

const struct counters *mib_counters(const struct mib_request *request, oid ifindex)
{
	const struct mib *mib = request->mib;
	struct iface *iface = iface_set_find(&registry_rows(mib->registry)->counted, ifindex);

	return iface ? snapshots_read(mib->snapshots, request->session, request->transaction, iface)
		     : NULL;
}

/* The part of a name below our root. */
struct relative {
	const oid *name;
	size_t len;
};

static struct relative below_root(const struct mib *mib, const netsnmp_variable_list *value)
{
	const netsnmp_handler_registration *registration = mib->registration;
	size_t root_len = registration->rootoid_len;

	/* A GETNEXT may start before our subtree: from its beginning. */
	if (value->name_length < root_len ||
	    snmp_oid_compare(value->name, root_len, registration->rootoid, root_len))
		return (struct relative){ NULL, 0 };
	return (struct relative){ value->name + root_len, value->name_length - root_len };
}

static bool in_table(const struct mib_table *table, struct relative at)
{
	return at.len >= table->prefix_len &&
	       !snmp_oid_compare(at.name, table->prefix_len, table->prefix, table->prefix_len);
}

int mib_get(const struct mib_request *request, netsnmp_variable_list *value)
{
	struct relative at = below_root(request->mib, value);

	for (size_t i = 0; i < TABLES; i++) {
		const struct mib_table *table = tables[i];
		size_t name_len = table->prefix_len + 1 + table->index_len;
		oid column;

		if (!in_table(table, at) || at.len == table->prefix_len)
			continue;
		column = at.name[table->prefix_len];
		if (column < table->first_column || column > table->last_column)
			continue;
		if (at.len == name_len &&
		    table->get(request, column, at.name + table->prefix_len + 1, value))
			return 0;
		return SNMP_NOSUCHINSTANCE;
	}
	return SNMP_NOSUCHOBJECT;
}

static void set_name(const struct mib *mib, netsnmp_variable_list *value,
		     const struct mib_table *table, oid column, const oid *index)
{
	const netsnmp_handler_registration *registration = mib->registration;
	oid name[MAX_OID_LEN];
	size_t len = registration->rootoid_len;

	memcpy(name, registration->rootoid, len * sizeof(*name));
	memcpy(name + len, table->prefix, table->prefix_len * sizeof(*name));
	len += table->prefix_len;
	name[len++] = column;
	memcpy(name + len, index, table->index_len * sizeof(*name));
	snmp_set_var_objid(value, name, len + table->index_len);
}

/*
 * The first value behind the index in the column, then in those that follow. A row without a value
 * is passed over: what cannot be read of one interface must not hide the next.
 */
static bool next_in_table(const struct mib_request *request, const struct mib_table *table,
			  oid column, const oid *index, size_t len, netsnmp_variable_list *value)
{
	oid row[MIB_MAX_INDEX];

	for (; column <= table->last_column; column++) {
		while (table->next(request, index, len, row)) {
			if (table->get(request, column, row, value)) {
				set_name(request->mib, value, table, column, row);
				return true;
			}
			index = row;
			len = table->index_len;
		}
		len = 0;
	}
	return false;
}

/* Whether the name is greater than any of ours. */
static bool behind_root(const struct mib *mib, const netsnmp_variable_list *value)
{
	const netsnmp_handler_registration *registration = mib->registration;
	size_t len = SNMP_MIN(value->name_length, registration->rootoid_len);

	return snmp_oid_compare(value->name, len, registration->rootoid, len) > 0;
}

bool mib_get_next(const struct mib_request *request, netsnmp_variable_list *value)
{
	struct relative at = below_root(request->mib, value);

	if (!at.name && behind_root(request->mib, value))
		return false;
	for (size_t i = 0; i < TABLES; i++) {
		const struct mib_table *table = tables[i];
		size_t skip = table->prefix_len + 1;
		oid column = table->first_column;
		const oid *index = NULL;
		size_t len = 0;

		if (in_table(table, at) && at.len >= skip && at.name[skip - 1] >= column) {
			column = at.name[skip - 1];
			index = at.name + skip;
			len = at.len - skip;
		} else if (!in_table(table, at) && snmp_oid_compare(at.name, at.len, table->prefix,
								    table->prefix_len) > 0) {
			continue;
		}
		if (next_in_table(request, table, column, index, len, value))
			return true;
	}
	return false;
}

/* What does not come through requests.c: snmpd asks for nothing else of a read-only module. */
static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *reginfo,
		  netsnmp_agent_request_info *info, netsnmp_request_info *asked)
{
	const struct mib_request request = {
		.mib = handler->myvoid,
		.session = (uint32_t)info->asp->pdu->sessid,
		.transaction = (uint32_t)info->asp->pdu->transid,
	};

	(void)reginfo;
	for (; asked; asked = asked->next) {
		if (info->mode == MODE_GETNEXT) {
			mib_get_next(&request, asked->requestvb);
		} else if (info->mode == MODE_GET) {
			int exception = mib_get(&request, asked->requestvb);

			if (exception)
				netsnmp_set_request_error(info, asked, exception);
		}
	}
	return SNMP_ERR_NOERROR;
}

int mib_register(struct mib *mib, const oid *root, size_t root_len)
{
	netsnmp_mib_handler *handler = netsnmp_create_handler("xdpStatsMIB", handle);

	if (handler) {
		handler->myvoid = mib;
		mib->registration = netsnmp_handler_registration_create(
			"xdpStatsMIB", handler, root, root_len, HANDLER_CAN_RONLY);
	}
	if (!handler || !mib->registration ||
	    netsnmp_register_handler(mib->registration) != MIB_REGISTERED_OK) {
		mib->registration = NULL;
		return -ENOMEM;
	}
	return 0;
}

void mib_unregister(struct mib *mib)
{
	if (mib->registration)
		netsnmp_unregister_handler(mib->registration);
	mib->registration = NULL;
}
