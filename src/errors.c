/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "errors.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "common_map.h"
#include "errors.skel.h"
#include "log.h"
#include "netns.h"
#include "source_kernel.h"
#include "source_program.h"
#include "util.h"

#define TRACEPOINTS 3

static struct {
	bool tried;
	int err;
	struct errors *object;   /* NULL: there are no maps */
	const struct pins *pins; /* NULL: nothing is pinned */
	bool counting;
	int link_fd[TRACEPOINTS]; /* while counting */
} errors;

/* --- maps and programs --- */

/* An object that is not loaded, or NULL with errno set; without programs it has its maps only. */
static struct errors *open_object(const struct pins *pins, bool programs,
				  char error[static PINS_ERROR_MAX])
{
	struct errors *object = errors__open();
	uint64_t cookie = 0;
	int err;

	if (!object)
		return NULL;
	bpf_program__set_autoload(object->progs.xdp_error_exception, programs);
	bpf_program__set_autoload(object->progs.xdp_error_redirect, programs);
	bpf_program__set_autoload(object->progs.xdp_error_transmit, programs);
	err = netns_cookie(&cookie);
	object->rodata->cookie = cookie;
	if (!err)
		err = common_map_use(object->maps.xdp_errors, pins, PIN_ERRORS, error);
	if (!err)
		err = common_map_use(object->maps.xdp_bonds, pins, PIN_BONDS, error);
	if (!err)
		return object;
	errors__destroy(object);
	errno = -err;
	return NULL;
}

/* 0 or -errno, with errors.object unchanged. */
static int load(bool programs)
{
	char error[PINS_ERROR_MAX] = "";
	struct errors *object = open_object(errors.pins, programs, error);
	int err;

	if (!object && *error) {
		log_warning(0, "%s; errors are counted anew, and not pinned", error);
		errors.pins = NULL;
		object = open_object(NULL, programs, error);
	}
	if (!object)
		return -errno;
	err = errors__load(object);
	if (err)
		errors__destroy(object);
	else
		errors.object = object;
	return err;
}

static const char *reason(int err)
{
	if (err != -EPERM)
		return strerror(-err);
	if (source_has_capability(CAP_SYS_ADMIN) ||
	    (source_has_capability(CAP_BPF) && source_has_capability(CAP_PERFMON)))
		return "this kernel refuses programs on tracepoints";
	return "CAP_BPF and CAP_PERFMON are needed";
}

/* --- links --- */

static struct tracepoint {
	const char *name;
	enum pin pin;
	const struct bpf_program *program;
} tracepoint_at(unsigned int i)
{
	const struct tracepoint all[TRACEPOINTS] = {
		{ "xdp_exception", PIN_EXCEPTION, errors.object->progs.xdp_error_exception },
		{ "xdp_redirect_err", PIN_REDIRECT, errors.object->progs.xdp_error_redirect },
		{ "xdp_devmap_xmit", PIN_TRANSMIT, errors.object->progs.xdp_error_transmit },
	};

	return all[i];
}

/* Whether a link is on the tracepoint, and the id of its program. */
static bool is_link_to(int link_fd, const char *name, uint32_t *prog_id)
{
	char found[64] = "";
	struct bpf_link_info info = {
		.raw_tracepoint = { .tp_name = (__u64)(uintptr_t)found,
				    .tp_name_len = sizeof(found) },
	};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(link_fd, &info, &size) ||
	    info.type != BPF_LINK_TYPE_RAW_TRACEPOINT || strcmp(found, name))
		return false;
	*prog_id = info.prog_id;
	return true;
}

/* Without CAP_SYS_ADMIN the kernel does not hand the program out, and it is no current one. */
static bool is_current(uint32_t prog_id, const struct bpf_program *program)
{
	_cleanup_close_ int prog_fd = bpf_prog_get_fd_by_id(prog_id);
	struct map_ids maps = { .count = 0 };
	uint32_t map_id = 0;

	return prog_fd >= 0 && program_same_tag(prog_fd, bpf_program__fd(program)) &&
	       !source_map_ids(prog_fd, &maps) &&
	       !source_map_id(bpf_map__fd(errors.object->maps.xdp_errors), &map_id) &&
	       source_has_map_id(&maps, map_id);
}

/*
 * The link that an earlier run has pinned: a descriptor that the caller owns; -ENOENT: there is
 * none, or it was another version's and is gone; or another -errno: the pin is left alone.
 */
static int adopt(const struct tracepoint *tracepoint)
{
	char error[PINS_ERROR_MAX];
	_cleanup_close_ int fd =
		errors.pins ? pins_get(errors.pins, PINS_IN_COMMON, tracepoint->pin, error)
			    : -ENOENT;
	uint32_t prog_id = 0;

	if (fd < 0) {
		if (fd != -ENOENT)
			log_warning(0, "%s", error);
		return fd;
	}
	if (!is_link_to(fd, tracepoint->name, &prog_id)) {
		log_warning(0, "pin %s is left alone: it is no link to the tracepoint %s",
			    pins_path(errors.pins, PINS_IN_COMMON, tracepoint->pin),
			    tracepoint->name);
		return -EINVAL;
	}
	if (is_current(prog_id, tracepoint->program))
		return take_fd(&fd);
	/* The pin first: it is our descriptor whose end the kernel waits for. */
	pins_remove(errors.pins, PINS_IN_COMMON, tracepoint->pin);
	return -ENOENT;
}

