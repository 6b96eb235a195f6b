/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter program of bpf/count.bpf.c: loaded once as a template, copied for each interface. */
#ifndef XDP_AGENTX_SOURCE_COUNT_PROGRAM_H
#define XDP_AGENTX_SOURCE_COUNT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "source/source.h"

struct bpf_insn;
struct bpf_program;

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

/* Whether a program is a copy of this version's template. */
bool program_is_current(int prog_fd);

/* False: without CAP_SYS_ADMIN the kernel does not hand a program out by its id; after
 * program_open(). */
bool program_can_be_found(void);

/* The template, which is an XDP program like any other; after program_open(). */
int program_template_fd(void); /* belongs to this module */
const char *program_template_name(void);

/* A map that a template refers to, and the one that a copy refers to instead. */
struct program_maps {
	int template_fd, copy_fd;
};

/*
 * The instructions of a program for a copy of it: bpf_program__insn_cnt() of them, to be freed by
 * the caller, or NULL when out of memory.
 */
struct bpf_insn *program_copy_insns(const struct bpf_program *program,
				    const struct program_maps *maps, size_t count);

/* Whether the digests of two programs' instructions are the same, whatever maps they use. */
bool program_same_tag(int prog_fd, int other_fd);

/* The verifier's reason in its log, which is cut there; "" if there is none. */
const char *program_verifier_reason(char *log);

/* What libbpf says is for debugging from now on: its explanation of EPERM, say, is out of date. */
void program_catch_log(void);

/* The last text that libbpf got from the kernel with a refusal (NLMSGERR_ATTR_MSG), or "". */
const char *program_kernel_message(void);
void program_forget_kernel_message(void);

#endif
