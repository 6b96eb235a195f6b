/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter program at the hook of an interface, attached by a bpf_link. */
#ifndef XDP_AGENTX_SOURCE_COUNT_H
#define XDP_AGENTX_SOURCE_COUNT_H

#include "kernel/program_name.h"
#include "kernel/rtnl.h"
#include "kernel/xdp.h"
#include "source/common.h"

/* A program of ours at the hook of an interface. It is gone when link_fd and its pins are closed.
 */
struct count_attachment {
	int link_fd; /* owned by whoever holds the struct */
	uint32_t prog_id;
	enum xdp_mode mode;
	struct program_info program;
};

/*
 * Attaches a new program, which writes into map_fd, where hook says; after common_need_count().
 * *attachment is set on success only; the reason then is empty, or says why not natively. On
 * failure, -errno, it has the kernel's words for each way that was tried.
 */
int count_attach(struct common *common, struct count_attachment *attachment, int map_fd,
		 const struct netdev *netdev, enum xdp_hook hook, struct reason *reason);

/*
 * Takes a link that an earlier run left behind into use. Where its program is that of another
 * version of ours, it is replaced by this version's in one step. link_fd becomes *attachment's on
 * success only. Returns 0; -ENODEV: the link has no interface any more; or another -errno, with
 * what was found and what is expected in reason.
 */
int count_adopt(struct common *common, struct count_attachment *attachment, int link_fd, int map_fd,
		const struct netdev *netdev, struct reason *reason);

/*
 * The counter map of the program at a link: a descriptor that the caller owns, or -errno. It finds
 * the map again when its pin is lost.
 */
int count_map_of(int link_fd);

/* The interface of a link, 0 if it has none any more. */
unsigned int count_ifindex_at(int link_fd);

/* Takes the program off the interface, whoever else holds the link. 0 or -errno. */
int count_detach(int link_fd);

/* The program at a link, 0 if it cannot be told. */
uint32_t count_prog_id_at(int link_fd);

#endif
