/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs are called. */
#ifndef XDP_AGENTX_KERNEL_PROGRAM_NAME_H
#define XDP_AGENTX_KERNEL_PROGRAM_NAME_H

#include <stdint.h>

/* Size of a program's name, with its NUL: xdpIfProgramName. */
#define PROGRAM_NAME_MAX 128

/* What the kernel tells of a program; empty strings where it does not (bpf_prog_info). */
struct program_info {
	/* Its entry function (BTF); behind a dispatcher "dispatcher: component, component". */
	char name[PROGRAM_NAME_MAX];
	char tag[17]; /* BPF_TAG_SIZE octets in hexadecimal */
};

/* What the kernel tells of a program; what it keeps to itself (without CAP_SYS_ADMIN) stays empty.
 */
struct freplace_cache;
struct program_info program_describe(struct freplace_cache *cache, uint32_t prog_id);

/*
 * The same of a program that is at hand: without CAP_SYS_ADMIN its name then is the first 15
 * characters, and those behind a dispatcher are not known.
 */
struct program_info program_describe_fd(struct freplace_cache *cache, int prog_fd);

/*
 * "program: first, second"; just the program if it has no components. "..." replaces the
 * last names if they do not fit.
 */
void program_name_join(char joined[static PROGRAM_NAME_MAX], const char *program,
		       const char *const *components, unsigned int count);

#endif
