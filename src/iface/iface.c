/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/iface.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"

void iface_set_state(struct iface *iface, enum source_kind kind, enum iface_status status,
		     const char *text)
{
	bool news =
		iface->kind != kind || iface->status != status || strcmp(iface->reason.text, text);

	iface->kind = kind;
	iface->status = status;
	reason_set(&iface->reason, 0, "%s", text);
	if (news)
		log_debug("xdp:registry", "%s (%u): source %d, status %d, program %u: %s",
			  iface->netdev.name, iface->netdev.ifindex, kind, status,
			  iface->netdev.prog_id, text);
	if (news && status == IFACE_FAILED)
		log_warning(0, "%s: %s", iface->netdev.name, text);
}

void iface_set_program(struct iface *iface, uint32_t prog_id, enum xdp_mode mode)
{
	if (iface->netdev.prog_id != prog_id) {
		iface->program = program_describe(&iface->common->freplace, prog_id);
		iface->program_changes++;
	}
	iface->netdev.prog_id = prog_id;
	iface->netdev.mode = mode;
	iface->visible |= prog_id != 0;
}

const char *iface_failure_of(enum source_kind wanted)
{
	return wanted == SOURCE_MAP ? "has no map that can be read" : "cannot be observed";
}

void iface_fail_foreign(struct iface *iface, const char *what, const char *why)
{
	struct reason reason;

	reason_set(&reason, 0, "program '%s' (id %u, %s) %s: %s",
		   *iface->program.name ? iface->program.name : "?", iface->netdev.prog_id,
		   xdp_mode_name(iface->netdev.mode), what, why);
	iface_set_state(iface, SOURCE_NONE, IFACE_FAILED, reason.text);
}

void iface_add_reason(struct reason *reason, const struct reason *why)
{
	/* The advice of the first one does not hold any more: there is another way. */
	reason->text[strcspn(reason->text, ";")] = '\0';
	reason_add(reason, "; nor can its map be read: %s", why->text);
}

void iface_find_ports(const struct iface *iface, struct port_list *ports)
{
	ports->count = 0;
	/* Only a native program is handed on. */
	if (iface->netdev.mode == XDP_MODE_NATIVE)
		if_map_find(&iface->devices->masters, iface->netdev.ifindex, ports);
}

int iface_check_sharing(const struct iface *iface, struct reason *why)
{
	if (!devices_share(iface->devices, iface->netdev.prog_id))
		return 0;
	return reason_set(why, -EBUSY,
			  "it is on several interfaces, which its map does not tell apart");
}
