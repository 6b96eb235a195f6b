/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/error_counters.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "bpf/errors.skel.h"
#include "kernel/libbpf.h"
#include "kernel/netns.h"
#include "kernel/percpu.h"
#include "kernel/shared_map.h"
#include "lib/log.h"
#include "lib/util.h"

/* A value of the map is read as so many numbers of 64 bits. */
#define WORDS (sizeof(struct xdp_errors) / sizeof(uint64_t))
static_assert(sizeof(struct xdp_errors) == WORDS * sizeof(uint64_t), "nothing but counters");

/* --- maps and programs --- */

/* An object that is not loaded, or NULL with errno set; without programs it has its maps only. */
static struct errors *open_object(const struct pins *pins, bool programs, struct reason *reason)
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
		err = shared_map_use(object->maps.xdp_errors, pins, PIN_ERRORS, reason);
	if (!err)
		err = shared_map_use(object->maps.xdp_error_news, pins, PIN_NEWS, reason);
	if (!err)
		err = shared_map_use(object->maps.xdp_bonds, pins, PIN_BONDS, reason);
	if (!err)
		return object;
	errors__destroy(object);
	errno = -err;
	return NULL;
}

/* 0 or -errno, with errors->object unchanged. */
static int load(struct error_counters *errors, bool programs)
{
	struct reason reason = { "" };
	struct errors *object = open_object(errors->pins, programs, &reason);
	int err;

	if (!object && *reason.text) {
		log_warning(0, "%s; errors are counted anew, and not pinned", reason.text);
		errors->pins = NULL;
		object = open_object(NULL, programs, &reason);
	}
	if (!object)
		return -errno;
	err = errors__load(object);
	if (err)
		errors__destroy(object);
	else
		errors->object = object;
	return err;
}

static int map_fd(const struct error_counters *errors)
{
	return bpf_map__fd(errors->object->maps.xdp_errors);
}

/* --- the whole --- */

