/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/iface.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iface/private.h"
#include "lib/log.h"
#include "lib/util.h"

void iface_set_state(struct iface *iface, enum source_kind kind, enum iface_status status,
		     const char *text)
{
	bool news = iface->kind != kind || iface->status != status || strcmp(iface->text, text);

	iface->kind = kind;
	iface->status = status;
	snprintf(iface->text, sizeof(iface->text), "%s", text);
	if (news)
		log_debug("xdp:registry", "%s (%u): source %d, status %d, program %u: %s",
			  iface->link.name, iface->link.ifindex, kind, status, iface->link.prog_id,
			  text);
	if (news && status == IFACE_FAILED)
		log_warning(0, "%s: %s", iface->link.name, text);
}

void iface_set_program(struct iface *iface, uint32_t prog_id, enum xdp_mode mode)
{
	if (iface->link.prog_id != prog_id) {
		iface->program = source_describe(prog_id);
		iface->program_changes++;
	}
	iface->link.prog_id = prog_id;
	iface->link.mode = mode;
	iface->visible |= prog_id != 0;
}

const char *iface_failure_of(enum source_kind wanted)
{
	return wanted == SOURCE_MAP ? "has no map that can be read" : "cannot be observed";
}

void iface_fail_foreign(struct iface *iface, const char *what, const char *why)
{
	char text[STATUS_TEXT_MAX];
	int used = snprintf(text, sizeof(text), "program '%.40s' (id %u, %s) %.40s: ",
			    *iface->program.name ? iface->program.name : "?", iface->link.prog_id,
			    xdp_mode_name(iface->link.mode), what);

	snprintf(text + used, sizeof(text) - (size_t)used, "%s", why);
	iface_set_state(iface, SOURCE_NONE, IFACE_FAILED, text);
}

void iface_add_reason(char text[static STATUS_TEXT_MAX], const char *why)
{
	/* The advice of the first one does not hold any more: there is another way. */
	size_t used = strcspn(text, ";");

	snprintf(text + used, STATUS_TEXT_MAX - used, "; nor can its map be read: %s", why);
}

void iface_find_ports(const struct iface *iface, struct port_list *ports)
{
	ports->count = 0;
	/* Only a native program is handed on. */
	if (iface->link.mode == XDP_MODE_NATIVE)
		numbers_find(iface->masters, iface->link.ifindex, ports);
}

int iface_check_sharing(const struct iface *iface, char why[static STATUS_TEXT_MAX])
{
	struct port_list sharers;

	numbers_find(iface->programs, iface->link.prog_id, &sharers);
	if (sharers.count <= 1)
		return 0;
	snprintf(why, STATUS_TEXT_MAX, "it is on %u interfaces, which its map does not tell apart",
		 sharers.count);
	return -EBUSY;
}

void iface_fail_reading(struct iface *iface)
{
	iface_set_state(iface, iface->kind, IFACE_FAILED,
			"the counter map cannot be read; see the log");
}

/* What was there already, and is ours again, has not changed now. */
static void stamp_change(struct iface *iface, bool resumed)
{
	if (resumed && source_last_change(iface->source)) {
		iface->last_change = source_last_change(iface->source);
		return;
	}
	iface->last_change = monotonic_ms();
	if (iface->source)
		source_set_last_change(iface->source, iface->last_change);
}

bool iface_change(struct iface *iface, const struct link *link, void (*what)(struct iface *iface))
{
	const struct link before = iface->link;
	enum source_kind kind = iface->kind;
	enum iface_status status = iface->status;

	if (link) {
		iface_set_program(iface, link->prog_id, link->mode);
		iface->link = *link;
	}
	iface->visible |= iface->rule && iface->rule->literal;
	what(iface);

	if (iface->source)
		iface->discontinuity = source_discontinuity(iface->source);
	if (iface->link.mode == before.mode && iface->link.prog_id == before.prog_id &&
	    iface->kind == kind && iface->status == status)
		return false;
	stamp_change(iface, what == iface_attach && kind == SOURCE_NONE &&
				    iface->kind != SOURCE_NONE && source_resumed(iface->source));
	return true;
}
