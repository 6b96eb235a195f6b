/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter program of bpf/count.bpf.c: a copy for each interface, attached by a bpf_link. */
#ifndef XDP_AGENTX_SOURCE_COUNT_H
#define XDP_AGENTX_SOURCE_COUNT_H

#include "source.h"

/* A program of ours at the hook of an interface. It is gone when link_fd is closed. */
struct count_attachment {
	int link_fd; /* owned by whoever holds the struct */
	uint32_t prog_id;
	enum xdp_mode mode;
};

/*
 * Makes a counter map: a descriptor that the caller owns, or -errno with the reason in text. It is
 * here because the type information that bpftool shows for it comes with the program.
 */
int count_create_map(char text[static STATUS_TEXT_MAX]);

/* As source_attach(), for a program that writes into map_fd; *attachment is set on success only. */
int count_attach(struct count_attachment *attachment, int map_fd, const struct link *link,
		 enum rule_hook hook, char text[static STATUS_TEXT_MAX]);

/* Frees the template that the copies are made from. */
void count_cleanup(void);

#endif
