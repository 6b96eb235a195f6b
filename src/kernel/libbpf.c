/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/libbpf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/capability.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/util.h"

/* The function that libbpf prints with is the process's, and gets no context. */
static struct reason kernel_message;

/* libbpf hands the kernel's text on in no other way than through its log (its nlattr.c). */
__attribute__((format(printf, 2, 0))) static int log_libbpf(enum libbpf_print_level level,
							    const char *format, va_list args)
{
	static const char prefix[] = "libbpf: Kernel error message: ";
	char line[1024];

	(void)level;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, prefix, strlen(prefix)))
		reason_set(&kernel_message, 0, "%s", line + strlen(prefix));
	log_debug("xdp:libbpf", "%s", line);
	return 0;
}

void libbpf_catch_log(void)
{
	libbpf_set_print(log_libbpf);
}

const char *libbpf_kernel_message(void)
{
	return kernel_message.text;
}

void libbpf_forget_kernel_message(void)
{
	reason_clear(&kernel_message);
}

const char *libbpf_why_refused(int err, const char *by_kernel)
{
	if (err != -EPERM)
		return strerror(-err);
	if (capability_is_effective(CAP_BPF) && capability_is_effective(CAP_PERFMON))
		return by_kernel;
	return "CAP_BPF and CAP_PERFMON are needed";
}

/* The verifier gives its reason in the last line but one; the last one holds its figures. */
const char *libbpf_verifier_reason(char *log)
{
	char *figures = strstr(log, "\nprocessed "), *line;

	if (!figures)
		return "";
	*figures = '\0';
	line = strrchr(log, '\n');
	return line ? line + 1 : log;
}

struct btf *libbpf_load_btf(int btf_fd)
{
	struct bpf_btf_info info = { 0 };
	__u32 size = sizeof(info);
	_cleanup_free_ void *data = NULL;

	if (bpf_obj_get_info_by_fd(btf_fd, &info, &size))
		return NULL;
	data = malloc(info.btf_size);
	info = (struct bpf_btf_info){ .btf = (__u64)(uintptr_t)data, .btf_size = info.btf_size };
	if (!data || bpf_obj_get_info_by_fd(btf_fd, &info, &size))
		return NULL;
	return btf__new(data, info.btf_size);
}

void libbpf_free_btf_at(struct btf **btf)
{
	btf__free(*btf);
}

static bool loads_map(const struct bpf_insn *insn, int map_fd)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE) &&
	       insn->imm == map_fd;
}

struct bpf_insn *libbpf_copy_insns(const struct bpf_program *program,
				   const struct map_exchange *maps, size_t count)
{
	const struct bpf_insn *insns = bpf_program__insns(program);
	size_t insn_count = bpf_program__insn_cnt(program);
	struct bpf_insn *copy = calloc(insn_count, sizeof(*copy));

	for (size_t i = 0; copy && i < insn_count; i++) {
		copy[i] = insns[i];
		for (size_t j = 0; j < count; j++)
			if (loads_map(&insns[i], maps[j].template_fd))
				copy[i].imm = maps[j].copy_fd;
	}
	return copy;
}
