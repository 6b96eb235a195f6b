/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdpIfTable: the program of each interface. */
#include "snmp/agentx.h"
#include "snmp/mib.h"

enum {
	ATTACH_MODE = 1,
	COUNTER_SOURCE,
	STATUS,
	STATUS_TEXT,
	PROGRAM_ID,
	PROGRAM_NAME,
	PROGRAM_TAG,
	PROGRAM_CHANGES,
	LAST_CHANGE,
	DISCONTINUITY_TIME,
};

static bool next(const struct mib_request *request, const oid *index, size_t len, oid *next)
{
	return mib_next_ifindex(&registry_rows(request->mib->registry)->shown, index, len, next);
}

static bool get(const struct mib_request *request, oid column, const oid *index,
		netsnmp_variable_list *value)
{
	const struct iface *iface =
		iface_set_find(&registry_rows(request->mib->registry)->shown, index[0]);

	if (!iface)
		return false;
	switch (column) {
	case ATTACH_MODE:
		mib_set_integer(value, iface->netdev.mode);
		break;
	case COUNTER_SOURCE:
		mib_set_integer(value, iface->kind);
		break;
	case STATUS:
		mib_set_integer(value, iface->status);
		break;
	case STATUS_TEXT:
		mib_set_string(value, iface->reason.text, MIB_STRING_MAX);
		break;
	case PROGRAM_ID:
		mib_set_unsigned(value, iface->netdev.prog_id, ASN_UNSIGNED);
		break;
	case PROGRAM_NAME:
		mib_set_string(value, iface->program.name, MIB_PROGRAM_NAME_MAX);
		break;
	case PROGRAM_TAG:
		mib_set_string(value, iface->program.tag, MIB_STRING_MAX);
		break;
	case PROGRAM_CHANGES:
		mib_set_unsigned(value, iface->program_changes, ASN_COUNTER);
		break;
	case LAST_CHANGE:
		mib_set_unsigned(value, agentx_timestamp(iface->last_change), ASN_TIMETICKS);
		break;
	case DISCONTINUITY_TIME:
		mib_set_unsigned(value, agentx_timestamp(iface->discontinuity), ASN_TIMETICKS);
		break;
	default:
		return false;
	}
	return true;
}

const struct mib_table mib_if = {
	.prefix = { 1, 2, 1 },
	.prefix_len = 3,
	.first_column = ATTACH_MODE,
	.last_column = DISCONTINUITY_TIME,
	.index_len = 1,
	.next = next,
	.get = get,
};
