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
	int link_fd, prog_fd; /* owned by whoever holds the struct */
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
 * Takes the link that an earlier run has pinned into use. Where its program is that of another
 * version of ours, it is replaced by this version's in one step; and where it counts in another map
 * than map_fd and map_is_lost, which was made because there was none. Before that the new program
 * is pinned, so that a crash leaves one that is known. link_fd becomes *attachment's on success
 * only. Returns 0; -ENODEV: the link has no interface any more; or another -errno, with what was
 * found and what is expected in reason.
 */
int count_adopt(struct common *common, struct count_attachment *attachment, int link_fd, int map_fd,
		bool map_is_lost, const struct netdev *netdev, struct reason *reason);

/*
 * Pins program and link of an attachment. The program comes first: without CAP_SYS_ADMIN the kernel
 * hands it out in no other way. Pins its program alone, where another is pinned or one that was to
 * take its place. Pins both again if somebody has unpinned them. 0 or -errno with the reason.
 */
int count_pin(const struct count_attachment *attachment, const struct pins *pins,
	      unsigned int ifindex, struct reason *reason);
int count_pin_program(const struct count_attachment *attachment, const struct pins *pins,
		      unsigned int ifindex, struct reason *reason);
int count_repin(const struct count_attachment *attachment, const struct pins *pins,
		unsigned int ifindex, struct reason *reason);

/* Takes the pins of link and program away. */
void count_unpin(const struct pins *pins, unsigned int ifindex);

/*
 * The counter map of the program at a link that is pinned: a descriptor that the caller owns, or
 * -errno. It finds the map again when its pin is lost, which takes CAP_SYS_ADMIN: -EPERM. So does
 * it to know the program where only the link is pinned, as 0.1.0 did.
 */
int count_map_of(const struct pins *pins, unsigned int ifindex, int link_fd);

/* Whether a program is our counter program, of any version; false also if nobody can tell. */
bool count_is_ours(uint32_t prog_id);

/* Whether the program at a link that is pinned is ours: 0; -EPERM as above; or another -errno. */
int count_check_program(const struct pins *pins, unsigned int ifindex, int link_fd);

/* Closes its descriptors: without pins that is its end. */
void count_close(struct count_attachment *attachment);

/* The interface of a link, 0 if it has none any more. */
unsigned int count_ifindex_at(int link_fd);

/* Takes the program off the interface, whoever else holds the link. 0 or -errno. */
int count_detach(int link_fd);

/* The program at a link, 0 if it cannot be told. */
uint32_t count_prog_id_at(int link_fd);

#endif
