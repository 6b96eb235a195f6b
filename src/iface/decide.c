/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface/decide.h"

#include "lib/log.h"
#include "lib/util.h"
#include "source/pinned.h"

static bool is_ours(const struct iface *iface)
{
	return iface->source && iface->netdev.prog_id &&
	       iface->netdev.prog_id == source_status(iface->source).prog_id;
}

static struct pinned open_pinned(const struct iface *iface)
{
	return pinned_open(iface->common, iface->pins, iface->netdev.ifindex);
}

static bool hook_allows(enum xdp_hook hook, enum xdp_mode mode)
{
	return hook == HOOK_ANY || (hook == HOOK_NATIVE) == (mode == XDP_MODE_NATIVE);
}

/*
 * What an earlier run left at the hook is as good as ours; a source, once there is one, knows
 * better.
 */
static bool is_left_behind(const struct iface *iface, struct reason *why)
{
	_cleanup_pinned_ struct pinned pinned = open_pinned(iface);

	reason_clear(why);
	if (!iface->source)
		return pinned_holds(&pinned, iface->netdev.prog_id, why);
	reason_set(why, 0, "%s", source_status(iface->source).refusal);
	return false;
}

/* Takes our program away, if there is one; a program that somebody has put into our link stays. */
static void let_go(struct iface *iface)
{
	uint32_t prog_id = iface->netdev.prog_id;

	if (iface->source && prog_id && !is_ours(iface) && source_holds(iface->source, prog_id))
		return;
	if (is_ours(iface))
		iface_set_program(iface, 0, XDP_MODE_NONE);
	if (iface->source)
		source_detach(iface->source);
}

/* What was counted stays to be seen, whichever run of ours did it. */
static void show_counters_left(struct iface *iface)
{
	_cleanup_pinned_ struct pinned pinned = open_pinned(iface);
	struct reason reason;
	/* A program that counts by itself may have gone to an interface that is not known yet. */
	iface->deferred = !iface->devices->all_known && pinned_kind(&pinned) == SOURCE_MAP;
	if (iface->deferred)
		return;
	if (!iface->only_look && !iface->source && pinned_has_counters(&pinned)) {
		int err = source_open(&iface->source, iface->common, &iface->netdev, &reason);

		if (log_is_news(&iface->left_err, err))
			log_warning(0, "%s: %s", iface->netdev.name, reason.text);
		if (!err)
			source_detach(iface->source); /* of somebody else's map, say */
	}
	if (!iface->source)
		return;
	source_refresh(iface->source, &iface->netdev);
	iface->visible |= source_status(iface->source).discontinuity != 0;
}

/* Ends what an earlier run has left at the hook. */
static void take_off(struct iface *iface)
{
	_cleanup_pinned_ struct pinned pinned = open_pinned(iface);

	if (iface->only_look || !iface->pins)
		return;
	if (pinned_take_off(&pinned))
		iface_set_program(iface, 0, XDP_MODE_NONE);
	pinned_unobserve(&pinned);
}

