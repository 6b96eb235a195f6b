/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdpGeneral: the scalars. */
#include "kernel/cpus.h"
#include "snmp/agentx.h"
#include "snmp/mib.h"
#include "snmp/notify.h"

enum {
	AGENT_VERSION = 1,
	POSSIBLE_CPUS,
	IF_NUMBER,
	IF_MISSING,
	IF_FAILED,
	IF_TABLE_LAST_CHANGE,
	NOTIFICATIONS_ENABLED,
	NOTIFICATIONS_SUPPRESSED,
};

enum { TRUTH_TRUE = 1, TRUTH_FALSE }; /* SNMPv2-TC */

static bool next(const struct mib_request *request, const oid *index, size_t len, oid *next)
{
	(void)request;
	(void)index;
	next[0] = 0;
	return !len;
}

static bool get(const struct mib_request *request, oid column, const oid *index,
		netsnmp_variable_list *value)
{
	int cpus;

	if (index[0])
		return false;
	switch (column) {
	case AGENT_VERSION:
		mib_set_string(value, PACKAGE_STRING, MIB_STRING_MAX);
		break;
	case POSSIBLE_CPUS:
		cpus = cpus_count();
		if (cpus < 0)
			return false;
		mib_set_unsigned(value, (unsigned long)cpus, ASN_UNSIGNED);
		break;
	case IF_NUMBER:
		mib_set_unsigned(value, registry_rows(request->mib->registry)->shown.count,
				 ASN_GAUGE);
		break;
	case IF_MISSING:
		if (!registry_knows_all(request->mib->registry))
			return false;
		mib_set_unsigned(value, registry_missing(request->mib->registry), ASN_GAUGE);
		break;
	case IF_FAILED:
		mib_set_unsigned(value, rows_failed(registry_rows(request->mib->registry)),
				 ASN_GAUGE);
		break;
	case IF_TABLE_LAST_CHANGE:
		mib_set_unsigned(
			value, agentx_timestamp(registry_rows(request->mib->registry)->last_change),
			ASN_TIMETICKS);
		break;
	case NOTIFICATIONS_ENABLED:
		mib_set_integer(value, notify_enabled() ? TRUTH_TRUE : TRUTH_FALSE);
		break;
	case NOTIFICATIONS_SUPPRESSED:
		mib_set_unsigned(value, notify_suppressed(), ASN_COUNTER);
		break;
	default:
		return false;
	}
	return true;
}

const struct mib_table mib_general = {
	.prefix = { 1, 1 },
	.prefix_len = 2,
	.first_column = AGENT_VERSION,
	.last_column = NOTIFICATIONS_SUPPRESSED,
	.index_len = 1,
	.next = next,
	.get = get,
};
