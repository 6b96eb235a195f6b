/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/observer.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/broker.h"
#include "lib/util.h"
#include "source/target.h"

/* One program that is observed. */
struct observer {
	struct observer *next;
	uint32_t target_id;  /* the program whose entry function is traced */
	int in_fd, out_fd;   /* links */
	int first_fd;        /* see struct observe_copy */
	unsigned int out_id; /* of the link */
	unsigned int users;  /* observations */
};

static const uint32_t only_key;

static struct observer *find_observer(const struct common *common, uint32_t target_id)
{
	struct observer *observer = common->observers;

	while (observer && observer->target_id != target_id)
		observer = observer->next;
	return observer;
}

void observer_release(struct common *common, struct observer *observer)
{
	struct observer **at = &common->observers;

	if (--observer->users)
		return;
	while (*at != observer)
		at = &(*at)->next;
	*at = observer->next;
	/* The return first: a frame that is not counted needs no length. */
	close(observer->out_fd);
	close(observer->in_fd);
	close(observer->first_fd);
	free(observer);
}

/* Takes what it is given over, on success only. */
static int add_observer(struct common *common, struct observer **out, uint32_t target_id,
			int *in_fd, int *out_fd, int *first_fd)
{
	struct observer *observer = malloc(sizeof(*observer));
	struct bpf_link_info info;
	int err = observer ? bpf_info_of_link(*out_fd, &info) : -ENOMEM;

	if (err) {
		free(observer);
		return err;
	}
	*observer = (struct observer){
		.next = common->observers,
		.target_id = target_id,
		.in_fd = take_fd(in_fd),
		.out_fd = take_fd(out_fd),
		.first_fd = take_fd(first_fd),
		.out_id = info.id,
		.users = 1,
	};
	common->observers = observer;
	*out = observer;
	return 0;
}

/* --- a new one --- */

static int explain_link(int err, struct reason *reason)
{
	if (err == -E2BIG)
		return reason_set(reason, err,
				  "the kernel allows no more tracing programs on it; end one of "
				  "them (bpftool link show lists them)");
	return reason_set(reason, err, "the kernel does not let it be traced: %s", strerror(-err));
}

static int trace(struct common *common, struct observer **observer, const struct target *target,
		 int map_fd, const struct xdp_observe_key *key, struct reason *reason)
{
	__attribute__((cleanup(observe_copy_close))) struct observe_copy copy = { -1, -1, -1 };
	_cleanup_close_ int in_fd = -1, out_fd = -1;
	int err = observe_program_copy(&common->observe, &copy, target, map_fd, key, reason);

	if (err)
		return err;
	in_fd = bpf_link_create(copy.in_fd, 0, BPF_TRACE_FENTRY, NULL);
	if (in_fd < 0)
		return explain_link(in_fd, reason);
	out_fd = bpf_link_create(copy.out_fd, 0, BPF_TRACE_FEXIT, NULL);
	if (out_fd < 0)
		return explain_link(out_fd, reason);
	err = add_observer(common, observer, target->prog_id, &in_fd, &out_fd, &copy.first_fd);
	return err ? explain_link(err, reason) : 0;
}

/* The observer of a program that others may observe already. */
static int share(struct common *common, struct observer **observer, const struct target *target,
		 int map_fd, const struct xdp_observe_key *key, struct reason *reason)
{
	*observer = find_observer(common, target->prog_id);
	if (!*observer)
		return trace(common, observer, target, map_fd, key, reason);
	(*observer)->users++;
	return 0;
}

#define _cleanup_target_ __attribute__((cleanup(target_close)))

/* The function that gives the verdicts at a hook: of the program there, or what replaces it. */
static int open_deciding(struct common *common, struct target *target, uint32_t hook_id,
			 struct reason *reason)
{
	struct reason no_replacement;
	struct target entry;
	int err = target_open(&entry, hook_id, reason);

	if (err)
		return err;
	if (target_replacement(target, &entry, &common->freplace, &no_replacement))
		*target = entry;
	else
		target_close(&entry);
	return 0;
}

int observer_open(struct common *common, struct observer **observer,
		  const struct xdp_observe_key *key, int map_fd, struct reason *reason)
{
	int err = -EBUSY;

	/* EBUSY: the function has been replaced since it was looked up; not twice in a row. */
	for (int tries = 0; tries < 2 && err == -EBUSY; tries++) {
		_cleanup_target_ struct target target = { .prog_fd = -1 };

		err = open_deciding(common, &target, key->program, reason);
		if (err)
			break;
		err = share(common, observer, &target, map_fd, key, reason);
	}
	return err;
}

