/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to become of an interface. */
#include <stdio.h>
#include <string.h>

#include "iface/private.h"
#include "lib/log.h"
#include "lib/util.h"

static uint32_t source_prog_id_of(const struct iface *iface)
{
	return iface->source ? source_prog_id(iface->source) : 0;
}

static bool is_ours(const struct iface *iface)
{
	return iface->link.prog_id && iface->link.prog_id == source_prog_id_of(iface);
}

static bool hook_allows(enum xdp_hook hook, enum xdp_mode mode)
{
	return hook == HOOK_ANY || (hook == HOOK_NATIVE) == (mode == XDP_MODE_NATIVE);
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
		iface_set_program(iface, 0, XDP_MODE_NONE);
	if (iface->source)
		source_detach(iface->source);
}

/* What was counted stays to be seen, by whatever run of ours. */
static void keep_counters(struct iface *iface)
{
	char text[STATUS_TEXT_MAX];

	if (!iface->only_look && !iface->source && iface->pins &&
	    source_is_kept(iface->pins, iface->link.ifindex)) {
		if (source_open(&iface->source, iface->pins, &iface->link, text))
			log_warning(0, "%s: %s", iface->link.name, text);
		else
			source_detach(iface->source); /* of somebody else's map, say */
	}
	if (!iface->source)
		return;
	source_keep(iface->source, &iface->link);
	iface->visible |= source_discontinuity(iface->source) != 0;
}

/* Ends what an earlier run has left at the hook. */
static void take_off(struct iface *iface)
{
	if (iface->only_look || !iface->pins)
		return;
	if (source_take_off(iface->pins, iface->link.ifindex))
		iface_set_program(iface, 0, XDP_MODE_NONE);
	source_unobserve(iface->pins, iface->link.ifindex);
}

/* An operator asked for the hook. */
static void decide_released(struct iface *iface)
{
	let_go(iface);
	take_off(iface);
	iface->pending = false;
	keep_counters(iface);
	iface_set_state(iface, SOURCE_NONE, IFACE_WAITING,
			"released by the operator; xdp-stats retake ends that");
}

/* For something that cannot be done at once, or has been left by an earlier run. */
static void wait_for_turn(struct iface *iface, enum source_kind wanted, const char *text)
{
	if (iface->status == IFACE_FAILED && monotonic_ms() < iface->retry_at)
		return;
	iface->pending = true;
	iface->wanted = wanted;
	/* What failed before has not got better until it works. */
	if (iface->status != IFACE_FAILED)
		iface_set_state(iface, SOURCE_NONE, IFACE_WAITING, text);
}

/* The writer is there, and goes on. */
static void keep_counting(struct iface *iface, enum source_kind kind)
{
	iface->pending = false;
	source_keep(iface->source, &iface->link);
	if (iface->status == IFACE_FAILED)
		iface_set_state(iface, kind, IFACE_ACTIVE, "");
}

static void decide_count(struct iface *iface)
{
	char why[PINS_ERROR_MAX];

	if (is_ours(iface) && hook_allows(iface->rule->hook, source_mode(iface->source))) {
		keep_counting(iface, SOURCE_COUNT);
		return;
	}
	let_go(iface);
	if (iface->link.prog_id && !is_left_behind(iface, why)) {
		iface->pending = false;
		iface_fail_foreign(iface, "is attached already and is left alone",
				   *why ? why : "detach it to have the interface counted");
	} else {
		wait_for_turn(iface, SOURCE_COUNT, "about to attach the counter program");
	}
}

static int try_map(const struct iface *iface, char why[static STATUS_TEXT_MAX])
{
	int err = iface_check_sharing(iface, why);

	return err ? err : source_can_use_map(iface->link.prog_id, iface->map_path, why);
}

/* For -t: what would come of it. */
static void try_out(struct iface *iface, enum source_kind wanted)
{
	char why[STATUS_TEXT_MAX], why_no_map[STATUS_TEXT_MAX];

	if (wanted == SOURCE_OBSERVE && !source_can_observe(iface->link.prog_id, why)) {
		wait_for_turn(iface, SOURCE_OBSERVE, "");
	} else if (wanted == SOURCE_OBSERVE && iface->rule->source != RULE_AUTO) {
		iface_fail_foreign(iface, iface_failure_of(wanted), why);
	} else if (!try_map(iface, why_no_map)) {
		wait_for_turn(iface, SOURCE_MAP, "");
	} else if (wanted == SOURCE_MAP) {
		iface_fail_foreign(iface, iface_failure_of(wanted), why_no_map);
	} else {
		iface_add_reason(why, why_no_map);
		iface_fail_foreign(iface, iface_failure_of(wanted), why);
	}
}

