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

/* Somebody else's program is there. */
static void fail_foreign(struct iface *iface, const char *what, const char *why)
{
	char text[STATUS_TEXT_MAX];

	snprintf(text, sizeof(text), "program '%.40s' (id %u, %s) %s: %.150s",
		 *iface->program.name ? iface->program.name : "?", iface->link.prog_id,
		 mode_name(iface->link.mode), what, why);
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

/* What was counted stays to be seen, by whatever run of ours. */
static void keep_counters(struct iface *iface)
{
	char text[STATUS_TEXT_MAX];

	if (!iface->only_look && !iface->source && iface->pins &&
	    source_is_kept(iface->pins, iface->link.ifindex) &&
	    source_open(&iface->source, iface->pins, &iface->link, text))
		log_warning(0, "%s: %s", iface->link.name, text);
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
		set_program(iface, 0, XDP_MODE_NONE);
	source_unobserve(iface->pins, iface->link.ifindex);
}

/* An operator asked for the hook. */
static void decide_released(struct iface *iface)
{
	let_go(iface);
	take_off(iface);
	iface->pending = false;
	keep_counters(iface);
	set_state(iface, SOURCE_NONE, IFACE_WAITING,
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
		set_state(iface, SOURCE_NONE, IFACE_WAITING, text);
}

/* The writer is there, and goes on. */
static void keep_counting(struct iface *iface, enum source_kind kind)
{
	iface->pending = false;
	source_keep(iface->source, &iface->link);
	if (iface->status == IFACE_FAILED)
		set_state(iface, kind, IFACE_ACTIVE, "");
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
		fail_foreign(iface, "is attached already and is left alone",
			     *why ? why : "detach it to have the interface counted");
	} else {
		wait_for_turn(iface, SOURCE_COUNT, "about to attach the counter program");
	}
}

static void find_ports(const struct iface *iface, struct port_list *ports)
{
	ports->count = 0;
	/* Only a native program is handed on. */
	if (iface->link.mode == XDP_MODE_NATIVE)
		ports_of(iface->ports, iface->link.ifindex, ports);
}

/* For -t: what would come of it. */
static void try_to_observe(struct iface *iface)
{
	char why[STATUS_TEXT_MAX];

	if (source_can_observe(iface->link.prog_id, why))
		fail_foreign(iface, "cannot be observed", why);
	else
		wait_for_turn(iface, SOURCE_OBSERVE, "");
}

static void decide_observe(struct iface *iface)
{
	struct port_list ports;
	char why[PINS_ERROR_MAX];

	if (is_ours(iface) || is_left_behind(iface, why)) {
		let_go(iface);
		take_off(iface);
		if (iface->only_look) {
			set_state(iface, SOURCE_NONE, IFACE_WAITING,
				  "the counter program is there and will be taken off");
			return;
		}
	}
	if (iface->source && source_observes(iface->source, iface->link.prog_id)) {
		find_ports(iface, &ports);
		source_set_ports(iface->source, &ports);
		keep_counting(iface, SOURCE_OBSERVE);
		return;
	}
	iface->pending = false;
	if (iface->source && iface->link.prog_id &&
	    source_holds(iface->source, iface->link.prog_id)) {
		fail_foreign(iface, "cannot be observed",
			     "it is in the link of the counter program, and would go with it; "
			     "attach it by itself");
		return;
	}
	let_go(iface);
	if (!iface->link.prog_id) {
		keep_counters(iface);
		set_state(iface, SOURCE_NONE, IFACE_WAITING,
			  iface->visible ? "no program is attached" : "");
	} else if (iface->link.mode == XDP_MODE_OFFLOAD || iface->link.mode == XDP_MODE_MULTIPLE) {
		fail_foreign(iface, "cannot be observed",
			     "it runs on the NIC, where the kernel does not see its verdicts");
	} else if (iface->only_look) {
		try_to_observe(iface);
	} else {
		wait_for_turn(iface, SOURCE_OBSERVE, "about to observe the program");
	}
}

/*
 * auto counts where there was never a program but ours. Where one was observed, its owner may be
 * about to bring it back.
 */
static bool auto_observes(const struct iface *iface)
{
	char why[PINS_ERROR_MAX];

	if (iface->link.prog_id)
		return !is_ours(iface) && !is_left_behind(iface, why);
	if (iface->source)
		return source_last_kind(iface->source) == SOURCE_OBSERVE;
	return iface->pins && source_kept_kind(iface->pins, iface->link.ifindex) == SOURCE_OBSERVE;
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
		set_state(iface, SOURCE_NONE, IFACE_WAITING, "");
	} else if (source == RULE_MAP) {
		let_go(iface);
		iface->pending = false;
		if (iface->visible)
			set_state(iface, SOURCE_NONE, IFACE_FAILED, "map is not in this version");
	} else if (iface->pins && pins_is_released(iface->pins, iface->link.ifindex)) {
		decide_released(iface);
	} else if (source == RULE_COUNT) {
		decide_count(iface);
	} else {
		decide_observe(iface);
	}
}

static int attach(struct iface *iface, char text[static STATUS_TEXT_MAX])
{
	int err = source_attach(iface->source, &iface->link, iface->rule->hook, text);

	if (err)
		return err;
	set_program(iface, source_prog_id(iface->source), source_mode(iface->source));
	iface->program = source_program(iface->source);
	set_state(iface, SOURCE_COUNT, IFACE_ACTIVE, text);
	log_info("%s: counting (%s)%s%s", iface->link.name, mode_name(iface->link.mode),
		 *text ? ": " : "", text);
	return 0;
}

static int observe(struct iface *iface, char text[static STATUS_TEXT_MAX])
{
	struct port_list ports;
	int err;

	find_ports(iface, &ports);
	err = source_observe(iface->source, &iface->link, &ports, text);
	if (err)
		return err;
	set_state(iface, SOURCE_OBSERVE, IFACE_ACTIVE, text);
	log_info("%s: observing program '%s' (id %u, %s)%s%s", iface->link.name,
		 iface->program.name, iface->link.prog_id, mode_name(iface->link.mode),
		 *text ? ": " : "", text);
	return 0;
}

bool iface_was_left(const struct iface *iface)
{
	return iface->pending && iface->link.prog_id &&
	       (iface->wanted == SOURCE_COUNT ||
		(iface->pins && source_was_observed(iface->pins, iface->link.ifindex)));
}

void iface_attach(struct iface *iface)
{
	char text[STATUS_TEXT_MAX] = "";
	int err = 0;

	iface->pending = false;
	if (iface->wanted == SOURCE_OBSERVE)
		err = source_can_trace(iface->pins, text);
	if (!err && !iface->source)
		err = source_open(&iface->source, iface->pins, &iface->link, text);
	if (!err)
		err = iface->wanted == SOURCE_COUNT ? attach(iface, text) : observe(iface, text);
	if (!err)
		return;
	iface->retry_at = monotonic_ms() + RETRY_MS;
	if (iface->wanted == SOURCE_COUNT)
		set_state(iface, SOURCE_NONE, IFACE_FAILED, text);
	else
		fail_foreign(iface, "cannot be observed", text);
}

void iface_fail_reading(struct iface *iface)
{
	set_state(iface, iface->kind, IFACE_FAILED, "the counter map cannot be read; see the log");
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
	stamp_change(iface, what == iface_attach && kind == SOURCE_NONE &&
				    iface->kind != SOURCE_NONE && source_resumed(iface->source));
	return true;
}
