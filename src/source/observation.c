/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/observation.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/netns.h"
#include "kernel/percpu.h"
#include "lib/log.h"
#include "lib/util.h"

/* --- other versions --- */

static void end_other_version(unsigned int ifindex, void *context)
{
	const struct common *common = context;
	struct reason reason;
	_cleanup_close_ int in_fd = pins_get(common->pins, ifindex, PIN_IN, &reason);
	_cleanup_close_ int out_fd = pins_get(common->pins, ifindex, PIN_OUT, &reason);

	if (in_fd >= 0 && out_fd >= 0 && !observer_is_current(common, in_fd, out_fd))
		observation_forget(common->pins, ifindex, in_fd, out_fd);
}

int observation_prepare(struct common *common, struct reason *reason)
{
	bool first = !common->observe.object;
	int err = common_need_observe(common, reason);

	if (!err && first && common->pins)
		pins_each(common->pins, end_other_version, common);
	return err;
}

/* --- whose frames count --- */

static int observed_fd(const struct common *common)
{
	return observe_program_observed_fd(&common->observe);
}

static struct xdp_observe_key port_key(const struct observation *observation, unsigned int port)
{
	return (struct xdp_observe_key){ .netns = observation->key.netns, .ifindex = port };
}

static int add_key(const struct common *common, const struct xdp_observe_key *key, int map_fd)
{
	return bpf_map_update_elem(observed_fd(common), key, &map_fd, BPF_ANY);
}

static int add_port(const struct common *common, const struct observation *observation, int map_fd,
		    unsigned int port)
{
	struct xdp_observe_key key = port_key(observation, port);

	return add_key(common, &key, map_fd);
}

static void remove_port(const struct common *common, const struct observation *observation,
			unsigned int port)
{
	struct xdp_observe_key key = port_key(observation, port);

	bpf_map_delete_elem(observed_fd(common), &key);
}

static void remove_keys(const struct common *common, const struct observation *observation)
{
	if (!observation->found)
		bpf_map_delete_elem(observed_fd(common), &observation->key);
	for (unsigned int i = 0; i < observation->ports.count; i++)
		remove_port(common, observation, observation->ports.ifindex[i]);
}

/* After the observer has been opened, which may find the frames of the interface without a key. */
static int add_keys(const struct common *common, struct observation *observation, int map_fd,
		    const struct port_list *ports, struct reason *reason)
{
	int err;

	observation->found = observer_finds(observation->observer, &observation->key, map_fd);
	err = observation->found ? 0 : add_key(common, &observation->key, map_fd);
	for (unsigned int i = 0; !err && i < ports->count; i++) {
		err = add_port(common, observation, map_fd, ports->ifindex[i]);
		observation->ports.ifindex[observation->ports.count++] = ports->ifindex[i];
	}
	/* Invalid verdicts are known from now on, or go on being known. */
	if (!err)
		err = percpu_add(observe_program_invalid_fd(&common->observe),
				 &observation->key.ifindex, 1);
	return err ? reason_set(reason, err, "cannot say whose frames count: %s", strerror(-err))
		   : 0;
}

static int start(struct observation *observation, const struct netdev *netdev,
		 const struct port_list *ports, struct reason *reason)
{
	uint64_t cookie = 0;
	int err = netns_cookie(&cookie);

	if (err)
		return reason_set(reason, err, "cannot tell the network namespace: %s",
				  strerror(-err));
	if (ports->count > PORTS_MAX)
		return reason_set(reason, -E2BIG, "its device has %u ports, %d are the most",
				  ports->count, PORTS_MAX);
	*observation = (struct observation){
		.key = { .netns = cookie, .ifindex = netdev->ifindex, .program = netdev->prog_id },
	};
	return 0;
}

int observation_start(struct common *common, struct observation *out, int map_fd,
		      const struct netdev *netdev, const struct port_list *ports,
		      struct reason *reason)
{
	struct observation observation = { 0 };
	int err = start(&observation, netdev, ports, reason);