/* A descriptor that the caller owns, or -errno. */
static int attach(const struct tracepoint *tracepoint)
{
	char error[PINS_ERROR_MAX];
	int left = adopt(tracepoint), fd;

	if (left >= 0)
		return left;
	fd = bpf_link_create(bpf_program__fd(tracepoint->program), 0, BPF_TRACE_RAW_TP, NULL);
	if (fd >= 0 && errors.pins && left == -ENOENT &&
	    pins_put(errors.pins, PINS_IN_COMMON, tracepoint->pin, fd, error))
		log_warning(0, "%s", error);
	return fd;
}

static int attach_all(void)
{
	for (unsigned int i = 0; i < TRACEPOINTS; i++) {
		const struct tracepoint tracepoint = tracepoint_at(i);
		int fd = attach(&tracepoint);

		if (fd < 0) {
			while (i--)
				close(errors.link_fd[i]);
			return fd;
		}
		errors.link_fd[i] = fd;
	}
	errors.counting = true;
	return 0;
}

/* --- the whole --- */

static int open_all(void)
{
	int err = load(true);

	if (!err) {
		common_map_keep(errors.object->maps.xdp_errors, errors.pins, PIN_ERRORS);
		common_map_keep(errors.object->maps.xdp_bonds, errors.pins, PIN_BONDS);
		err = attach_all();
	}
	if (!err)
		return 0;
	log_info("exceptions, failed redirects and lost transmissions are not counted: %s",
		 reason(err));
	/* What observes uses one of the maps. */
	return errors.object ? 0 : load(false);
}

int errors_open(const struct pins *pins)
{
	if (!errors.tried) {
		errors.tried = true;
		errors.pins = pins;
		errors.err = open_all();
	}
	return errors.err;
}

void errors_close(void)
{
	for (unsigned int i = 0; errors.counting && i < TRACEPOINTS; i++)
		close(errors.link_fd[i]);
	errors.counting = false;
	errors__destroy(errors.object);
	errors.object = NULL;
	errors.tried = false;
}

void errors_keep(void)
{
	char error[PINS_ERROR_MAX];

	if (!errors.pins || !errors.counting)
		return;
	common_map_keep(errors.object->maps.xdp_errors, errors.pins, PIN_ERRORS);
	common_map_keep(errors.object->maps.xdp_bonds, errors.pins, PIN_BONDS);
	for (unsigned int i = 0; i < TRACEPOINTS; i++) {
		enum pin pin = tracepoint_at(i).pin;

		if (access(pins_path(errors.pins, PINS_IN_COMMON, pin), F_OK) &&
		    pins_put(errors.pins, PINS_IN_COMMON, pin, errors.link_fd[i], error))
			log_warning(0, "%s", error);
	}
}

/* --- interfaces --- */

void errors_add(const struct pins *pins, unsigned int ifindex)
{
	_cleanup_free_ struct xdp_errors *none = NULL;
	int cpus = source_possible_cpus(), err;

	if (errors_open(pins) || !errors.counting || cpus < 0)
		return;
	none = calloc((size_t)cpus, sizeof(*none));
	err = none ? bpf_map_update_elem(bpf_map__fd(errors.object->maps.xdp_errors), &ifindex,
					 none, BPF_NOEXIST)
		   : -ENOMEM;
	if (err && err != -EEXIST)
		log_error(err, "interface %u: its errors are not counted", ifindex);
}

/* A descriptor that the caller owns, or -errno. */
static int open_map(const struct pins *pins)
{
	char error[PINS_ERROR_MAX];
	int fd;

	if (errors.object) {
		fd = dup(bpf_map__fd(errors.object->maps.xdp_errors));
		return fd < 0 ? -errno : fd;
	}
	return pins ? pins_get(pins, PINS_IN_COMMON, PIN_ERRORS, error) : -ENOENT;
}

void errors_forget(const struct pins *pins, unsigned int ifindex)
{
	_cleanup_close_ int fd = open_map(pins);

	if (fd >= 0)
		bpf_map_delete_elem(fd, &ifindex);
}

void errors_sweep(const struct pins *pins, bool (*wanted)(unsigned int ifindex, void *context),
		  void *context)
{
	_cleanup_close_ int fd = open_map(pins);
	uint32_t ifindex, next;
	int err = fd < 0 ? fd : bpf_map_get_next_key(fd, NULL, &next);

	while (!err) {
		ifindex = next;
		err = bpf_map_get_next_key(fd, &ifindex, &next);
		if (!wanted(ifindex, context))
			bpf_map_delete_elem(fd, &ifindex);
	}
}

int errors_read(unsigned int ifindex, struct xdp_errors *sum)
{
	_cleanup_free_ struct xdp_errors *slots = NULL;
	int cpus = source_possible_cpus(), err;

	if (!errors.counting)
		return -ENOENT;
	if (cpus < 0)
		return cpus;
	slots = calloc((size_t)cpus, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	err = bpf_map_lookup_elem(bpf_map__fd(errors.object->maps.xdp_errors), &ifindex, slots);
	if (err)
		return err;
	*sum = (struct xdp_errors){ 0 };
	for (int i = 0; i < cpus; i++) {
		sum->exceptions += slots[i].exceptions;
		sum->redirects += slots[i].redirects;
		sum->transmit_drops += slots[i].transmit_drops;
	}
	return 0;
}

/* --- bonds --- */

int errors_bonds_fd(void)
{
	return errors.object ? bpf_map__fd(errors.object->maps.xdp_bonds) : -1;
}

void errors_set_bond(unsigned int port, unsigned int bond)
{
	int err = errors.object ? bpf_map_update_elem(errors_bonds_fd(), &port, &bond, BPF_ANY) : 0;

	if (err)
		log_error(err, "interface %u: errors on its port %u are not counted", bond, port);
}

void errors_unset_bond(unsigned int port)
{
	if (errors.object)
		bpf_map_delete_elem(errors_bonds_fd(), &port);
}