/* A program of ours is not to be there. False: there is one that cannot be taken off now. */
static bool make_way(struct iface *iface)
{
	char why[PINS_ERROR_MAX];

	iface->pending = false;
	if (is_ours(iface) || is_left_behind(iface, why)) {
		let_go(iface);
		take_off(iface);
		if (!iface->only_look)
			return true;
		iface_set_state(iface, SOURCE_NONE, IFACE_WAITING,
				"the counter program is there and will be taken off");
		return false;
	}
	if (!iface->source || !iface->link.prog_id ||
	    !source_holds(iface->source, iface->link.prog_id))
		return true;
	iface_fail_foreign(
		iface, "is left alone",
		"it is in the link of the counter program, and would go with it; attach it by "
		"itself");
	return false;
}

/* What somebody else's program does is to be counted. */
static void watch_foreign(struct iface *iface, enum source_kind wanted)
{
	let_go(iface);
	if (!iface->link.prog_id) {
		keep_counters(iface);
		iface_set_state(iface, SOURCE_NONE, IFACE_WAITING,
				iface->visible ? "no program is attached" : "");
	} else if (iface->only_look) {
		try_out(iface, wanted);
	} else {
		wait_for_turn(iface, wanted,
			      wanted == SOURCE_MAP ? "about to read the program's map"
						   : "about to observe the program");
	}
}

static bool uses_map(const struct iface *iface)
{
	char why[STATUS_TEXT_MAX];

	return iface->source && iface->link.prog_id && !iface->map_path_is_new &&
	       !iface_check_sharing(iface, why) &&
	       source_uses_map(iface->source, iface->link.prog_id, iface->map_path);
}

static void decide_map(struct iface *iface)
{
	if (!make_way(iface))
		return;
	if (uses_map(iface))
		keep_counting(iface, SOURCE_MAP);
	else
		watch_foreign(iface, SOURCE_MAP);
}

static void decide_observe(struct iface *iface)
{
	struct port_list ports;

	if (!make_way(iface))
		return;
	if (iface->source && source_observes(iface->source, iface->link.prog_id)) {
		iface_find_ports(iface, &ports);
		source_set_ports(iface->source, &ports);
		keep_counting(iface, SOURCE_OBSERVE);
	} else if (iface->rule->source == RULE_AUTO && uses_map(iface)) {
		keep_counting(iface, SOURCE_MAP);
	} else if (iface->link.mode == XDP_MODE_OFFLOAD || iface->link.mode == XDP_MODE_MULTIPLE) {
		let_go(iface);
		iface_fail_foreign(
			iface, iface_failure_of(SOURCE_OBSERVE),
			"it runs on the NIC, where the kernel does not see its verdicts");
	} else {
		watch_foreign(iface, SOURCE_OBSERVE);
	}
}

/*
 * auto counts where there was never a program but ours. Where one was observed, its owner may be
 * about to bring it back.
 */
static bool auto_observes(const struct iface *iface)
{
	enum source_kind kind = SOURCE_NONE;
	char why[PINS_ERROR_MAX];

	if (iface->link.prog_id)
		return !is_ours(iface) && !is_left_behind(iface, why);
	if (iface->source)
		kind = source_last_kind(iface->source);
	else if (iface->pins)
		kind = source_kept_kind(iface->pins, iface->link.ifindex);
	return kind == SOURCE_OBSERVE || kind == SOURCE_MAP;
}

void iface_decide(struct iface *iface)
{
	enum rule_source source = iface->rule ? iface->rule->source : RULE_OFF;

	if (source == RULE_AUTO)
		source = auto_observes(iface) ? RULE_OBSERVE : RULE_COUNT;
	if (source == RULE_OFF) {
		let_go(iface);
		if (iface->source)
			source_keep(iface->source, &iface->link);
		iface->pending = false;
		iface_set_state(iface, SOURCE_NONE, IFACE_WAITING, "");
	} else if (iface->pins && pins_is_released(iface->pins, iface->link.ifindex)) {
		decide_released(iface);
	} else if (source == RULE_COUNT) {
		decide_count(iface);
	} else if (source == RULE_MAP) {
		decide_map(iface);
	} else {
		decide_observe(iface);
	}
}
