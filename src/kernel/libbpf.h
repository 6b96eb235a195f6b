/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libbpf and the verifier say, and the copies of a program that libbpf has prepared once. */
#ifndef XDP_AGENTX_KERNEL_LIBBPF_H
#define XDP_AGENTX_KERNEL_LIBBPF_H

#include <stddef.h>

struct bpf_insn;
struct bpf_program;
struct btf;

/* What libbpf says is for debugging from now on: its explanation of EPERM, say, is out of date. */
void libbpf_catch_log(void);

/* The last text that libbpf got from the kernel with a refusal (NLMSGERR_ATTR_MSG), or "". */
const char *libbpf_kernel_message(void);
void libbpf_forget_kernel_message(void);

/*
 * Why a program on a function or tracepoint of the kernel was refused with err, which is -EPERM as
 * well where a kernel refuses them for everybody: then by_kernel says so.
 */
const char *libbpf_why_refused(int err, const char *by_kernel);

/* The verifier's reason in its log, which is cut there; "" if there is none. */
const char *libbpf_verifier_reason(char *log);

/* What a BTF descriptor holds, to be given to btf__free(); NULL if it cannot be had. */
struct btf *libbpf_load_btf(int btf_fd);

/* Frees the BTF at the end of a variable's scope; NULL is ignored. */
void libbpf_free_btf_at(struct btf **btf);
#define _cleanup_btf_ __attribute__((cleanup(libbpf_free_btf_at)))

/* A map that a program refers to, and the one that a copy of it refers to instead. */
struct map_exchange {
	int template_fd, copy_fd;
};

/*
 * The instructions of a program for a copy of it: bpf_program__insn_cnt() of them, to be freed by
 * the caller, or NULL when out of memory.
 */
struct bpf_insn *libbpf_copy_insns(const struct bpf_program *program,
				   const struct map_exchange *maps, size_t count);

#endif
