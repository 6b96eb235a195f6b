/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/error_counters.h"

struct pins fake_pins;
char fake_calls[1024];
unsigned int fake_keeps;
struct fake_errors fake_errors[16];
int fake_open_sources;
struct fake_answer fake_answer;

void fake_source_reset(void)
{
	fake_pins = (struct pins){ 0 };
	fake_calls[0] = '\0';
	fake_keeps = 0;
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

static struct pinned *pinned_at(const struct pins *pins, unsigned int ifindex)
{
	assert_ptr_equal(pins, &fake_pins);
	assert_in_range(ifindex, 1, LENGTH(pins->at) - 1);
	return &fake_pins.at[ifindex];
}

/* --- the life of a source --- */

int source_open(struct source **out, const struct pins *pins, const struct link *link,
		char text[static STATUS_TEXT_MAX])
{
	struct pinned *pinned = pinned_at(pins, link->ifindex);
	struct source *source;

	record("open;");
	if (fake_answer.open_err) {
		snprintf(text, STATUS_TEXT_MAX, "%s", fake_answer.text);
		return fake_answer.open_err;
	}
	source = calloc(1, sizeof(*source));
	assert_non_null(source);
	source->ifindex = link->ifindex;
	source->kind = pinned->kind;
	memcpy(source->name, link->name, IFNAMSIZ);
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

bool source_is_stale(const struct source *source, const struct link *link)
{
	return fake_answer.stale && strcmp(source->name, link->name);
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

void source_keep(struct source *source, const struct link *link)
{
	memcpy(source->name, link->name, IFNAMSIZ);
	fake_keeps++;
}

int64_t source_last_change(const struct source *source)
{
	return source->last_change;
}

void source_set_last_change(struct source *source, int64_t when)
{
	source->last_change = when;
}

int64_t source_discontinuity(const struct source *source)
{
	return source->discontinuity;
}

/* --- its writer --- */

/* Is part of letting somebody else's program be observed or ours be attached, too. */
static void let_go(struct source *source)
{
	struct pinned *pinned = &fake_pins.at[source->ifindex];

	if (source->prog_id && pinned->prog_id == source->prog_id)
		pinned->prog_id = 0;
	if (source->observed)
		pinned->observed = 0;
	source->prog_id = source->observed = source->map_of = 0;
	source->resumed = source->reopened = false;
}

static int settle(struct source *source, enum source_kind kind, bool complete)
{
	source->kind = fake_pins.at[source->ifindex].kind = kind;
	if (!complete)
		source->discontinuity = unit_now;
	return 0;
}

int source_attach(struct source *source, const struct link *link, enum xdp_hook hook,
		  char text[static STATUS_TEXT_MAX])
{
	struct pinned *pinned = &fake_pins.at[link->ifindex];
	bool adopt = pinned->prog_id && pinned->prog_id == link->prog_id;

	record("%s %s %s;", adopt ? "adopt" : "attach", link->name, xdp_hook_name(hook));
	let_go(source);
	snprintf(text, STATUS_TEXT_MAX, "%s", fake_answer.text);
	if (fake_answer.attach_err)
		return fake_answer.attach_err;
	source->prog_id = adopt ? pinned->prog_id : fake_answer.next_prog_id++;
	source->mode = adopt ? link->mode : fake_answer.mode;
	source->resumed = adopt;
	pinned->observed = 0;
	return settle(source, SOURCE_COUNT, adopt);
}

static void record_ports(const struct port_list *ports)
{
	for (unsigned int i = 0; i < ports->count; i++)
		record(" %u", ports->ifindex[i]);
	record(";");
}

int source_observe(struct source *source, const struct link *link, const struct port_list *ports,
		   char text[static STATUS_TEXT_MAX])
{
	struct pinned *pinned = &fake_pins.at[link->ifindex];
	bool adopt = pinned->observed && pinned->observed == link->prog_id;

	assert_int_not_equal(link->prog_id, 0);
	record("%s %s %u%s", adopt ? "resume" : "observe", link->name, link->prog_id,
	       ports->count ? " ports" : "");
	record_ports(ports);
	let_go(source);
	snprintf(text, STATUS_TEXT_MAX, "%s", fake_answer.text);
	if (fake_answer.observe_err)
		return fake_answer.observe_err;
	source->observed = pinned->observed = link->prog_id;
	source->ports = *ports;
	source->resumed = adopt && !fake_answer.missed;
	return settle(source, SOURCE_OBSERVE, source->resumed);
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
int source_use_map(struct source *source, const struct link *link, const char *path,
		   bool others_counted, char text[static STATUS_TEXT_MAX])
{
	bool again = source->reopened && source->kind == SOURCE_MAP;

	assert_int_not_equal(link->prog_id, 0);
	record("%s %s %u%s%s%s;", again ? "resume map" : "map", link->name, link->prog_id,
	       path ? " " : "", path ? path : "", others_counted ? " from now on" : "");
	let_go(source);
	snprintf(text, STATUS_TEXT_MAX, "%s", fake_answer.map_text);
	if (fake_answer.map_err)
		return fake_answer.map_err;
	source->map_of = link->prog_id;
	snprintf(source->map_path, sizeof(source->map_path), "%s", path ? path : "");
	source->resumed = again;
	return settle(source, SOURCE_MAP, again);
}

bool source_uses_map(struct source *source, uint32_t prog_id, const char *path)
{
	return source->map_of == prog_id && !fake_answer.map_shared &&
	       (!path || !strcmp(path, source->map_path));
}

int source_can_use_map(uint32_t prog_id, const char *path, char text[static STATUS_TEXT_MAX])
{
	(void)path;
	assert_int_not_equal(prog_id, 0);
	snprintf(text, STATUS_TEXT_MAX, "%s", fake_answer.map_text);
	return fake_answer.map_err;
}

int source_can_trace(const struct pins *pins, char text[static STATUS_TEXT_MAX])
{
	assert_ptr_equal(pins, &fake_pins);
	snprintf(text, STATUS_TEXT_MAX, "%s", fake_answer.trace_err ? fake_answer.text : "");
	return fake_answer.trace_err;
}

int source_can_observe(uint32_t prog_id, char text[static STATUS_TEXT_MAX])
{
	assert_int_not_equal(prog_id, 0);
	snprintf(text, STATUS_TEXT_MAX, "%s", fake_answer.text);
	return fake_answer.observe_err;
}

bool source_resumed(const struct source *source)
{
	return source->resumed;
}

enum source_kind source_last_kind(const struct source *source)
{
	return source->kind ? source->kind : SOURCE_NONE;
}

const char *source_refusal(const struct source *source)
{
	(void)source;
	return "";
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

uint32_t source_prog_id(const struct source *source)
{
	return source->prog_id;
}

enum xdp_mode source_mode(const struct source *source)
{
	return source->mode;
}

/* Only looks; not worth a record. */
struct program_info source_describe(uint32_t prog_id)
{
	struct program_info info = { 0 };

	if (prog_id && !fake_answer.nameless)
		snprintf(info.name, sizeof(info.name), "prog%u", prog_id);
	return info;
}

struct program_info source_program(const struct source *source)
{
	return source_describe(source->prog_id);
}

bool source_holds(const struct source *source, uint32_t prog_id)
{
	uint32_t held = fake_answer.held ? fake_answer.held : source->prog_id;

	return source->prog_id && prog_id == held;
}

/* --- what is pinned --- */

bool source_left_behind(const struct pins *pins, unsigned int ifindex, uint32_t prog_id,
			char why[static PINS_ERROR_MAX])
{
	const struct pinned *pinned;

	*why = '\0';
	if (!pins)
		return false;
	pinned = pinned_at(pins, ifindex);
	if (pinned->why)
		snprintf(why, PINS_ERROR_MAX, "%s", pinned->why);
	return prog_id && pinned->prog_id == prog_id && !pinned->why;
}

bool source_is_kept(const struct pins *pins, unsigned int ifindex)
{
	return pinned_at(pins, ifindex)->kept;
}

bool source_take_off(const struct pins *pins, unsigned int ifindex)
{
	struct pinned *pinned = pinned_at(pins, ifindex);
	bool was = pinned->prog_id && !pinned->why;

	if (was) {
		record("take off %u;", ifindex);
		pinned->prog_id = 0;
	}
	return was;
}

bool source_was_observed(const struct pins *pins, unsigned int ifindex)
{
	return pinned_at(pins, ifindex)->observed;
}

bool source_unobserve(const struct pins *pins, unsigned int ifindex)
{
	struct pinned *pinned = pinned_at(pins, ifindex);
	bool was = pinned->observed;

	if (was)
		record("unobserve %u;", ifindex);
	pinned->observed = 0;
	return was;
}

enum source_kind source_kept_kind(const struct pins *pins, unsigned int ifindex)
{
	const struct pinned *pinned = pinned_at(pins, ifindex);

	return pinned->kept && pinned->kind ? pinned->kind : SOURCE_NONE;
}

bool source_forget(const struct pins *pins, unsigned int ifindex)
{
	record("forget %u;", ifindex);
	*pinned_at(pins, ifindex) = (struct pinned){ 0 };
	return true;
}

bool pins_is_released(const struct pins *pins, unsigned int ifindex)
{
	return pinned_at(pins, ifindex)->released;
}

int pins_each(const struct pins *pins, void (*each)(unsigned int ifindex, void *context),
	      void *context)
{
	for (unsigned int ifindex = 1; ifindex < LENGTH(pins->at); ifindex++)
		if (pinned_at(pins, ifindex)->kept)
			each(ifindex, context);
	return 0;
}

char *__wrap_if_indextoname(unsigned int ifindex, char *name)
{
	return ifindex == fake_answer.gone ? NULL : strcpy(name, "any");
}

/* --- errors --- */

static struct fake_errors *errors_at(unsigned int ifindex)
{
	assert_in_range(ifindex, 1, LENGTH(fake_errors) - 1);
	return &fake_errors[ifindex];
}

void errors_add(const struct pins *pins, unsigned int ifindex)
{
	(void)pins;
	errors_at(ifindex)->counted = true;
}

void errors_forget(const struct pins *pins, unsigned int ifindex)
{
	(void)pins;
	errors_at(ifindex)->counted = false;
}

void errors_sweep(const struct pins *pins, bool (*wanted)(unsigned int ifindex, void *context),
		  void *context)
{
	for (unsigned int i = 1; i < LENGTH(fake_errors); i++)
		if (fake_errors[i].counted && !wanted(i, context))
			errors_forget(pins, i);
}

void errors_set_bond(unsigned int port, unsigned int bond)
{
	errors_at(port)->bond = bond;
}

void errors_unset_bond(unsigned int port)
{
	errors_at(port)->bond = 0;
}

int errors_read(unsigned int ifindex, struct xdp_errors *errors)
{
	*errors = (struct xdp_errors){ .exceptions = 7 };
	return errors_at(ifindex)->counted ? 0 : -ENOENT;
}

void errors_keep(void)
{
}
