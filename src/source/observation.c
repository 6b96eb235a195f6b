/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/observation.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/cpus.h"
#include "kernel/netns.h"
#include "lib/log.h"
#include "lib/util.h"
#include "source/observe_program.h"

/* --- other versions --- */

static void end_other_version(unsigned int ifindex, void *context)
{
	const struct pins *pins = context;
	char why[PINS_ERROR_MAX];
	_cleanup_close_ int in_fd = pins_get(pins, ifindex, PIN_IN, why);
	_cleanup_close_ int out_fd = pins_get(pins, ifindex, PIN_OUT, why);

	if (in_fd >= 0 && out_fd >= 0 && !observer_is_current(in_fd, out_fd))
		observe_forget(pins, ifindex);
}

int observe_open(const struct pins *pins, char text[static STATUS_TEXT_MAX])
{
	bool first = tracing_observed_fd() < 0;
	int err = tracing_open(pins, text);

	if (!err && first && pins)
		pins_each(pins, end_other_version, (void *)pins);
	return err;
}

/* --- whose frames count --- */

static struct xdp_observe_key port_key(const struct observation *observation, unsigned int port)
{
	return (struct xdp_observe_key){ .netns = observation->key.netns, .ifindex = port };
}

static int add_key(const struct xdp_observe_key *key, int map_fd)
{
	return bpf_map_update_elem(tracing_observed_fd(), key, &map_fd, BPF_ANY);
}

static int add_port(const struct observation *observation, int map_fd, unsigned int port)
{
	struct xdp_observe_key key = port_key(observation, port);

	return add_key(&key, map_fd);
}

static void remove_port(const struct observation *observation, unsigned int port)
{
	struct xdp_observe_key key = port_key(observation, port);

	bpf_map_delete_elem(tracing_observed_fd(), &key);
}

static void remove_keys(const struct observation *observation)
{
	if (!observation->found)
		bpf_map_delete_elem(tracing_observed_fd(), &observation->key);
	for (unsigned int i = 0; i < observation->ports.count; i++)
		remove_port(observation, observation->ports.ifindex[i]);
}

/* Invalid verdicts are known from now on, or go on being known. */
static int start_invalid(unsigned int ifindex)
{
	_cleanup_free_ uint64_t *none = calloc((size_t)cpus_count(), sizeof(*none));
	int err = none ? bpf_map_update_elem(tracing_invalid_fd(), &ifindex, none, BPF_NOEXIST)
		       : -ENOMEM;

	return err == -EEXIST ? 0 : err;
}

/* After the observer has been opened, which may find the frames of the interface without a key. */
static int add_keys(struct observation *observation, int map_fd, const struct port_list *ports,
		    char text[static STATUS_TEXT_MAX])
{
	int err;

	observation->found = observer_finds(observation->observer, &observation->key, map_fd);
	err = observation->found ? 0 : add_key(&observation->key, map_fd);
	for (unsigned int i = 0; !err && i < ports->count; i++) {
		err = add_port(observation, map_fd, ports->ifindex[i]);
		observation->ports.ifindex[observation->ports.count++] = ports->ifindex[i];
	}
	if (!err)
		err = start_invalid(observation->key.ifindex);
	if (!err)
		return 0;
	snprintf(text, STATUS_TEXT_MAX, "cannot say whose frames count: %s", strerror(-err));
	return err;
}

static int start(struct observation *observation, const struct link *link,
		 const struct port_list *ports, char text[static STATUS_TEXT_MAX])
{
	uint64_t cookie = 0;
	int err = netns_cookie(&cookie);

	if (err) {
		snprintf(text, STATUS_TEXT_MAX, "cannot tell the network namespace: %s",
			 strerror(-err));
	} else if (ports->count > PORTS_MAX) {
		snprintf(text, STATUS_TEXT_MAX, "its device has %u ports, %d are the most",
			 ports->count, PORTS_MAX);
		err = -E2BIG;
	}
	*observation = (struct observation){
		.key = { .netns = cookie, .ifindex = link->ifindex, .program = link->prog_id },
	};
	return err;
}

int observe_attach(struct observation *out, int map_fd, const struct link *link,
		   const struct port_list *ports, char text[static STATUS_TEXT_MAX])
{
	struct observation observation = { 0 };
	int err = start(&observation, link, ports, text);

	if (err)
		return err;
	err = observer_open(&observation.observer, &observation.key, map_fd, text);
	if (err)
		return err;
	err = add_keys(&observation, map_fd, ports, text);
	if (err) {
		observe_detach(&observation);
		return err;
	}
	*out = observation;
	return 0;
}

