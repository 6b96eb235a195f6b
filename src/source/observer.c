/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/observer.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "lib/util.h"
#include "source/observe_program.h"
#include "source/target.h"

/* One program that is observed. */
struct observer {
	struct observer *next;
	uint32_t target_id;  /* the program whose entry function is traced */
	int in_fd, out_fd;   /* links */
	int first_fd;        /* see struct tracers */
	unsigned int out_id; /* of the link */
	unsigned int users;  /* observations */
};

static struct observer *observers;

static const uint32_t only_key;

static struct observer *find_observer(uint32_t target_id)
{
	struct observer *observer = observers;

	while (observer && observer->target_id != target_id)
		observer = observer->next;
	return observer;
}

void observer_release(struct observer *observer)
{
	struct observer **link = &observers;

	if (--observer->users)
		return;
	while (*link != observer)
		link = &(*link)->next;
	*link = observer->next;
	/* The return first: a frame that is not counted needs no length. */
	close(observer->out_fd);
	close(observer->in_fd);
	close(observer->first_fd);
	free(observer);
}

/* Takes what it is given over, on success only. */
static int add_observer(struct observer **out, uint32_t target_id, int *in_fd, int *out_fd,
			int *first_fd)
{
	struct observer *observer = malloc(sizeof(*observer));
	struct bpf_link_info info;
	int err = observer ? source_link_info(*out_fd, &info) : -ENOMEM;

	if (err) {
		free(observer);
		return err;
	}
	*observer = (struct observer){
		.next = observers,
		.target_id = target_id,
		.in_fd = take_fd(in_fd),
		.out_fd = take_fd(out_fd),
		.first_fd = take_fd(first_fd),
		.out_id = info.id,
		.users = 1,
	};
	observers = observer;
	*out = observer;
	return 0;
}

/* --- a new one --- */

static void explain_link(int err, char text[static STATUS_TEXT_MAX])
{
	if (err == -E2BIG)
		snprintf(text, STATUS_TEXT_MAX,
			 "the kernel allows no more tracing programs on it; end one of them "
			 "(bpftool link show lists them)");
	else
		snprintf(text, STATUS_TEXT_MAX, "the kernel does not let it be traced: %s",
			 strerror(-err));
}

static int trace(struct observer **observer, const struct target *target, int map_fd,
		 const struct xdp_observe_key *key, char text[static STATUS_TEXT_MAX])
{
	struct tracers tracers;
	_cleanup_close_ int in_fd = -1, out_fd = -1;
	int err = tracing_load(&tracers, target, map_fd, key, text);

	if (err)
		return err;
	err = in_fd = bpf_link_create(tracers.in_fd, 0, BPF_TRACE_FENTRY, NULL);
	if (err >= 0)
		err = out_fd = bpf_link_create(tracers.out_fd, 0, BPF_TRACE_FEXIT, NULL);
	if (err >= 0)
		err = add_observer(observer, target->prog_id, &in_fd, &out_fd, &tracers.first_fd);
	if (err)
		explain_link(err, text);
	close(tracers.in_fd);
	close(tracers.out_fd);
	if (tracers.first_fd >= 0)
		close(tracers.first_fd);
	return err;
}

/* The observer of a program that others may observe already. */
static int share(struct observer **observer, const struct target *target, int map_fd,
		 const struct xdp_observe_key *key, char text[static STATUS_TEXT_MAX])
{
	*observer = find_observer(target->prog_id);
	if (*observer) {
		(*observer)->users++;
		return 0;
	}
	return trace(observer, target, map_fd, key, text);
}

/* The function that gives the verdicts at a hook: of the program there, or what replaces it. */
static int open_deciding(struct target *target, uint32_t hook_id, char text[static STATUS_TEXT_MAX])
{
	char no_replacement[STATUS_TEXT_MAX];
	struct target entry;
	int err = target_open(&entry, hook_id, text);

	if (err)
		return err;
	if (target_replacement(target, &entry, no_replacement))
		*target = entry;
	else
		target_close(&entry);
	return 0;
}

int observer_open(struct observer **observer, const struct xdp_observe_key *key, int map_fd,
		  char text[static STATUS_TEXT_MAX])
{
	int err = -EBUSY;

	/* EBUSY: the function has been replaced since it was looked up; not twice in a row. */
	for (int tries = 0; tries < 2 && err == -EBUSY; tries++) {
		struct target target;

		err = open_deciding(&target, key->program, text);
		if (err)
			break;
		err = share(observer, &target, map_fd, key, text);
		target_close(&target);
	}
	return err;
}

int observer_check(uint32_t hook_id, char text[static STATUS_TEXT_MAX])
{
	const struct xdp_observe_key none = { 0 };
	struct tracers tracers;
	struct target target;
	int err = tracing_open(NULL, text);

	if (!err)
		err = open_deciding(&target, hook_id, text);
	if (err)
		return err;
	err = tracing_load(&tracers, &target, tracing_template_map_fd(), &none, text);
	if (!err) {
		close(tracers.in_fd);
		close(tracers.out_fd);
		close(tracers.first_fd);
	}
	target_close(&target);
	return err;
}

/* --- what an earlier run left --- */

