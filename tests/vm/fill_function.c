/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fill_function PATH COUNT: attaches so many tracing programs, or as many as the kernel allows, to
 * the entry function of the pinned program, says how many there are, and holds them until it is
 * killed.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A descriptor, which is never closed, or -1 with errno. */
static int attach(int target_fd, __u32 function)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_prog_fd = (__u32)target_fd, .attach_btf_id = function);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "fills", "GPL", insns, 2, &options);

	return fd < 0 ? fd : bpf_link_create(fd, 0, BPF_TRACE_FEXIT, NULL);
}

int main(int argc, char **argv)
{
	struct bpf_func_info function = { 0 };
	struct bpf_prog_info info = {
		.func_info = (__u64)(uintptr_t)&function,
		.func_info_rec_size = sizeof(function),
		.nr_func_info = 1,
	};
	__u32 size = sizeof(info);
	int count = 0, wanted, fd;

	if (argc != 3) {
		fprintf(stderr, "usage: %s PATH COUNT\n", argv[0]);
		return 2;
	}
	wanted = atoi(argv[2]);
	fd = bpf_obj_get(argv[1]);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size)) {
		perror(argv[1]);
		return 1;
	}
	while (count < wanted && attach(fd, function.type_id) >= 0)
		count++;
	if (!count) {
		perror("cannot trace it");
		return 1;
	}
	printf("%d\n", count);
	fflush(stdout);
	pause();
	return 0;
}
