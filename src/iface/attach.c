/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was decided is done. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iface/private.h"
#include "lib/log.h"
#include "lib/util.h"

/* A refused attachment is tried again when the link changes, and this often in any case. */
#define RETRY_MS 60000

static int open_source(struct iface *iface, char text[static STATUS_TEXT_MAX])
{
	return iface->source ? 0 : source_open(&iface->source, iface->pins, &iface->link, text);
}

static int attach(struct iface *iface, char text[static STATUS_TEXT_MAX])
{
	int err = open_source(iface, text);

	if (!err)
		err = source_attach(iface->source, &iface->link, iface->rule->hook, text);
	if (err)
		return err;
	iface_set_program(iface, source_prog_id(iface->source), source_mode(iface->source));
	iface->program = source_program(iface->source);
	iface_set_state(iface, SOURCE_COUNT, IFACE_ACTIVE, text);
	log_info("%s: counting (%s)%s%s", iface->link.name, xdp_mode_name(iface->link.mode),
		 *text ? ": " : "", text);
	return 0;
}

/* Somebody else's program is counted from now on; doing says how. */
static void set_active(struct iface *iface, enum source_kind kind, const char *doing,
		       const char *text)
{
	iface_set_state(iface, kind, IFACE_ACTIVE, text);
	log_info("%s: %s program '%s' (id %u, %s)%s%s", iface->link.name, doing,
		 iface->program.name, iface->link.prog_id, xdp_mode_name(iface->link.mode),
		 *text ? ": " : "", text);
}

static int read_map(struct iface *iface, char text[static STATUS_TEXT_MAX])
{
	int err = iface_check_sharing(iface, text);

	if (!err)
		err = open_source(iface, text);
	if (!err)
		err = source_use_map(iface->source, &iface->link, iface->map_path,
				     iface->others_counted, text);
	iface->shared = err == -EBUSY;
	iface->others_counted |= iface->shared;
	if (err)
		return err;
	iface->map_path_is_new = false;
	set_active(iface, SOURCE_MAP, "reading the map of", text);
	return 0;
}

/* An earlier run of auto read a map, which to try observing would give away. */
static bool left_a_map(const struct iface *iface)
{
	return iface->rule->source == RULE_AUTO && iface->pins &&
	       source_kept_kind(iface->pins, iface->link.ifindex) == SOURCE_MAP;
}

static int observe(struct iface *iface, char text[static STATUS_TEXT_MAX])
{
	struct port_list ports;
	int err = source_can_trace(iface->pins, text);

	if (!err && left_a_map(iface))
		err = source_can_observe(iface->link.prog_id, text);
	if (!err)
		err = open_source(iface, text);
	if (err)
		return err;
	iface_find_ports(iface, &ports);
	err = source_observe(iface->source, &iface->link, &ports, text);
	if (!err)
		set_active(iface, SOURCE_OBSERVE, "observing", text);
	return err;
}

static int observe_or_read_map(struct iface *iface, char text[static STATUS_TEXT_MAX])
{
	char why[STATUS_TEXT_MAX];
	int err = observe(iface, text);

	if (!err || iface->rule->source != RULE_AUTO)
		return err;
	err = read_map(iface, why);
	if (err)
		iface_add_reason(text, why);
	return err;
}

bool iface_was_left(const struct iface *iface)
{
	return iface->pending && iface->link.prog_id &&
	       (iface->wanted != SOURCE_OBSERVE || left_a_map(iface) ||
		(iface->pins && source_was_observed(iface->pins, iface->link.ifindex)));
}

void iface_attach(struct iface *iface)
{
	char text[STATUS_TEXT_MAX] = "";
	int err;

	iface->pending = false;
	iface->shared = false;
	if (iface->wanted == SOURCE_COUNT)
		err = attach(iface, text);
	else if (iface->wanted == SOURCE_MAP)
		err = read_map(iface, text);
	else
		err = observe_or_read_map(iface, text);
	if (!err)
		return;
	/* The other program may just be on its way out. */
	iface->retry_at = iface->shared ? 0 : monotonic_ms() + RETRY_MS;
	if (iface->wanted == SOURCE_COUNT)
		iface_set_state(iface, SOURCE_NONE, IFACE_FAILED, text);
	else
		iface_fail_foreign(iface, iface_failure_of(iface->wanted), text);
}