static bool has_port(const struct port_list *list, unsigned int port)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (list->ifindex[i] == port)
			return true;
	return false;
}

void observe_set_ports(struct observation *observation, int map_fd, const struct port_list *ports)
{
	struct port_list *present = &observation->ports;

	for (unsigned int i = present->count; i-- > 0;) {
		if (has_port(ports, present->ifindex[i]))
			continue;
		remove_port(observation, present->ifindex[i]);
		present->ifindex[i] = present->ifindex[--present->count];
	}
	for (unsigned int i = 0; i < ports->count && i < PORTS_MAX; i++) {
		int err;

		if (has_port(present, ports->ifindex[i]) || present->count == PORTS_MAX)
			continue;
		err = add_port(observation, map_fd, ports->ifindex[i]);
		if (err)
			log_error(err, "interface %u: frames of its port %u are not counted",
				  observation->key.ifindex, ports->ifindex[i]);
		else
			present->ifindex[present->count++] = ports->ifindex[i];
	}
}

/* --- what an earlier run left --- */

/* Whether frames of the key, looked up, have been counted in this map up to now. */
static bool leads_to(const struct xdp_observe_key *key, int map_fd)
{
	uint32_t found = 0, expected = 0;

	return !bpf_map_lookup_elem(tracing_observed_fd(), key, &found) &&
	       !source_map_id(map_fd, &expected) && found == expected;
}

int observe_adopt(struct observation *out, const struct pins *pins, int map_fd,
		  const struct link *link, const struct port_list *ports, bool *complete,
		  char text[static STATUS_TEXT_MAX])
{
	_cleanup_close_ int out_fd = pins_get(pins, link->ifindex, PIN_OUT, text);
	_cleanup_close_ int in_fd = -1;
	struct observation observation = { 0 };
	int err;

	if (out_fd < 0 && out_fd != -ENOENT)
		return out_fd;
	in_fd = pins_get(pins, link->ifindex, PIN_IN, text);
	if (in_fd < 0 && in_fd != -ENOENT)
		return in_fd;
	if (in_fd < 0 && out_fd < 0)
		return -ENOENT;
	/* One without the other: a crash in between. */
	if (in_fd < 0 || out_fd < 0)
		return -ESTALE;
	err = start(&observation, link, ports, text);
	if (err)
		return err;
	err = observer_adopt(&observation.observer, in_fd, out_fd, link->prog_id);
	if (err) {
		snprintf(text, STATUS_TEXT_MAX,
			 "pin %.120s is left alone: it is no observer's link",
			 pins_path(pins, link->ifindex, PIN_OUT));
		return err;
	}
	*complete = observer_finds(observation.observer, &observation.key, map_fd) ||
		    leads_to(&observation.key, map_fd);
	if (!*complete)
		observer_clear_first(observation.observer, link->ifindex);
	err = add_keys(&observation, map_fd, ports, text);
	if (err) {
		observe_detach(&observation);
		return err;
	}
	*out = observation;
	return 0;
}

int observe_check(const struct pins *pins, unsigned int ifindex, char why[static PINS_ERROR_MAX])
{
	_cleanup_close_ int in_fd = pins_get(pins, ifindex, PIN_IN, why);
	_cleanup_close_ int out_fd = pins_get(pins, ifindex, PIN_OUT, why);

	if ((in_fd < 0 && in_fd != -ENOENT) || (out_fd < 0 && out_fd != -ENOENT))
		return in_fd < 0 && in_fd != -ENOENT ? in_fd : out_fd;
	if (observer_is_ours(in_fd, out_fd))
		return 0;
	snprintf(why, PINS_ERROR_MAX, "pins %.80s and in are left alone: they are no observer's%s",
		 pins_path(pins, ifindex, PIN_OUT),
		 source_has_capability(CAP_SYS_ADMIN) ? ""
						      : ", or to know that takes CAP_SYS_ADMIN");
	return -EINVAL;
}

bool observe_is_pinned(const struct pins *pins, unsigned int ifindex)
{
	return !access(pins_path(pins, ifindex, PIN_OUT), F_OK) ||
	       !access(pins_path(pins, ifindex, PIN_IN), F_OK);
}

