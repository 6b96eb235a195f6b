/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter program of bpf/count.bpf.c: loaded once as a template, copied for each interface. */
#ifndef XDP_AGENTX_SOURCE_PROGRAM_H
#define XDP_AGENTX_SOURCE_PROGRAM_H

#include <stdbool.h>

#include "source.h"

/* Its name, as the kernel keeps it: 15 characters. */
#define COUNTER_PROGRAM "xdp_stats_count"

/* Size of a text that the kernel sends along with a refusal. Two of them fit into a status text. */
#define KERNEL_MESSAGE_MAX 96

/* Loads the template, once. 0 or -errno with the reason in text. */
int program_open(char text[static STATUS_TEXT_MAX]);
void program_close(void);

/*
 * Makes a counter map: a descriptor that the caller owns, or -errno with the reason in text. It is
 * here because the type information that bpftool shows for it comes with the program.
 */
int program_create_map(char text[static STATUS_TEXT_MAX]);

/* Loads a copy that writes into map_fd; after program_open(). The caller owns it. Or -errno. */
int program_load(int map_fd);

/*
 * Whether a program is a copy of this version's template: the digest of the instructions tells
 * versions apart, and leaves out which map they use.
 */
bool program_is_current(int prog_fd);

/* False: without CAP_SYS_ADMIN the kernel does not hand a program out by its id; after
 * program_open(). */
bool program_can_be_found(void);

/* The last text that libbpf got from the kernel with a refusal (NLMSGERR_ATTR_MSG), or "". */
const char *program_kernel_message(void);
void program_forget_kernel_message(void);

#endif
