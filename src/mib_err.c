/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdpErrTable: what goes wrong with frames, by interface. */
#include "mib.h"

enum { INVALID_ACTIONS = 2 };

static bool next(const struct mib *mib, const oid *index, size_t len, oid *next)
{
	return mib_next_ifindex(registry_counted(mib->registry), index, len, next);
}

static bool get(const struct mib *mib, oid column, const oid *index, netsnmp_variable_list *value)
{
	const struct iface *iface = iface_set_find(registry_counted(mib->registry), index[0]);
	struct xdp_errors errors;

	(void)column;
	/* Only an observer sees invalid verdicts: an interface without one has no instance. */
	if (!iface || registry_read_errors(iface, &errors))
		return false;
	mib_set_counter64(value, errors.invalid_actions);
	return true;
}

const struct mib_table mib_err = {
	.prefix = { 1, 5, 1 },
	.prefix_len = 3,
	.first_column = INVALID_ACTIONS,
	.last_column = INVALID_ACTIONS,
	.index_len = 1,
	.next = next,
	.get = get,
};
