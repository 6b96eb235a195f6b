/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "util.h"

/* A refused attachment is tried again when the link changes, and this often in any case. */
#define RETRY_MS 60000

static void set_state(struct iface *iface, enum source_kind kind, enum iface_status status,
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

/* What is attached from now on, whether the kernel said so or we did it. */
static void set_program(struct iface *iface, uint32_t prog_id, enum xdp_mode mode)
{
	if (iface->link.prog_id != prog_id) {
		iface->program = source_describe(prog_id);
		iface->program_changes++;
	}
	iface->link.prog_id = prog_id;
	iface->link.mode = mode;
	iface->visible |= prog_id != 0;
}

static uint32_t source_prog_id_of(const struct iface *iface)
{
	return iface->source ? source_prog_id(iface->source) : 0;
}

static bool is_ours(const struct iface *iface)
{
	return iface->link.prog_id && iface->link.prog_id == source_prog_id_of(iface);
}

static bool hook_allows(enum rule_hook hook, enum xdp_mode mode)
{
	return hook == HOOK_ANY || (hook == HOOK_NATIVE) == (mode == XDP_MODE_NATIVE);
}

static const char *mode_name(enum xdp_mode mode)
{
	static const char *const names[] = {
		[XDP_MODE_NONE] = "none",
		[XDP_MODE_NATIVE] = "native",
		[XDP_MODE_GENERIC] = "generic",
		[XDP_MODE_OFFLOAD] = "offload",
		[XDP_MODE_MULTIPLE] = "several modes",
	};

	return names[mode];
}

/* why: what is wrong with a pin that should be of this program, or empty. */
static void decide_foreign(struct iface *iface, const char *why)
{
	const char *advice = iface->rule->source == RULE_AUTO
				     ? "observing it is not in this version"
				     : "detach it to have the interface counted";
	char text[STATUS_TEXT_MAX];

	snprintf(text, sizeof(text),
		 "program '%s' (id %u, %s) is attached already and is left alone; %.180s",
		 iface->program.name, iface->link.prog_id, mode_name(iface->link.mode),
		 *why ? why : advice);
	set_state(iface, SOURCE_NONE, IFACE_FAILED, text);
}

/*
 * What an earlier run left at the hook is as good as ours; a source, once there is one, knows
 * better.
 */
static bool is_left_behind(const struct iface *iface, char why[static PINS_ERROR_MAX])
{
	*why = '\0';
	if (iface->source)
		snprintf(why, PINS_ERROR_MAX, "%s", source_refusal(iface->source));
	return !iface->source &&
	       source_left_behind(iface->pins, iface->link.ifindex, iface->link.prog_id, why);
}

/* Takes our program away, if there is one; a program that somebody has put into our link stays. */
static void let_go(struct iface *iface)
{
	uint32_t prog_id = iface->link.prog_id;

	if (iface->source && prog_id && !is_ours(iface) && source_holds(iface->source, prog_id))
		return;
	if (is_ours(iface))
		set_program(iface, 0, XDP_MODE_NONE);
	if (iface->source)
		source_detach(iface->source);
}

/* An operator asked for the hook. What was counted stays to be seen, by whatever run of ours. */
static void decide_released(struct iface *iface)
{
	const struct pins *pins = iface->pins;
	char text[STATUS_TEXT_MAX];

	let_go(iface);
	if (!iface->only_look && source_take_off(pins, iface->link.ifindex))
		set_program(iface, 0, XDP_MODE_NONE);
	iface->pending = false;
	if (!iface->only_look && !iface->source && source_is_kept(pins, iface->link.ifindex) &&
	    source_open(&iface->source, pins, &iface->link, text))
		log_warning(0, "%s: %s", iface->link.name, text);
	if (iface->source)
		source_keep(iface->source, &iface->link);
	set_state(iface, SOURCE_NONE, IFACE_WAITING,
		  "released by the operator; xdp-stats retake takes the hook again");
}

/* There is no program, or one that an earlier run left there. */
static void decide_free(struct iface *iface)
{
	if (iface->status == IFACE_FAILED && monotonic_ms() < iface->retry_at)
		return;
	iface->pending = true;
	/* What failed before has not got better until it works. */
	if (iface->status != IFACE_FAILED)
		set_state(iface, SOURCE_NONE, IFACE_WAITING, "about to attach the counter program");
}

/* For count, and for auto, which counts where there is nothing to observe. */
static void decide_count(struct iface *iface)
{
	char why[PINS_ERROR_MAX];

	if (iface->pins && pins_is_released(iface->pins, iface->link.ifindex)) {
		decide_released(iface);
		return;
	}
	if (is_ours(iface) && hook_allows(iface->rule->hook, source_mode(iface->source))) {
		source_keep(iface->source, &iface->link);
		if (iface->status == IFACE_FAILED)
			set_state(iface, SOURCE_COUNT, IFACE_ACTIVE, "");
		return;
	}
	let_go(iface);
	if (iface->link.prog_id && !is_left_behind(iface, why)) {
		iface->pending = false;
		decide_foreign(iface, why);
	} else {
		decide_free(iface);
	}
}

void iface_decide(struct iface *iface)
{
	if (!iface->rule) {
		let_go(iface);
		if (iface->source)
			source_keep(iface->source, &iface->link);
		iface->pending = false;
		set_state(iface, SOURCE_NONE, IFACE_WAITING, "");
		return;
	}
	if (iface->rule->source == RULE_COUNT || iface->rule->source == RULE_AUTO) {
		decide_count(iface);
		return;
	}
	let_go(iface);
	iface->pending = false;
	if (!iface->visible)
		return;
	set_state(iface, SOURCE_NONE, IFACE_FAILED,
		  iface->rule->source == RULE_OBSERVE ? "observe is not in this version"
						      : "map is not in this version");
}

void iface_attach(struct iface *iface)
{
	char text[STATUS_TEXT_MAX] = "";
	int err = 0;

	iface->pending = false;
	if (!iface->source)
		err = source_open(&iface->source, iface->pins, &iface->link, text);
	if (!err)
		err = source_attach(iface->source, &iface->link, iface->rule->hook, text);
	if (err) {
		iface->retry_at = monotonic_ms() + RETRY_MS;
		set_state(iface, SOURCE_NONE, IFACE_FAILED, text);
		return;
	}
	set_program(iface, source_prog_id(iface->source), source_mode(iface->source));
	iface->program = source_program(iface->source);
	set_state(iface, SOURCE_COUNT, IFACE_ACTIVE, text);
	log_info("%s: counting (%s)%s%s", iface->link.name, mode_name(iface->link.mode),
		 *text ? ": " : "", text);
}

void iface_fail_reading(struct iface *iface)
{
	set_state(iface, iface->kind, IFACE_FAILED, "the counter map cannot be read; see the log");
}

/* A program that was there already, and is ours again, has not changed now. */
static void stamp_change(struct iface *iface, bool adopted)
{
	if (adopted && source_last_change(iface->source)) {
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
		set_program(iface, link->prog_id, link->mode);
		iface->link = *link;
	}
	iface->visible |= iface->rule && iface->rule->literal;
	what(iface);

	if (iface->source)
		iface->discontinuity = source_discontinuity(iface->source);
	if (iface->link.mode == before.mode && iface->link.prog_id == before.prog_id &&
	    iface->kind == kind && iface->status == status)
		return false;
	stamp_change(iface, kind == SOURCE_NONE && before.prog_id &&
				    before.prog_id == source_prog_id_of(iface));
	return true;
}