/* An operator asked for the hook. */
static void decide_released(struct iface *iface)
{
	let_go(iface);
	take_off(iface);
	iface->pending = false;
	show_counters_left(iface);
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

/* What could not be read is failed until it can be. */
static bool can_be_read(struct iface *iface)
{
	struct counters counters;

	if (iface->read_err && !source_read(iface->source, &counters, NULL))
		iface->read_err = 0;
	return !iface->read_err;
}

/* The writer is there, and goes on. */
static void stay_active(struct iface *iface, enum source_kind kind)
{
	struct reason text;

	iface->pending = false;
	source_refresh(iface->source, &iface->netdev);
	if (!can_be_read(iface))
		return;
	source_describe(iface->source, &text);
	iface_set_state(iface, kind, IFACE_ACTIVE, text.text);
}

static bool is_marked_foreign(const struct iface *iface)
{
	return iface->pins && pins_is_marked(iface->pins, iface->netdev.ifindex, MARK_FOREIGN);
}

/* Somebody's program is at a hook that auto may take. Once it goes, its owner may bring it back. */
static void note_foreign(struct iface *iface)
{
	bool news = !iface->foreign_seen;
	struct reason why;
	int err = 0;

	iface->foreign_seen = true;
	if (iface->pins && !iface->only_look && !is_marked_foreign(iface))
		err = pins_mark(iface->pins, iface->netdev.ifindex, MARK_FOREIGN, &why);
	if (err && news)
		log_warning(0,
			    "%s: cannot mark beside its pins that somebody's program was there; "
			    "after a restart auto will not wait for it: %s",
			    iface->netdev.name, why.text);
}

/* The hook is ours. */
static void forget_foreign(struct iface *iface)
{
	struct reason why;

	iface->foreign_seen = false;
	if (is_marked_foreign(iface))
		pins_unmark(iface->pins, iface->netdev.ifindex, MARK_FOREIGN, &why);
}

static int try_map(const struct iface *iface, struct reason *why)
{
	int err = iface_check_sharing(iface, why);

	return err ? err
		   : source_can_use_map(iface->common, iface->netdev.prog_id, iface->map_path, why);
}

/* For -t: what would come of it. */
static void try_out(struct iface *iface, enum source_kind wanted)
{
	struct reason why, why_no_map;

	if (wanted == SOURCE_OBSERVE &&
	    !source_can_observe(iface->common, iface->netdev.prog_id, &why)) {
		wait_for_turn(iface, SOURCE_OBSERVE, "");
	} else if (wanted == SOURCE_OBSERVE && iface->rule->source != RULE_AUTO) {
		iface_fail_foreign(iface, iface_failure_of(wanted), why.text);
	} else if (!try_map(iface, &why_no_map)) {
		wait_for_turn(iface, SOURCE_MAP, "");
	} else if (wanted == SOURCE_MAP) {
		iface_fail_foreign(iface, iface_failure_of(wanted), why_no_map.text);
	} else {
		iface_add_reason(&why, &why_no_map);
		iface_fail_foreign(iface, iface_failure_of(wanted), why.text);
	}
}

/* A program of ours is not to be there. False: there is one that cannot be taken off now. */
static bool make_way(struct iface *iface)
{
	struct reason why;

	iface->pending = false;
	if (is_ours(iface) || is_left_behind(iface, &why)) {
		let_go(iface);
		take_off(iface);
		if (!iface->only_look)
			return true;
		iface_set_state(iface, SOURCE_NONE, IFACE_WAITING,
				"the counter program is there and will be taken off");
		return false;
	}
	if (!iface->source || !iface->netdev.prog_id ||
	    !source_holds(iface->source, iface->netdev.prog_id))
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
	if (!iface->netdev.prog_id) {
		show_counters_left(iface);
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

/*
 * Our program is there, and its link cannot be had: an earlier run has pinned it in another bpffs,
 * say. Its map is read then, as somebody else's would be.
 */
static bool is_ours_elsewhere(struct iface *iface)
{
	uint32_t prog_id = iface->netdev.prog_id;
	struct reason why;

	if (!prog_id || iface->elsewhere_id == prog_id)
		return prog_id;
	if (is_ours(iface) || is_left_behind(iface, &why) || *why.text || !source_knows(prog_id))
		return false;
	iface->elsewhere_id = prog_id;
	return true;
}

bool iface_uses_map(const struct iface *iface)
{
	struct reason why;

	return iface->source && iface->netdev.prog_id && !iface->map_path_is_new &&
	       !iface_check_sharing(iface, &why) &&
	       source_uses_map(iface->source, iface->netdev.prog_id, iface->map_path);
}

static void read_map(struct iface *iface)
{
	if (iface_uses_map(iface))
		stay_active(iface, SOURCE_MAP);
	else
		watch_foreign(iface, SOURCE_MAP);
}

static void decide_count(struct iface *iface)
{
	struct reason why;

	if (is_ours(iface) && hook_allows(iface->rule->hook, source_status(iface->source).mode)) {
		forget_foreign(iface);
		stay_active(iface, SOURCE_COUNT);
		return;
	}
	if (is_ours_elsewhere(iface)) {
		read_map(iface);
		return;
	}
	let_go(iface);
	if (iface->netdev.prog_id && !is_left_behind(iface, &why)) {
		iface->pending = false;
		iface_fail_foreign(iface, "is attached already and is left alone",
				   *why.text ? why.text
					     : "detach it to have the interface counted");
	} else {
		wait_for_turn(iface, SOURCE_COUNT, "about to attach the counter program");
	}
}

static void decide_map(struct iface *iface)
{
	if (make_way(iface))
		read_map(iface);
}

static void decide_observe(struct iface *iface)
{
	struct port_list ports;

	if (!make_way(iface))
		return;
	if (iface->source && source_observes(iface->source, iface->netdev.prog_id)) {
		iface_find_ports(iface, &ports);
		source_set_ports(iface->source, &ports);
		stay_active(iface, SOURCE_OBSERVE);
	} else if (iface->rule->source == RULE_AUTO && iface_uses_map(iface)) {
		stay_active(iface, SOURCE_MAP);
	} else if (iface->netdev.mode == XDP_MODE_OFFLOAD ||
		   iface->netdev.mode == XDP_MODE_MULTIPLE) {
		let_go(iface);
		iface_fail_foreign(
			iface, iface_failure_of(SOURCE_OBSERVE),
			"it runs on the NIC, where the kernel does not see its verdicts");
	} else {
		watch_foreign(iface, SOURCE_OBSERVE);
	}
}

/* Nobody means these by a pattern; to have them counted by themselves, he names them. */
static bool is_left_out(const struct iface *iface)
{
	return !iface->rule->literal && (iface->netdev.loopback || iface->netdev.bonded);
}

static void decide_left_out(struct iface *iface)
{
	const struct netdev *netdev = &iface->netdev;
	struct reason text;

	if (!make_way(iface))
		return;
	let_go(iface);
	show_counters_left(iface);
	if (netdev->loopback)
		reason_set(&text, 0, "the loopback is left alone unless it is named");
	else
		reason_set(&text, 0,
			   "a port of %s is left to it; name the port to have it counted by itself",
			   *netdev->bond ? netdev->bond : "a bond or team");
	iface_set_state(iface, SOURCE_NONE, IFACE_WAITING, text.text);
}

/* Whatever came of observing it; an earlier version has left no mark, but who counted last. */
static bool foreign_was_there(const struct iface *iface)
{
	_cleanup_pinned_ struct pinned pinned = open_pinned(iface);
	enum source_kind kind;

	if (iface->foreign_seen || is_marked_foreign(iface))
		return true;
	kind = iface->source ? source_status(iface->source).last_kind : pinned_kind(&pinned);
	return kind == SOURCE_OBSERVE || (kind == SOURCE_MAP && !iface->elsewhere_id);
}

/*
 * auto counts where there was never a program but ours. Where there was one, its owner may be about
 * to bring it back.
 */
static bool auto_observes(struct iface *iface)
{
	struct reason why;

	if (!iface->netdev.prog_id)
		return foreign_was_there(iface);
	if (is_ours(iface) || is_left_behind(iface, &why) || is_ours_elsewhere(iface))
		return false;
	note_foreign(iface);
	return true;
}

void iface_decide(struct iface *iface)
{
	enum rule_source source = iface->rule ? iface->rule->source : RULE_OFF;

	if (source == RULE_AUTO)
		source = auto_observes(iface) ? RULE_OBSERVE : RULE_COUNT;
	if (source == RULE_OFF) {
		let_go(iface);
		if (iface->source)
			source_refresh(iface->source, &iface->netdev);
		iface->pending = false;
		iface_set_state(iface, SOURCE_NONE, IFACE_WAITING, "");
	} else if (iface->pins && pins_is_released(iface->pins, iface->netdev.ifindex)) {
		decide_released(iface);
	} else if (source == RULE_COUNT && is_left_out(iface)) {
		decide_left_out(iface);
	} else if (source == RULE_COUNT) {
		decide_count(iface);
	} else if (source == RULE_MAP) {
		decide_map(iface);
	} else {
		decide_observe(iface);
	}
}
