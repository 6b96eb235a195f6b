/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/iface_errors.h"

bool iface_errors_show(struct iface *iface)
{
	if (iface->only_look || iface->visible)
		return false;
	common_need_errors(iface->common);
	iface->visible = error_counters_has(&iface->common->errors, iface->netdev.ifindex);
	return iface->visible;
}

void iface_errors_count(const struct iface *iface, bool news)
{
	const struct error_counters *errors = &iface->common->errors;
	struct port_list ports;

	if (iface->only_look)
		return;
	if (news) {
		common_need_errors(iface->common);
		error_counters_add(errors, iface->netdev.ifindex);
	}
	iface_find_ports(iface, &ports);
	for (unsigned int i = 0; i < ports.count && i < PORTS_MAX; i++)
		error_counters_set_bond(errors, ports.ifindex[i], iface->netdev.ifindex);
}