	if (err)
		return err;
	err = observer_open(common, &observation.observer, &observation.key, map_fd, reason);
	if (err)
		return err;
	err = add_keys(common, &observation, map_fd, ports, reason);
	if (err) {
		observation_end(common, &observation);
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

void observation_set_ports(const struct common *common, struct observation *observation, int map_fd,
			   const struct port_list *ports)
{
	struct port_list *present = &observation->ports;
	unsigned int failed = 0;
	int failure = 0;

	for (unsigned int i = present->count; i-- > 0;) {
		if (has_port(ports, present->ifindex[i]))
			continue;
		remove_port(common, observation, present->ifindex[i]);
		present->ifindex[i] = present->ifindex[--present->count];
	}
	for (unsigned int i = 0; i < ports->count && i < PORTS_MAX; i++) {
		int err;

		if (has_port(present, ports->ifindex[i]) || present->count == PORTS_MAX)
			continue;
		err = add_port(common, observation, map_fd, ports->ifindex[i]);
		if (err) {
			failed = ports->ifindex[i];
			failure = err;
		} else {
			present->ifindex[present->count++] = ports->ifindex[i];
		}
	}
	if (log_is_news(&observation->port_err, failure))
		log_error(failure, "interface %u: frames of its port %u are not counted",
			  observation->key.ifindex, failed);
}

/* --- what an earlier run left --- */

/* Whether frames of the key, looked up, have been counted in this map up to now. */
static bool leads_to(const struct common *common, const struct xdp_observe_key *key, int map_fd)
{
	uint32_t found = 0, expected = 0;

	return !bpf_map_lookup_elem(observed_fd(common), key, &found) &&
	       !bpf_info_map_id(map_fd, &expected) && found == expected;
}

int observation_adopt(struct common *common, struct observation *out, int map_fd,
		      const struct netdev *netdev, const struct port_list *ports, bool *complete,
		      struct reason *reason)
{
	const struct pins *pins = common->pins;
	_cleanup_close_ int out_fd = pins_get(pins, netdev->ifindex, PIN_OUT, reason);
	_cleanup_close_ int in_fd = -1;
	struct observation observation = { 0 };
	int err;

	if (out_fd < 0 && out_fd != -ENOENT)
		return out_fd;
	in_fd = pins_get(pins, netdev->ifindex, PIN_IN, reason);
	if (in_fd < 0 && in_fd != -ENOENT)
		return in_fd;
	if (in_fd < 0 && out_fd < 0)
		return -ENOENT;
	/* One without the other: a crash in between. */
	if (in_fd < 0 || out_fd < 0)
		return -ESTALE;
	err = start(&observation, netdev, ports, reason);
	if (err)
		return err;
	err = observer_adopt(common, &observation.observer, in_fd, out_fd, netdev);
	if (err)
		return reason_set(reason, err, "pin %s is left alone: it is no observer's link",
				  pins_path(pins, netdev->ifindex, PIN_OUT));
	*complete = observer_finds(observation.observer, &observation.key, map_fd) ||
		    leads_to(common, &observation.key, map_fd);
	if (!*complete)
		observer_clear_first(observation.observer, netdev->ifindex);
	err = add_keys(common, &observation, map_fd, ports, reason);
	if (err) {
		observation_end(common, &observation);
		return err;
	}
	*out = observation;
	return 0;
}

bool observation_counts(const struct pins *pins, unsigned int ifindex, int in_fd, int out_fd,
			uint32_t prog_id)
{
	struct xdp_observe_key key = { .ifindex = ifindex, .program = prog_id };
	struct reason reason;
	_cleanup_close_ int fd = pins_get(pins, PINS_IN_COMMON, PIN_OBSERVED, &reason);
	uint64_t cookie = 0;
	uint32_t map_id;

	if (in_fd < 0 || out_fd < 0 || !observer_is_ours(in_fd, out_fd) || netns_cookie(&cookie))
		return false;
	key.netns = cookie;
	return observer_has_first(pins, out_fd, &key) ||
	       (fd >= 0 && !bpf_map_lookup_elem(fd, &key, &map_id));
}

/* --- the end --- */

void observation_end(struct common *common, struct observation *observation)
{
	if (!observation->observer)
		return;
	remove_keys(common, observation);
	observer_clear_first(observation->observer, observation->key.ifindex);
	observation_close(common, observation);
}

void observation_close(struct common *common, struct observation *observation)
{
	if (observation->observer)
		observer_release(common, observation->observer);
	*observation = (struct observation){ 0 };
}

/* A key names the program of the interface itself, and none where it is there as a port. */
static bool is_of_port(const struct xdp_observe_key *key)
{
	return key->program == 0;
}

/* Takes the keys of an interface out: its own, or those of its frames as a port. */
static void forget_keys(int fd, unsigned int ifindex, bool as_port)
{
	struct xdp_observe_key key, next;
	int err = bpf_map_get_next_key(fd, NULL, &next);

	while (!err) {
		key = next;
		err = bpf_map_get_next_key(fd, &key, &next);
		if (key.ifindex == ifindex && is_of_port(&key) == as_port)
			bpf_map_delete_elem(fd, &key);
	}
}

static void forget_ports(int fd, int bonds_fd, unsigned int ifindex)
{
	uint32_t port, next, bond;
	int err = bpf_map_get_next_key(bonds_fd, NULL, &next);

	while (!err) {
		port = next;
		err = bpf_map_get_next_key(bonds_fd, &port, &next);
		if (!bpf_map_lookup_elem(bonds_fd, &port, &bond) && bond == ifindex)
			forget_keys(fd, port, true);
	}
}

bool observation_forget(const struct pins *pins, unsigned int ifindex, int in_fd, int out_fd)
{
	struct reason reason;
	_cleanup_close_ int fd = pins_get(pins, PINS_IN_COMMON, PIN_OBSERVED, &reason);
	_cleanup_close_ int bonds_fd = pins_get(pins, PINS_IN_COMMON, PIN_BONDS, &reason);

	if (!observer_is_ours(in_fd, out_fd))
		return false;
	/* The observer may stay for other interfaces. */
	if (fd >= 0) {
		forget_keys(fd, ifindex, false);
		if (bonds_fd >= 0)
			forget_ports(fd, bonds_fd, ifindex);
	}
	if (out_fd >= 0)
		observer_clear_first_of(pins, ifindex, out_fd);
	return observer_unpin(pins, ifindex);
}

/* --- invalid verdicts --- */

/* A descriptor that the caller owns, or -errno. */
static int open_invalid(const struct common *common, const struct pins *pins)
{
	int fd = observe_program_invalid_fd(&common->observe);
	struct reason reason;

	if (fd < 0)
		return pins ? pins_get(pins, PINS_IN_COMMON, PIN_INVALID, &reason) : -ENOENT;
	fd = dup(fd);
	return fd < 0 ? -errno : fd;
}

int observation_read_invalid(const struct common *common, const struct pins *pins,
			     unsigned int ifindex, uint64_t *count)
{
	_cleanup_close_ int fd = open_invalid(common, pins);

	return fd < 0 ? fd : percpu_sum(fd, &ifindex, count, 1);
}

void observation_forget_invalid(const struct common *common, const struct pins *pins,
				unsigned int ifindex)
{
	_cleanup_close_ int fd = open_invalid(common, pins);

	if (fd >= 0)
		bpf_map_delete_elem(fd, &ifindex);
}