int observer_check(struct common *common, uint32_t hook_id, struct reason *reason)
{
	__attribute__((cleanup(observe_copy_close))) struct observe_copy copy = { -1, -1, -1 };
	_cleanup_target_ struct target target = { .prog_fd = -1 };
	const struct xdp_observe_key none = { 0 };
	int err = common_need_observe(common, reason);

	if (!err)
		err = open_deciding(common, &target, hook_id, reason);
	return err ? err
		   : observe_program_copy(&common->observe, &copy, &target,
					  observe_program_map_fd(&common->observe), &none, reason);
}

/* --- what an earlier run left --- */

/* The program at a link of ours: a descriptor that the caller owns, or -errno. */
static int our_program(int link_fd, const char *name, uint32_t *target_id)
{
	struct bpf_prog_info info;
	struct bpf_link_info link;
	_cleanup_close_ int fd = -1;
	int err = bpf_info_of_link(link_fd, &link);

	if (err)
		return err;
	fd = broker_program(link.prog_id);
	if (fd < 0)
		return fd;
	err = bpf_info_of_prog(fd, &info);
	if (err)
		return err;
	if (link.type != BPF_LINK_TYPE_TRACING || strcmp(info.name, name))
		return -EINVAL;
	*target_id = link.tracing.target_obj_id;
	return take_fd(&fd);
}

static bool is_first(int fd)
{
	struct bpf_map_info map;

	return !bpf_info_of_map(fd, &map) && !strcmp(map.name, OBSERVE_FIRST) &&
	       map.value_size == sizeof(struct xdp_observe_key);
}

/* The map with the first key of an observer, for reading, by its program. */
static int find_first(int out_prog_fd)
{
	struct map_ids maps = { .count = 0 };
	struct bpf_prog_info program;
	int err = bpf_info_map_ids(out_prog_fd, &maps);

	if (!err)
		err = bpf_info_of_prog(out_prog_fd, &program);
	for (uint32_t i = 0; !err && i < maps.count; i++) {
		_cleanup_close_ int fd = broker_map(program.id, maps.id[i]);

		if (fd >= 0 && is_first(fd))
			return take_fd(&fd);
	}
	return err ? err : -ENOENT;
}

/*
 * The same by its pin, so that it can be written to; where there is none, which 0.1.0 did not make,
 * for reading. A descriptor that the caller owns, or -errno.
 */
static int open_first(const struct pins *pins, unsigned int ifindex, int out_prog_fd)
{
	struct reason reason;
	_cleanup_close_ int fd = pins_get(pins, ifindex, PIN_FIRST, &reason);

	if (fd >= 0 && is_first(fd) && bpf_info_uses_map(out_prog_fd, fd))
		return take_fd(&fd);
	return find_first(out_prog_fd);
}

/* Pins it where it is not, and opens the pin: see open_first(). */
static int adopt_first(const struct pins *pins, unsigned int ifindex, int out_prog_fd)
{
	_cleanup_close_ int fd = open_first(pins, ifindex, out_prog_fd);
	struct reason reason;

	if (fd < 0 || bpf_info_is_writable(fd))
		return take_fd(&fd);
	if (pins_replace(pins, ifindex, PIN_FIRST, fd, &reason))
		return -ESTALE;
	return pins_get(pins, ifindex, PIN_FIRST, &reason);
}

/* Whether the function gives the verdicts at a hook. */
static bool decides(struct common *common, uint32_t target_id, uint32_t hook_id)
{
	_cleanup_target_ struct target target = { .prog_fd = -1 };
	struct reason reason;

	return !open_deciding(common, &target, hook_id, &reason) && target.prog_id == target_id;
}

int observer_adopt(struct common *common, struct observer **observer, int in_fd, int out_fd,
		   const struct netdev *netdev)
{
	uint32_t in_target = 0, out_target = 0;
	_cleanup_close_ int in_prog_fd = our_program(in_fd, OBSERVE_IN, &in_target);
	_cleanup_close_ int out_prog_fd = our_program(out_fd, OBSERVE_OUT, &out_target);
	_cleanup_close_ int in = -1, out = -1, first_fd = -1;
	struct bpf_link_info info;

	if (in_prog_fd < 0 || out_prog_fd < 0)
		return in_prog_fd < 0 ? in_prog_fd : out_prog_fd;
	if (in_target != out_target ||
	    !observe_program_is_current(&common->observe, in_prog_fd, out_prog_fd) ||
	    !decides(common, out_target, netdev->prog_id))
		return -ESTALE;
	*observer = find_observer(common, out_target);
	if (*observer) {
		/* Two observers of one program would count each frame twice. */
		if (bpf_info_of_link(out_fd, &info) || info.id != (*observer)->out_id)
			return -ESTALE;
		(*observer)->users++;
		return 0;
	}
	first_fd = adopt_first(common->pins, netdev->ifindex, out_prog_fd);
	in = dup(in_fd);
	out = dup(out_fd);
	if (first_fd < 0 || in < 0 || out < 0)
		return -ESTALE;
	return add_observer(common, observer, out_target, &in, &out, &first_fd);
}

