/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter program of bpf/count.bpf.c: loaded once as a template, copied for each interface. */
#ifndef XDP_AGENTX_SOURCE_COUNT_PROGRAM_H
#define XDP_AGENTX_SOURCE_COUNT_PROGRAM_H

#include <stdbool.h>

#include "lib/reason.h"

struct bpf_map;
struct bpf_object;
struct bpf_program;

/* Its name, as the kernel keeps it: 15 characters. */
#define COUNTER_PROGRAM "xdp_stats_count"

/*
 * libbpf relocates and loads the program once; that costs milliseconds. What comes out serves as
 * the template of every interface's copy, which differs in the map only and takes microseconds.
 */
struct count_program {
	struct bpf_object *object; /* NULL: it is not loaded */
	const struct bpf_program *program;
	const struct bpf_map *map;
};

/* Loads the template, unless it is loaded. 0 or -errno with the reason. */
int count_program_open(struct count_program *program, struct reason *reason);
void count_program_close(struct count_program *program);

/* All that follows is for a template that is loaded. */

/*
 * Makes a counter map: a descriptor that the caller owns, or -errno with the reason. It is here
 * because the type information that bpftool shows for it comes with the program.
 */
int count_program_create_map(const struct count_program *program, struct reason *reason);

/* Loads a copy that writes into map_fd: a descriptor that the caller owns, or -errno. */
int count_program_copy(const struct count_program *program, int map_fd);

/* Whether a program is a copy of this version's template. */
bool count_program_is_current(const struct count_program *program, int prog_fd);

/* The template itself, which is an XDP program like any other; the descriptor belongs to it. */
int count_program_fd(const struct count_program *program);
const char *count_program_name(const struct count_program *program);

#endif