/* The program at a link of ours: a descriptor that the caller owns, or -errno. */
static int our_program(int link_fd, const char *name, uint32_t *target_id)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	struct bpf_link_info link;
	_cleanup_close_ int fd = -1;
	int err = source_link_info(link_fd, &link);

	if (err)
		return err;
	fd = bpf_prog_get_fd_by_id(link.prog_id);
	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (err)
		return err;
	if (link.type != BPF_LINK_TYPE_TRACING || strcmp(info.name, name))
		return -EINVAL;
	*target_id = link.tracing.target_obj_id;
	return take_fd(&fd);
}

/* The map with the first key of an observer: a descriptor that the caller owns, or -errno. */
static int open_first(int out_prog_fd)
{
	struct map_ids maps = { .count = 0 };
	int err = source_map_ids(out_prog_fd, &maps);

	for (uint32_t i = 0; !err && i < maps.count; i++) {
		_cleanup_close_ int fd = bpf_map_get_fd_by_id(maps.id[i]);
		struct bpf_map_info map = { 0 };
		__u32 map_size = sizeof(map);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &map, &map_size) &&
		    !strcmp(map.name, TRACER_FIRST) &&
		    map.value_size == sizeof(struct xdp_observe_key))
			return take_fd(&fd);
	}
	return err ? err : -ENOENT;
}

/* Whether the function gives the verdicts at a hook. */
static bool decides(uint32_t target_id, uint32_t hook_id)
{
	char text[STATUS_TEXT_MAX];
	struct target target;
	bool same = false;

	if (!open_deciding(&target, hook_id, text)) {
		same = target.prog_id == target_id;
		target_close(&target);
	}
	return same;
}

int observer_adopt(struct observer **observer, int in_fd, int out_fd, uint32_t hook_id)
{
	uint32_t in_target = 0, out_target = 0;
	_cleanup_close_ int in_prog_fd = our_program(in_fd, TRACER_IN, &in_target);
	_cleanup_close_ int out_prog_fd = our_program(out_fd, TRACER_OUT, &out_target);
	_cleanup_close_ int in = -1, out = -1, first_fd = -1;
	struct bpf_link_info info;

	if (in_prog_fd < 0 || out_prog_fd < 0)
		return in_prog_fd < 0 ? in_prog_fd : out_prog_fd;
	if (in_target != out_target || !tracing_is_current(in_prog_fd, out_prog_fd) ||
	    !decides(out_target, hook_id))
		return -ESTALE;
	*observer = find_observer(out_target);
	if (*observer) {
		/* Two observers of one program would count each frame twice. */
		if (source_link_info(out_fd, &info) || info.id != (*observer)->out_id)
			return -ESTALE;
		(*observer)->users++;
		return 0;
	}
	first_fd = open_first(out_prog_fd);
	in = dup(in_fd);
	out = dup(out_fd);
	if (first_fd < 0 || in < 0 || out < 0)
		return -ESTALE;
	return add_observer(observer, out_target, &in, &out, &first_fd);
}

bool observer_is_current(int in_fd, int out_fd)
{
	uint32_t target_id;
	_cleanup_close_ int in_prog_fd = our_program(in_fd, TRACER_IN, &target_id);
	_cleanup_close_ int out_prog_fd = our_program(out_fd, TRACER_OUT, &target_id);

	return in_prog_fd >= 0 && out_prog_fd >= 0 && tracing_is_current(in_prog_fd, out_prog_fd);
}

static bool is_ours(int link_fd, const char *name)
{
	uint32_t target_id;
	_cleanup_close_ int prog_fd = our_program(link_fd, name, &target_id);

	return prog_fd >= 0;
}

bool observer_is_ours(int in_fd, int out_fd)
{
	return (in_fd == -ENOENT || is_ours(in_fd, TRACER_IN)) &&
	       (out_fd == -ENOENT || is_ours(out_fd, TRACER_OUT));
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
	_cleanup_close_ int prog_fd = our_program(observer->out_fd, TRACER_OUT, &target_id);

	return has_first(observer->first_fd, key) && prog_fd >= 0 &&
	       tracing_uses_map(prog_fd, map_fd);
}

void observer_clear_first(const struct observer *observer, unsigned int ifindex)
{
	clear_first(observer->first_fd, ifindex);
}

static int open_first_of(int out_fd)
{
	uint32_t target_id;
	_cleanup_close_ int prog_fd = our_program(out_fd, TRACER_OUT, &target_id);

	return prog_fd < 0 ? prog_fd : open_first(prog_fd);
}

bool observer_has_first(int out_fd, const struct xdp_observe_key *key)
{
	_cleanup_close_ int first_fd = open_first_of(out_fd);

	return first_fd >= 0 && has_first(first_fd, key);
}

void observer_clear_first_of(int out_fd, unsigned int ifindex)
{
	_cleanup_close_ int first_fd = open_first_of(out_fd);

	if (first_fd >= 0)
		clear_first(first_fd, ifindex);
}

int observer_in_fd(const struct observer *observer)
{
	return observer->in_fd;
}

int observer_out_fd(const struct observer *observer)
{
	return observer->out_fd;
}

int observer_pin(const struct observer *observer, const struct pins *pins, unsigned int ifindex,
		 char error[static PINS_ERROR_MAX])
{
	int err = pins_put(pins, ifindex, PIN_IN, observer->in_fd, error);

	return err ? err : pins_put(pins, ifindex, PIN_OUT, observer->out_fd, error);
}
