/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/error_counters.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "bpf/errors.skel.h"
#include "kernel/bpf_info.h"
#include "kernel/cpus.h"
#include "kernel/netns.h"
#include "kernel/shared_map.h"
#include "lib/log.h"
#include "lib/util.h"
#include "source/error_links.h"

static struct {
	bool tried;
	int err;
	struct errors *object;   /* NULL: there are no maps */
	const struct pins *pins; /* NULL: nothing is pinned */
	bool counting;
	int link_fd[ERRORS_LINKS]; /* while counting */
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

static int map_fd(void)
{
	return bpf_map__fd(errors.object->maps.xdp_errors);
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

/* --- the whole --- */

static int attach(void)
{
	const int prog_fd[ERRORS_LINKS] = {
		bpf_program__fd(errors.object->progs.xdp_error_exception),
		bpf_program__fd(errors.object->progs.xdp_error_redirect),
		bpf_program__fd(errors.object->progs.xdp_error_transmit),
	};
	int err = errors_links_open(errors.link_fd, prog_fd, map_fd(), errors.pins);

	errors.counting = !err;
	return err;
}

static void keep_maps(void)
{
	common_map_keep(errors.object->maps.xdp_errors, errors.pins, PIN_ERRORS);
	common_map_keep(errors.object->maps.xdp_bonds, errors.pins, PIN_BONDS);
}

static int open_all(void)
{
	int err = load(true);

	if (!err) {
		keep_maps();
		err = attach();
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
	if (errors.counting)
		errors_links_close(errors.link_fd);
	errors.counting = false;
	errors__destroy(errors.object);
	errors.object = NULL;
	errors.tried = false;
}

void errors_keep(void)
{
	if (!errors.pins || !errors.counting)
		return;
	keep_maps();
	errors_links_keep(errors.link_fd, errors.pins);
}

/* --- interfaces --- */

void errors_add(const struct pins *pins, unsigned int ifindex)
{
	_cleanup_free_ struct xdp_errors *none = NULL;
	int cpus = cpus_count(), err;

	if (errors_open(pins) || !errors.counting || cpus < 0)
		return;
	none = calloc((size_t)cpus, sizeof(*none));
	err = none ? bpf_map_update_elem(map_fd(), &ifindex, none, BPF_NOEXIST) : -ENOMEM;
	if (err && err != -EEXIST)
		log_error(err, "interface %u: its errors are not counted", ifindex);
}

/* A descriptor that the caller owns, or -errno. */
static int open_map(const struct pins *pins)
{
	char error[PINS_ERROR_MAX];
	int fd;

	if (errors.object) {
		fd = dup(map_fd());
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
	int cpus = cpus_count(), err;

	if (!errors.counting)
		return -ENOENT;
	if (cpus < 0)
		return cpus;
	slots = calloc((size_t)cpus, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	err = bpf_map_lookup_elem(map_fd(), &ifindex, slots);
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
