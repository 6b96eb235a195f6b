/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/change.h"

#include <string.h>

#include "iface/attach.h"
#include "iface/decide.h"
#include "lib/util.h"

static void take(struct iface *iface, enum iface_step step)
{
	struct reason text;

	switch (step) {
	case IFACE_DECIDE:
		iface_decide(iface);
		break;
	case IFACE_ATTACH:
		iface_attach(iface);
		break;
	case IFACE_FAIL_READING:
		reason_set(&text, 0, "cannot read the counter map: %s", strerror(-iface->read_err));
		iface_set_state(iface, iface->kind, IFACE_FAILED, text.text);
		break;
	}
}

/* What was there already, and is ours again, has not changed now. */
static void stamp_change(struct iface *iface, bool attached)
{
	if (attached) {
		struct source_status status = source_status(iface->source);

		if (status.resumed && status.last_change) {
			iface->last_change = status.last_change;
			return;
		}
	}
	iface->last_change = monotonic_ms();
	if (iface->source)
		source_set_last_change(iface->source, iface->last_change);
}

bool iface_change(struct iface *iface, const struct netdev *netdev, enum iface_step step)
{
	const struct netdev before = iface->netdev;
	enum source_kind kind = iface->kind;
	enum iface_status status = iface->status;

	if (netdev) {
		iface_set_program(iface, netdev->prog_id, netdev->mode);
		iface->netdev = *netdev;
	}
	iface->visible |= iface->rule && iface->rule->literal;
	take(iface, step);

	if (iface->source)
		iface->discontinuity = source_status(iface->source).discontinuity;
	if (iface->netdev.mode == before.mode && iface->netdev.prog_id == before.prog_id &&
	    iface->kind == kind && iface->status == status)
		return false;
	stamp_change(iface,
		     step == IFACE_ATTACH && kind == SOURCE_NONE && iface->kind != SOURCE_NONE);
	return true;
}