bool observe_counts(const struct pins *pins, unsigned int ifindex, uint32_t prog_id)
{
	struct xdp_observe_key key = { .ifindex = ifindex, .program = prog_id };
	char why[PINS_ERROR_MAX];
	_cleanup_close_ int in_fd = pins_get(pins, ifindex, PIN_IN, why);
	_cleanup_close_ int out_fd = pins_get(pins, ifindex, PIN_OUT, why);
	_cleanup_close_ int observed_fd = pins_get(pins, PINS_IN_COMMON, PIN_OBSERVED, why);
	uint64_t cookie = 0;
	uint32_t map_id;

	if (in_fd < 0 || out_fd < 0 || !observer_is_ours(in_fd, out_fd) || netns_cookie(&cookie))
		return false;
	key.netns = cookie;
	return observer_has_first(out_fd, &key) ||
	       (observed_fd >= 0 && !bpf_map_lookup_elem(observed_fd, &key, &map_id));
}

/* --- the end --- */

void observe_detach(struct observation *observation)
{
	if (!observation->observer)
		return;
	remove_keys(observation);
	observer_clear_first(observation->observer, observation->key.ifindex);
	observe_close(observation);
}

void observe_close(struct observation *observation)
{
	if (observation->observer)
		observer_release(observation->observer);
	*observation = (struct observation){ 0 };
}

/* Takes the keys of an interface out: all, or that of its frames as a port. */
static void forget_keys(int observed_fd, unsigned int ifindex, bool port)
{
	struct xdp_observe_key key, next;
	int err = bpf_map_get_next_key(observed_fd, NULL, &next);

	while (!err) {
		key = next;
		err = bpf_map_get_next_key(observed_fd, &key, &next);
		if (key.ifindex == ifindex && !key.program == port)
			bpf_map_delete_elem(observed_fd, &key);
	}
}

static void forget_ports(int observed_fd, int bonds_fd, unsigned int ifindex)
{
	uint32_t port, next, bond;
	int err = bpf_map_get_next_key(bonds_fd, NULL, &next);

	while (!err) {
		port = next;
		err = bpf_map_get_next_key(bonds_fd, &port, &next);
		if (!bpf_map_lookup_elem(bonds_fd, &port, &bond) && bond == ifindex) {
			forget_keys(observed_fd, port, true);
		}
	}
}

bool observe_forget(const struct pins *pins, unsigned int ifindex)
{
	char why[PINS_ERROR_MAX];
	_cleanup_close_ int in_fd = pins_get(pins, ifindex, PIN_IN, why);
	_cleanup_close_ int out_fd = pins_get(pins, ifindex, PIN_OUT, why);
	_cleanup_close_ int observed_fd = pins_get(pins, PINS_IN_COMMON, PIN_OBSERVED, why);
	_cleanup_close_ int bonds_fd = pins_get(pins, PINS_IN_COMMON, PIN_BONDS, why);
	bool removed;

	if (!observer_is_ours(in_fd, out_fd))
		return false;
	/* It may stay for other interfaces. */
	if (observed_fd >= 0) {
		forget_keys(observed_fd, ifindex, false);
		if (bonds_fd >= 0)
			forget_ports(observed_fd, bonds_fd, ifindex);
	}
	if (out_fd >= 0)
		observer_clear_first_of(out_fd, ifindex);
	/* The return first: without a length on entry it still counts. */
	removed = pins_remove(pins, ifindex, PIN_OUT);
	return pins_remove(pins, ifindex, PIN_IN) || removed;
}

/* --- invalid verdicts --- */

/* A descriptor that the caller owns, or -errno. */
static int open_invalid(const struct pins *pins)
{
	char why[PINS_ERROR_MAX];
	int fd;

	if (tracing_invalid_fd() >= 0) {
		fd = dup(tracing_invalid_fd());
		return fd < 0 ? -errno : fd;
	}
	return pins ? pins_get(pins, PINS_IN_COMMON, PIN_INVALID, why) : -ENOENT;
}

int observe_read_invalid(const struct pins *pins, unsigned int ifindex, uint64_t *sum)
{
	_cleanup_close_ int fd = open_invalid(pins);
	int cpus = cpus_count(), err;
	_cleanup_free_ uint64_t *slots = NULL;

	if (fd < 0 || cpus < 0)
		return fd < 0 ? fd : cpus;
	slots = calloc((size_t)cpus, sizeof(*slots));
	err = slots ? bpf_map_lookup_elem(fd, &ifindex, slots) : -ENOMEM;
	if (err)
		return err;
	*sum = 0;
	for (int i = 0; i < cpus; i++)
		*sum += slots[i];
	return 0;
}

void observe_forget_invalid(const struct pins *pins, unsigned int ifindex)
{
	_cleanup_close_ int fd = open_invalid(pins);

	if (fd >= 0)
		bpf_map_delete_elem(fd, &ifindex);
}