bool observer_is_current(const struct common *common, int in_fd, int out_fd)
{
	uint32_t target_id;
	_cleanup_close_ int in_prog_fd = our_program(in_fd, OBSERVE_IN, &target_id);
	_cleanup_close_ int out_prog_fd = our_program(out_fd, OBSERVE_OUT, &target_id);

	return in_prog_fd >= 0 && out_prog_fd >= 0 &&
	       observe_program_is_current(&common->observe, in_prog_fd, out_prog_fd);
}

static bool is_ours(int link_fd, const char *name)
{
	uint32_t target_id;
	_cleanup_close_ int prog_fd = our_program(link_fd, name, &target_id);

	return prog_fd >= 0;
}

bool observer_is_ours(int in_fd, int out_fd)
{
	return (in_fd == -ENOENT || is_ours(in_fd, OBSERVE_IN)) &&
	       (out_fd == -ENOENT || is_ours(out_fd, OBSERVE_OUT));
}

static bool has_first(int first_fd, const struct xdp_observe_key *key)
{
	struct xdp_observe_key first;

	return !bpf_map_lookup_elem(first_fd, &only_key, &first) &&
	       !memcmp(&first, key, sizeof(first));
}

static void clear_first(int first_fd, unsigned int ifindex)
{
	const struct xdp_observe_key none = { 0 };
	struct xdp_observe_key first;

	if (!bpf_map_lookup_elem(first_fd, &only_key, &first) && first.ifindex == ifindex)
		bpf_map_update_elem(first_fd, &only_key, &none, BPF_ANY);
}

bool observer_finds(const struct observer *observer, const struct xdp_observe_key *key, int map_fd)
{
	uint32_t target_id;
	_cleanup_close_ int prog_fd = our_program(observer->out_fd, OBSERVE_OUT, &target_id);

	return has_first(observer->first_fd, key) && prog_fd >= 0 &&
	       bpf_info_uses_map(prog_fd, map_fd);
}

void observer_clear_first(const struct observer *observer, unsigned int ifindex)
{
	clear_first(observer->first_fd, ifindex);
}

static int open_first_of(const struct pins *pins, unsigned int ifindex, int out_fd)
{
	uint32_t target_id;
	_cleanup_close_ int prog_fd = our_program(out_fd, OBSERVE_OUT, &target_id);

	return prog_fd < 0 ? prog_fd : open_first(pins, ifindex, prog_fd);
}

bool observer_has_first(const struct pins *pins, int out_fd, const struct xdp_observe_key *key)
{
	_cleanup_close_ int first_fd = open_first_of(pins, key->ifindex, out_fd);

	return first_fd >= 0 && has_first(first_fd, key);
}

void observer_clear_first_of(const struct pins *pins, unsigned int ifindex, int out_fd)
{
	_cleanup_close_ int first_fd = open_first_of(pins, ifindex, out_fd);

	if (first_fd >= 0)
		clear_first(first_fd, ifindex);
}

int observer_pin(const struct observer *observer, const struct pins *pins, unsigned int ifindex,
		 struct reason *reason)
{
	int err = pins_put(pins, ifindex, PIN_IN, observer->in_fd, reason);

	if (!err)
		err = pins_put(pins, ifindex, PIN_FIRST, observer->first_fd, reason);
	return err ? err : pins_put(pins, ifindex, PIN_OUT, observer->out_fd, reason);
}

int observer_repin(const struct observer *observer, const struct pins *pins, unsigned int ifindex,
		   struct reason *reason)
{
	int err = pins_repin(pins, ifindex, PIN_IN, observer->in_fd, reason);

	if (!err)
		err = pins_repin(pins, ifindex, PIN_FIRST, observer->first_fd, reason);
	return err ? err : pins_repin(pins, ifindex, PIN_OUT, observer->out_fd, reason);
}

bool observer_unpin(const struct pins *pins, unsigned int ifindex)
{
	/* The return first: without a length on entry it still counts. */
	bool removed = pins_remove(pins, ifindex, PIN_OUT);

	pins_remove(pins, ifindex, PIN_FIRST);
	return pins_remove(pins, ifindex, PIN_IN) || removed;
}