/* It is enough that something has come: see registry_find_errors(). */
static int note_news(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

static int attach(struct error_counters *errors)
{
	const struct errors *object = errors->object;
	const int prog_fd[ERROR_LINKS] = {
		bpf_program__fd(object->progs.xdp_error_exception),
		bpf_program__fd(object->progs.xdp_error_redirect),
		bpf_program__fd(object->progs.xdp_error_transmit),
	};
	const int maps_fd[ERROR_MAPS] = {
		bpf_map__fd(object->maps.xdp_errors),
		bpf_map__fd(object->maps.xdp_error_news),
		bpf_map__fd(object->maps.xdp_bonds),
	};
	int err;

	errors->news =
		ring_buffer__new(bpf_map__fd(object->maps.xdp_error_news), note_news, NULL, NULL);
	if (!errors->news)
		return -errno;
	err = error_links_open(errors->links, prog_fd, maps_fd, errors->pins);
	errors->counting = !err;
	return err;
}

static int pin_maps(const struct error_counters *errors, struct reason *reason)
{
	const struct errors *object = errors->object;
	int err = shared_map_pin(object->maps.xdp_errors, errors->pins, PIN_ERRORS, reason);

	if (!err)
		err = shared_map_pin(object->maps.xdp_error_news, errors->pins, PIN_NEWS, reason);
	return err ? err : shared_map_pin(object->maps.xdp_bonds, errors->pins, PIN_BONDS, reason);
}

static int open_all(struct error_counters *errors)
{
	struct reason why;
	int err = load(errors, true);

	if (!err) {
		/* What cannot be pinned now is told when it is tried again. */
		pin_maps(errors, &why);
		err = attach(errors);
	}
	if (!err)
		return 0;
	log_info("exceptions, failed redirects and lost transmissions are not counted: %s",
		 libbpf_why_refused(err, "this kernel refuses programs on tracepoints"));
	/* What observes uses one of the maps. */
	return errors->object ? 0 : load(errors, false);
}

int error_counters_open(struct error_counters *errors, const struct pins *pins)
{
	if (!errors->tried) {
		errors->tried = true;
		errors->pins = pins;
		errors->err = open_all(errors);
	}
	return errors->err;
}

void error_counters_close(struct error_counters *errors)
{
	if (errors->counting)
		error_links_close(errors->links);
	ring_buffer__free(errors->news);
	errors__destroy(errors->object);
	*errors = (struct error_counters){ 0 };
}

int error_counters_repin(const struct error_counters *errors, struct reason *reason)
{
	int err;

	if (!errors->pins || !errors->counting)
		return 0;
	err = pin_maps(errors, reason);
	return err ? err : error_links_repin(errors->links, errors->pins, reason);
}

/* --- interfaces --- */

void error_counters_add(const struct error_counters *errors, unsigned int ifindex)
{
	int err = errors->counting ? percpu_add(map_fd(errors), &ifindex, WORDS) : 0;

	if (err)
		log_error(err, "interface %u: its errors are not counted", ifindex);
}

/* A descriptor that the caller owns, or -errno. */
static int open_map(const struct error_counters *errors, const struct pins *pins)
{
	struct reason reason;
	int fd;

	if (errors->object) {
		fd = dup(map_fd(errors));
		return fd < 0 ? -errno : fd;
	}
	return pins ? pins_get(pins, PINS_IN_COMMON, PIN_ERRORS, &reason) : -ENOENT;
}

bool error_counters_forget(const struct error_counters *errors, const struct pins *pins,
			   unsigned int ifindex)
{
	_cleanup_close_ int fd = open_map(errors, pins);

	return fd >= 0 && !bpf_map_delete_elem(fd, &ifindex);
}

void error_counters_sweep(const struct error_counters *errors, const struct pins *pins,
			  bool (*wanted)(unsigned int ifindex, void *context), void *context)
{
	_cleanup_close_ int fd = open_map(errors, pins);
	uint32_t ifindex, next;
	int err = fd < 0 ? fd : bpf_map_get_next_key(fd, NULL, &next);

	while (!err) {
		ifindex = next;
		err = bpf_map_get_next_key(fd, &ifindex, &next);
		if (!wanted(ifindex, context))
			bpf_map_delete_elem(fd, &ifindex);
	}
}

int error_counters_read(const struct error_counters *errors, unsigned int ifindex,
			struct xdp_errors *sum)
{
	uint64_t words[WORDS];
	int err = errors->counting ? percpu_sum(map_fd(errors), &ifindex, words, WORDS) : -ENOENT;

	if (!err)
		memcpy(sum, words, sizeof(*sum));
	return err;
}

bool error_counters_has(const struct error_counters *errors, unsigned int ifindex)
{
	struct xdp_errors sum;

	return !error_counters_read(errors, ifindex, &sum) &&
	       (sum.exceptions || sum.redirects || sum.transmit_drops);
}

int error_counters_news_fd(const struct error_counters *errors)
{
	return errors->counting ? ring_buffer__epoll_fd(errors->news) : -1;
}

bool error_counters_take_news(const struct error_counters *errors)
{
	return errors->counting && ring_buffer__consume(errors->news) > 0;
}

/* --- bonds --- */

int error_counters_bonds_fd(const struct error_counters *errors)
{
	return errors->object ? bpf_map__fd(errors->object->maps.xdp_bonds) : -1;
}

void error_counters_set_bond(const struct error_counters *errors, unsigned int port,
			     unsigned int bond)
{
	int bonds_fd = error_counters_bonds_fd(errors);
	int err = bonds_fd >= 0 ? bpf_map_update_elem(bonds_fd, &port, &bond, BPF_ANY) : 0;

	if (err)
		log_error(err, "interface %u: errors on its port %u are not counted", bond, port);
}

void error_counters_unset_bond(const struct error_counters *errors, unsigned int port)
{
	int bonds_fd = error_counters_bonds_fd(errors);

	if (bonds_fd >= 0)
		bpf_map_delete_elem(bonds_fd, &port);
}
