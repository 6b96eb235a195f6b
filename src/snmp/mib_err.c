/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdpErrTable: what goes wrong with frames, by interface. */
#include "snmp/mib.h"

enum { EXCEPTIONS = 1, INVALID_ACTIONS, REDIRECTS, TRANSMIT_DROPS };

static bool next(const struct mib_request *request, const oid *index, size_t len, oid *next)
{
	return mib_next_ifindex(&registry_rows(request->mib->registry)->shown, index, len, next);
}

/* What nothing counts has no instance. */
static bool get(const struct mib_request *request, oid column, const oid *index,
		netsnmp_variable_list *value)
{
	const struct iface *iface =
		iface_set_find(&registry_rows(request->mib->registry)->shown, index[0]);
	const struct xdp_errors *errors = NULL;
	uint64_t invalid;

	if (!iface)
		return false;
	if (column != INVALID_ACTIONS)
		errors = snapshots_read_errors(request->mib->snapshots, request->session,
					       request->transaction, iface);
	if (column == INVALID_ACTIONS ? registry_read_invalid(iface, &invalid) : !errors)
		return false;
	if (column == EXCEPTIONS)
		mib_set_counter64(value, errors->exceptions);
	else if (column == INVALID_ACTIONS)
		mib_set_counter64(value, invalid);
	else if (column == REDIRECTS)
		mib_set_counter64(value, errors->redirects);
	else
		mib_set_counter64(value, errors->transmit_drops);
	return true;
}

const struct mib_table mib_err = {
	.prefix = { 1, 5, 1 },
	.prefix_len = 3,
	.first_column = EXCEPTIONS,
	.last_column = TRANSMIT_DROPS,
	.index_len = 1,
	.next = next,
	.get = get,
};
