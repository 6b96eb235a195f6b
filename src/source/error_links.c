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
	enum pin pin;
} tracepoints[ERROR_LINKS] = {
	{ "xdp_exception", PIN_EXCEPTION },
	{ "xdp_redirect_err", PIN_REDIRECT },
	{ "xdp_devmap_xmit", PIN_TRANSMIT },
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

/* Without CAP_SYS_ADMIN the kernel does not hand the program out, and it is no current one. */
static bool is_current(uint32_t prog_id, int current_fd, const int map_fd[static ERROR_MAPS])
{
	_cleanup_close_ int prog_fd = bpf_prog_get_fd_by_id(prog_id);
	bool current = prog_fd >= 0 && bpf_info_same_tag(prog_fd, current_fd);

	for (unsigned int i = 0; current && i < ERROR_MAPS; i++)
		current = bpf_info_uses_map(prog_fd, map_fd[i]);
	return current;
}

/*
 * The link that an earlier run has pinned: a descriptor that the caller owns; -ENOENT: there is
 * none, or it was another version's and is gone; or another -errno: the pin is left alone.
 */
static int adopt(const struct tracepoint *tracepoint, int prog_fd,
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
	if (is_current(prog_id, prog_fd, map_fd))
		return take_fd(&fd);
	/* The pin first: it is our descriptor whose end the kernel waits for. */
	pins_remove(pins, PINS_IN_COMMON, tracepoint->pin);
	return -ENOENT;
}

/* A descriptor that the caller owns, or -errno. */
static int attach(const struct tracepoint *tracepoint, int prog_fd,
		  const int map_fd[static ERROR_MAPS], const struct pins *pins)
{
	struct reason reason;
	int left = adopt(tracepoint, prog_fd, map_fd, pins), fd;

	if (left >= 0)
		return left;
	fd = bpf_link_create(prog_fd, 0, BPF_TRACE_RAW_TP, NULL);
	if (fd >= 0 && pins && left == -ENOENT)
		pins_put(pins, PINS_IN_COMMON, tracepoint->pin, fd, &reason);
	return fd;
}

int error_links_open(int link_fd[static ERROR_LINKS], const int prog_fd[static ERROR_LINKS],
		     const int map_fd[static ERROR_MAPS], const struct pins *pins)
{
	for (unsigned int i = 0; i < ERROR_LINKS; i++) {
		int fd = attach(&tracepoints[i], prog_fd[i], map_fd, pins);

		if (fd < 0) {
			while (i--)
				close(link_fd[i]);
			return fd;
		}
		link_fd[i] = fd;
	}
	return 0;
}

int error_links_repin(const int link_fd[static ERROR_LINKS], const struct pins *pins,
		      struct reason *reason)
{
	int err = 0;

	for (unsigned int i = 0; i < ERROR_LINKS && !err; i++)
		if (!pins_exists(pins, PINS_IN_COMMON, tracepoints[i].pin))
			err = pins_put(pins, PINS_IN_COMMON, tracepoints[i].pin, link_fd[i],
				       reason);
	return err;
}

void error_links_close(const int link_fd[static ERROR_LINKS])
{
	for (unsigned int i = 0; i < ERROR_LINKS; i++)
		close(link_fd[i]);
}
