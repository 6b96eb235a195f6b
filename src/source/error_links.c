/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/error_links.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "lib/log.h"
#include "lib/util.h"

static const struct tracepoint {
	const char *name;
	enum pin pin, program_pin;
} tracepoints[ERROR_LINKS] = {
	{ "xdp_exception", PIN_EXCEPTION, PIN_EXCEPTION_PROGRAM },
	{ "xdp_redirect_err", PIN_REDIRECT, PIN_REDIRECT_PROGRAM },
	{ "xdp_devmap_xmit", PIN_TRANSMIT, PIN_TRANSMIT_PROGRAM },
};

/* Whether a link is on the tracepoint, and the id of its program. */
static bool is_link_to(int link_fd, const char *name, uint32_t *prog_id)
{
	char found[64] = "";
	struct bpf_link_info info = {
		.raw_tracepoint = { .tp_name = (__u64)(uintptr_t)found,
				    .tp_name_len = sizeof(found) },
	};
	__u32 size = sizeof(info);

	/* With a buffer for the name, which bpf_info_of_link() has not. */
	if (bpf_obj_get_info_by_fd(link_fd, &info, &size) ||
	    info.type != BPF_LINK_TYPE_RAW_TRACEPOINT || strcmp(found, name))
		return false;
	*prog_id = info.prog_id;
	return true;
}

/* Its program, if that is this version's and uses these maps: a descriptor, or -errno. */
static int open_current(const struct tracepoint *tracepoint, const struct pins *pins,
			uint32_t prog_id, int current_fd, const int map_fd[static ERROR_MAPS])
{
	_cleanup_close_ int fd =
		pins_get_program(pins, PINS_IN_COMMON, tracepoint->program_pin, prog_id);
	bool current = fd >= 0 && bpf_info_same_tag(fd, current_fd);

	for (unsigned int i = 0; current && i < ERROR_MAPS; i++)
		current = bpf_info_uses_map(fd, map_fd[i]);
	return current ? take_fd(&fd) : -ENOENT;
}

static void close_link(const struct error_link *link)
{
	close(link->fd);
	close(link->prog_fd);
}

static int pin(const struct tracepoint *tracepoint, const struct error_link *link,
	       const struct pins *pins, struct reason *reason)
{
	/* The program first: without CAP_SYS_ADMIN the kernel hands it out in no other way. */
	int err =
		pins_replace(pins, PINS_IN_COMMON, tracepoint->program_pin, link->prog_fd, reason);

	return err ? err : pins_put(pins, PINS_IN_COMMON, tracepoint->pin, link->fd, reason);
}

/*
 * The link that an earlier run has pinned: 0; -ENOENT: there is none, or it was another version's
 * and is gone; or another -errno: the pin is left alone.
 */
static int adopt(const struct tracepoint *tracepoint, struct error_link *link, int prog_fd,
		 const int map_fd[static ERROR_MAPS], const struct pins *pins)
{
	struct reason reason;
	_cleanup_close_ int fd =
		pins ? pins_get(pins, PINS_IN_COMMON, tracepoint->pin, &reason) : -ENOENT;
	uint32_t prog_id = 0;

	if (fd < 0) {
		if (fd != -ENOENT)
			log_warning(0, "%s", reason.text);
		return fd;
	}
	if (!is_link_to(fd, tracepoint->name, &prog_id)) {
		log_warning(0, "pin %s is left alone: it is no link to the tracepoint %s",
			    pins_path(pins, PINS_IN_COMMON, tracepoint->pin), tracepoint->name);
		return -EINVAL;
	}
	link->prog_fd = open_current(tracepoint, pins, prog_id, prog_fd, map_fd);
	if (link->prog_fd < 0) {
		/* The pin first: it is our descriptor whose end the kernel waits for. */
		pins_remove(pins, PINS_IN_COMMON, tracepoint->pin);
		return -ENOENT;
	}
	link->fd = take_fd(&fd);
	/* 0.1.0 pinned the link alone. */
	if (!pins_exists(pins, PINS_IN_COMMON, tracepoint->program_pin))
		pins_put(pins, PINS_IN_COMMON, tracepoint->program_pin, link->prog_fd, &reason);
	return 0;
}

static int attach(const struct tracepoint *tracepoint, struct error_link *link, int prog_fd,
		  const int map_fd[static ERROR_MAPS], const struct pins *pins)
{
	struct reason reason;
	int left = adopt(tracepoint, link, prog_fd, map_fd, pins);
	_cleanup_close_ int fd = -1, own_fd = -1;

	if (!left)
		return 0;
	own_fd = dup(prog_fd);
	if (own_fd < 0)
		return -errno;
	fd = bpf_link_create(prog_fd, 0, BPF_TRACE_RAW_TP, NULL);
	if (fd < 0)
		return fd;
	*link = (struct error_link){ take_fd(&fd), take_fd(&own_fd) };
	if (pins && left == -ENOENT)
		pin(tracepoint, link, pins, &reason);
	return 0;
}

int error_links_open(struct error_link links[static ERROR_LINKS],
		     const int prog_fd[static ERROR_LINKS], const int map_fd[static ERROR_MAPS],
		     const struct pins *pins)
{
	for (unsigned int i = 0; i < ERROR_LINKS; i++) {
		int err = attach(&tracepoints[i], &links[i], prog_fd[i], map_fd, pins);

		if (err) {
			while (i--)
				close_link(&links[i]);
			return err;
		}
	}
	return 0;
}

int error_links_repin(const struct error_link links[static ERROR_LINKS], const struct pins *pins,
		      struct reason *reason)
{
	int err = 0;

	for (unsigned int i = 0; i < ERROR_LINKS && !err; i++)
		if (!pins_exists(pins, PINS_IN_COMMON, tracepoints[i].pin))
			err = pin(&tracepoints[i], &links[i], pins, reason);
	return err;
}

void error_links_close(const struct error_link links[static ERROR_LINKS])
{
	for (unsigned int i = 0; i < ERROR_LINKS; i++)
		close_link(&links[i]);
}
