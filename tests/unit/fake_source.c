/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pins fake_pins;
struct common fake_common = { .pins = &fake_pins };
char fake_calls[1024];
unsigned int fake_keeps, fake_traces;
struct fake_errors fake_errors[16];
int fake_open_sources;
struct fake_answer fake_answer;

void fake_source_reset(void)
{
	fake_pins = (struct pins){ 0 };
	fake_calls[0] = '\0';
	fake_keeps = fake_traces = 0;
	memset(fake_errors, 0, sizeof(fake_errors));
	fake_answer = (struct fake_answer){
		.text = "", .map_text = "", .mode = XDP_MODE_NATIVE, .next_prog_id = FIRST_PROG_ID
	};
}

static void record(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void record(const char *format, ...)
{
	size_t used = strlen(fake_calls);
	va_list args;

	va_start(args, format);
	vsnprintf(fake_calls + used, sizeof(fake_calls) - used, format, args);
	va_end(args);
}

static struct fake_pinned *pinned_at(const struct pins *pins, unsigned int ifindex)
{
	assert_ptr_equal(pins, &fake_pins);
	assert_in_range(ifindex, 1, LENGTH(pins->at) - 1);
	return &fake_pins.at[ifindex];
}

/* --- the life of a source --- */

int source_open(struct source **out, struct common *common, const struct netdev *netdev,
		struct reason *reason)
{
	struct fake_pinned *pinned = pinned_at(common->pins, netdev->ifindex);
	struct source *source;

	record("open;");
	if (fake_answer.open_err)
		return reason_set(reason, fake_answer.open_err, "%s", fake_answer.text);
	source = calloc(1, sizeof(*source));
	assert_non_null(source);
	source->ifindex = netdev->ifindex;
	source->kind = pinned->kind;
	memcpy(source->name, netdev->name, IFNAMSIZ);
	source->discontinuity = pinned->discontinuity;
	source->last_change = pinned->last_change;
	source->reopened = true;
	pinned->kept = true;
	fake_open_sources++;
	*out = source;
	return 0;
}

static void end(struct source *source, const char *how)
{
	if (!source)
		return;
	record("%s;", how);
	fake_open_sources--;
	free(source);
}

void source_close(struct source *source)
{
	end(source, "close");
}

void source_discard(struct source *source)
{
	end(source, "discard");
}

bool source_is_stale(const struct source *source, const struct netdev *netdev)
{
	return fake_answer.stale && strcmp(source->name, netdev->name);
}

int source_read(struct source *source, struct counters *served, struct cpu_counters **each)
{
	record("read;");
	assert_non_null(source);
	if (fake_answer.folded)
		source->discontinuity = fake_answer.folded;
	if (!fake_answer.read_err)
		*served = (struct counters){ .action[2] = { 7, 700 } };
	if (!fake_answer.read_err && each)
		*each = fake_answer.each;
	return fake_answer.read_err;
}

int source_read_invalid(const struct source *source, uint64_t *count)
{
	*count = 0;
	return source->kind == SOURCE_OBSERVE ? 0 : -ENOENT;
}

void source_refresh(struct source *source, const struct netdev *netdev)
{
	memcpy(source->name, netdev->name, IFNAMSIZ);
	fake_keeps++;
}

void source_describe(const struct source *source, struct reason *reason)
{
	*reason = source->note;
}

struct source_status source_status(const struct source *source)
{
	static struct program_info program; /* ours has one at a time */

	program = program_describe(&fake_common.freplace, source->prog_id);
	return (struct source_status){
		.last_kind = source->kind ? source->kind : SOURCE_NONE,
		.prog_id = source->prog_id,
		.mode = source->mode,
		.program = &program,
		.resumed = source->resumed,
		.refusal = "",
		.last_change = source->last_change,
		.discontinuity = source->discontinuity,
	};
}

void source_set_last_change(struct source *source, int64_t when)
{
	source->last_change = when;
}

/* --- its writer --- */

/* Is part of letting somebody else's program be observed or ours be attached, too. */
static void let_go(struct source *source)
{
	struct fake_pinned *pinned = &fake_pins.at[source->ifindex];

	if (source->prog_id && pinned->prog_id == source->prog_id)
		pinned->prog_id = 0;
	if (source->observed)
		pinned->observed = 0;
	source->prog_id = source->observed = source->map_of = 0;
	source->resumed = source->reopened = false;
}

static int settle(struct source *source, enum source_kind kind, bool complete,
		  const struct reason *reason)
{
	source->note = *reason;
	source->kind = fake_pins.at[source->ifindex].kind = kind;
	if (!complete)
		source->discontinuity = unit_now;
	return 0;
}

int source_attach(struct source *source, const struct netdev *netdev, enum xdp_hook hook,
		  struct reason *reason)
{
	struct fake_pinned *pinned = &fake_pins.at[netdev->ifindex];
	bool adopt = pinned->prog_id && pinned->prog_id == netdev->prog_id;

	record("%s %s %s;", adopt ? "adopt" : "attach", netdev->name, xdp_hook_name(hook));
	let_go(source);
	reason_set(reason, 0, "%s", fake_answer.text);
	if (fake_answer.attach_err)
		return fake_answer.attach_err;
	source->prog_id = adopt ? pinned->prog_id : fake_answer.next_prog_id++;
	source->mode = adopt ? netdev->mode : fake_answer.mode;
	source->resumed = adopt;
	pinned->observed = 0;
	return settle(source, SOURCE_COUNT, adopt, reason);
}

static void record_ports(const struct port_list *ports)
{
	for (unsigned int i = 0; i < ports->count; i++)
		record(" %u", ports->ifindex[i]);
	record(";");
}

int source_observe(struct source *source, const struct netdev *netdev,
		   const struct port_list *ports, struct reason *reason)
{
	struct fake_pinned *pinned = &fake_pins.at[netdev->ifindex];
	bool adopt = pinned->observed && pinned->observed == netdev->prog_id;

	assert_int_not_equal(netdev->prog_id, 0);
	record("%s %s %u%s", adopt ? "resume" : "observe", netdev->name, netdev->prog_id,
	       ports->count ? " ports" : "");
	record_ports(ports);
	let_go(source);
	reason_set(reason, 0, "%s", fake_answer.text);
	if (fake_answer.observe_err)
		return fake_answer.observe_err;
	source->observed = pinned->observed = netdev->prog_id;
	source->ports = *ports;
	source->resumed = adopt && !fake_answer.missed;
	return settle(source, SOURCE_OBSERVE, source->resumed, reason);
}

bool source_observes(const struct source *source, uint32_t prog_id)
{
	return source->observed && source->observed == prog_id;
}

void source_set_ports(struct source *source, const struct port_list *ports)
{
	assert_int_not_equal(source->observed, 0);
	if (ports->count == source->ports.count &&
	    !memcmp(ports->ifindex, source->ports.ifindex, ports->count * sizeof(*ports->ifindex)))
		return;
	source->ports = *ports;
	record("ports");
	record_ports(ports);
}

/* A map that was read is given back only if it is not the one to be read again. */
int source_use_map(struct source *source, const struct netdev *netdev, const char *path,
		   uint32_t after, struct reason *reason)
{
	bool again = source->reopened && source->kind == SOURCE_MAP;

	assert_int_not_equal(netdev->prog_id, 0);
	record("%s %s %u%s%s%s;", again ? "resume map" : "map", netdev->name, netdev->prog_id,
	       path ? " " : "", path ? path : "", after == UINT32_MAX ? " from now on" : "");
	let_go(source);
	reason_set(reason, 0, "%s", fake_answer.map_text);
	if (fake_answer.map_err)
		return fake_answer.map_err;
	source->map_of = netdev->prog_id;
	snprintf(source->map_path, sizeof(source->map_path), "%s", path ? path : "");
	source->resumed = again;
	return settle(source, SOURCE_MAP, again, reason);
}

uint32_t foreign_map_latest(void)
{
	return fake_answer.latest_map;
}

bool source_uses_map(struct source *source, uint32_t prog_id, const char *path)
{
	return source->map_of == prog_id && !fake_answer.map_shared &&
	       (!path || !strcmp(path, source->map_path));
}

int source_can_use_map(struct common *common, uint32_t prog_id, const char *path,
		       struct reason *reason)
{
	(void)common;
	(void)path;
	assert_int_not_equal(prog_id, 0);
	reason_set(reason, 0, "%s", fake_answer.map_text);
	return fake_answer.map_err;
}

bool source_knows(uint32_t prog_id)
{
	return prog_id == fake_answer.elsewhere;
}

int source_can_trace(struct common *common, struct reason *reason)
{
	assert_ptr_equal(common, &fake_common);
	fake_traces++;
	reason_set(reason, 0, "%s", fake_answer.trace_err ? fake_answer.text : "");
	return fake_answer.trace_err;
}

int source_can_observe(struct common *common, uint32_t prog_id, struct reason *reason)
{
	(void)common;
	assert_int_not_equal(prog_id, 0);
	reason_set(reason, 0, "%s", fake_answer.text);
	return fake_answer.observe_err;
}

void source_detach(struct source *source)
{
	if (source->prog_id)
		record("detach;");
	if (source->observed)
		record("end observing;");
	/* What an earlier run read is still that when a source has just been opened. */
	if (source->map_of || (source->reopened && source->kind == SOURCE_MAP))
		record("end reading;");
	let_go(source);
}

/* Only looks; not worth a record. */
struct program_info program_describe(struct freplace_cache *cache, uint32_t prog_id)
{
	struct program_info info = { 0 };

	(void)cache;
	if (prog_id && !fake_answer.nameless)
		snprintf(info.name, sizeof(info.name), "prog%u", prog_id);
	return info;
}

bool source_holds(const struct source *source, uint32_t prog_id)
{
	uint32_t held = fake_answer.held ? fake_answer.held : source->prog_id;

	return source->prog_id && prog_id == held;
}

/* --- what is pinned --- */

struct pinned pinned_open(struct common *common, const struct pins *pins, unsigned int ifindex)
{
	assert_non_null(common);
	if (pins)
		pinned_at(pins, ifindex);
	return (struct pinned){ .pins = pins, .ifindex = ifindex };
}

void pinned_close(struct pinned *pinned)
{
	(void)pinned;
}

static struct fake_pinned *fake_of(const struct pinned *pinned)
{
	static struct fake_pinned none;

	none = (struct fake_pinned){ 0 };
	return pinned->pins ? pinned_at(pinned->pins, pinned->ifindex) : &none;
}

bool pinned_holds(struct pinned *pinned, uint32_t prog_id, struct reason *why)
{
	const struct fake_pinned *fake = fake_of(pinned);

	reason_set(why, 0, "%s", fake->why ? fake->why : "");
	return prog_id && fake->prog_id == prog_id && !fake->why;
}

bool pinned_has_counters(const struct pinned *pinned)
{
	return fake_of(pinned)->kept;
}

bool pinned_take_off(struct pinned *pinned)
{
	struct fake_pinned *fake = fake_of(pinned);
	bool was = fake->prog_id && !fake->why;

	if (was) {
		record("take off %u;", pinned->ifindex);
		fake->prog_id = 0;
	}
	return was;
}

bool pinned_is_observed(const struct pinned *pinned)
{
	return fake_of(pinned)->observed;
}

bool pinned_unobserve(struct pinned *pinned)
{
	struct fake_pinned *fake = fake_of(pinned);
	bool was = fake->observed;

	if (was)
		record("unobserve %u;", pinned->ifindex);
	fake->observed = 0;
	return was;
}

enum source_kind pinned_kind(struct pinned *pinned)
{
	const struct fake_pinned *fake = fake_of(pinned);

	return fake->kept && fake->kind ? fake->kind : SOURCE_NONE;
}

bool pinned_forget(struct pinned *pinned)
{
	record("forget %u;", pinned->ifindex);
	*fake_of(pinned) = (struct fake_pinned){ 0 };
	return true;
}

static bool *mark_at(const struct pins *pins, unsigned int ifindex, enum pins_mark mark)
{
	struct fake_pinned *pinned = pinned_at(pins, ifindex);

	return mark == MARK_RELEASED ? &pinned->released : &pinned->foreign;
}

bool pins_is_marked(const struct pins *pins, unsigned int ifindex, enum pins_mark mark)
{
	return *mark_at(pins, ifindex, mark);
}

int pins_mark(const struct pins *pins, unsigned int ifindex, enum pins_mark mark,
	      struct reason *reason)
{
	int err = fake_answer.mark_err;

	if (err)
		return reason_set(reason, err, "%s", strerror(-err));
	*mark_at(pins, ifindex, mark) = true;
	return 0;
}

int pins_unmark(const struct pins *pins, unsigned int ifindex, enum pins_mark mark,
		struct reason *reason)
{
	bool *at = mark_at(pins, ifindex, mark);
	bool was = *at;

	*at = false;
	return was ? 0 : reason_set(reason, -ENOENT, "%s", strerror(ENOENT));
}

int pins_each(const struct pins *pins, void (*each)(unsigned int ifindex, void *context),
	      void *context)
{
	for (unsigned int ifindex = 1; ifindex < LENGTH(pins->at); ifindex++)
		if (pinned_at(pins, ifindex)->kept || pinned_at(pins, ifindex)->foreign)
			each(ifindex, context);
	return 0;
}

bool rtnl_is_gone(unsigned int ifindex)
{
	return ifindex == fake_answer.gone;
}

/* --- errors --- */

static struct fake_errors *errors_at(unsigned int ifindex)
{
	assert_in_range(ifindex, 1, LENGTH(fake_errors) - 1);
	return &fake_errors[ifindex];
}

void common_open(struct common *common, const struct pins *pins)
{
	*common = (struct common){ .pins = pins };
}

void common_close(struct common *common)
{
	(void)common;
}

int common_need_errors(struct common *common)
{
	assert_ptr_equal(common, &fake_common);
	return 0;
}

void error_counters_add(const struct error_counters *errors, unsigned int ifindex)
{
	assert_ptr_equal(errors, &fake_common.errors);
	errors_at(ifindex)->counted = true;
}

bool error_counters_has(const struct error_counters *errors, unsigned int ifindex)
{
	assert_ptr_equal(errors, &fake_common.errors);
	return ifindex < LENGTH(fake_errors) && fake_errors[ifindex].had;
}

bool error_counters_forget(const struct error_counters *errors, const struct pins *pins,
			   unsigned int ifindex)
{
	bool counted = ifindex < LENGTH(fake_errors) && fake_errors[ifindex].counted;

	(void)errors;
	(void)pins;
	if (ifindex < LENGTH(fake_errors))
		fake_errors[ifindex].counted = fake_errors[ifindex].had = false;
	return counted;
}

void error_counters_sweep(const struct error_counters *errors, const struct pins *pins,
			  bool (*wanted)(unsigned int ifindex, void *context), void *context)
{
	for (unsigned int i = 1; i < LENGTH(fake_errors); i++)
		if (fake_errors[i].counted && !wanted(i, context))
			error_counters_forget(errors, pins, i);
}

void error_counters_set_bond(const struct error_counters *errors, unsigned int port,
			     unsigned int bond)
{
	(void)errors;
	errors_at(port)->bond = bond;
}

void error_counters_unset_bond(const struct error_counters *errors, unsigned int port)
{
	(void)errors;
	errors_at(port)->bond = 0;
}

int error_counters_read(const struct error_counters *errors, unsigned int ifindex,
			struct xdp_errors *sum)
{
	(void)errors;
	*sum = (struct xdp_errors){ .exceptions = 7 };
	return errors_at(ifindex)->counted ? 0 : -ENOENT;
}

void common_repin(struct common *common)
{
	(void)common;
}
