/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/attach.h"

#include <errno.h>

#include "lib/log.h"
#include "lib/util.h"
#include "source/pinned.h"

/* A refused attachment is tried again when the link changes, and this often in any case. */
#define RETRY_MS 60000

static int open_source(struct iface *iface, struct reason *reason)
{
	return iface->source ? 0
			     : source_open(&iface->source, iface->common, &iface->netdev, reason);
}

static int attach(struct iface *iface, struct reason *reason)
{
	struct source_status status;
	int err = open_source(iface, reason);

	if (!err)
		err = source_attach(iface->source, &iface->netdev, iface->rule->hook, reason);
	if (err)
		return err;
	status = source_status(iface->source);
	iface_set_program(iface, status.prog_id, status.mode);
	iface->program = *status.program;
	iface_set_state(iface, SOURCE_COUNT, IFACE_ACTIVE, reason->text);
	log_info("%s: counting (%s)%s%s", iface->netdev.name, xdp_mode_name(iface->netdev.mode),
		 *reason->text ? ": " : "", reason->text);
	return 0;
}

/* Somebody else's program is counted from now on; doing says how. */
static void set_active(struct iface *iface, enum source_kind kind, const char *doing,
		       const struct reason *reason)
{
	iface_set_state(iface, kind, IFACE_ACTIVE, reason->text);
	log_info("%s: %s program '%s' (id %u, %s)%s%s", iface->netdev.name, doing,
		 iface->program.name, iface->netdev.prog_id, xdp_mode_name(iface->netdev.mode),
		 *reason->text ? ": " : "", reason->text);
}

static int read_map(struct iface *iface, struct reason *reason)
{
	int err = iface_check_sharing(iface, reason);

	if (!err)
		err = open_source(iface, reason);
	if (!err)
		err = source_use_map(iface->source, &iface->netdev, iface->map_path,
				     iface->others_counted ? UINT32_MAX : iface->maps_before,
				     reason);
	iface->shared = err == -EBUSY;
	iface->others_counted |= iface->shared;
	if (err)
		return err;
	iface->map_path_is_new = false;
	set_active(iface, SOURCE_MAP, "reading the map of", reason);
	return 0;
}

/* An earlier run of auto read a map, which to try observing would give away. */
static bool left_a_map(const struct iface *iface)
{
	_cleanup_pinned_ struct pinned pinned =
		pinned_open(iface->common, iface->pins, iface->netdev.ifindex);

	return iface->rule->source == RULE_AUTO && pinned_kind(&pinned) == SOURCE_MAP;
}

static bool was_observed(const struct iface *iface)
{
	_cleanup_pinned_ struct pinned pinned =
		pinned_open(iface->common, iface->pins, iface->netdev.ifindex);

	return pinned_is_observed(&pinned);
}

static int observe(struct iface *iface, struct reason *reason)
{
	struct port_list ports;
	int err = source_can_trace(iface->common, reason);

	if (!err && left_a_map(iface))
		err = source_can_observe(iface->common, iface->netdev.prog_id, reason);
	if (!err)
		err = open_source(iface, reason);
	if (err)
		return err;
	iface_find_ports(iface, &ports);
	err = source_observe(iface->source, &iface->netdev, &ports, reason);
	if (!err)
		set_active(iface, SOURCE_OBSERVE, "observing", reason);
	return err;
}

static int observe_or_read_map(struct iface *iface, struct reason *reason)
{
	struct reason why;
	int err = observe(iface, reason);

	if (!err || iface->rule->source != RULE_AUTO)
		return err;
	err = read_map(iface, &why);
	if (err)
		iface_add_reason(reason, &why);
	return err;
}

bool iface_was_left(const struct iface *iface)
{
	return iface->pending && iface->netdev.prog_id &&
	       (iface->wanted != SOURCE_OBSERVE || left_a_map(iface) || was_observed(iface));
}

void iface_attach(struct iface *iface)
{
	struct reason reason = { "" };
	int err;

	iface->pending = false;
	iface->shared = false;
	if (iface->wanted == SOURCE_COUNT)
		err = attach(iface, &reason);
	else if (iface->wanted == SOURCE_MAP)
		err = read_map(iface, &reason);
	else
		err = observe_or_read_map(iface, &reason);
	if (!err)
		return;
	/* The other program may just be on its way out. */
	iface->retry_at = iface->shared ? 0 : monotonic_ms() + RETRY_MS;
	/* Not a failure: the row goes as soon as the message arrives that the interface is gone. */
	if (rtnl_is_gone(iface->netdev.ifindex))
		return;
	if (iface->wanted == SOURCE_COUNT)
		iface_set_state(iface, SOURCE_NONE, IFACE_FAILED, reason.text);
	else
		iface_fail_foreign(iface, iface_failure_of(iface->wanted), reason.text);
}
