/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * follow FUNCTION: attaches as many tracing programs to this function of the kernel as the kernel
 * allows, says how many they are, and holds them until it is killed. Whoever wants to trace it then
 * is refused.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>

/* A descriptor, which is never closed, or -1 with errno. */
static int attach(int function)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_btf_id = (__u32)function);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "fills", "GPL", insns, 2, &options);

	return fd < 0 ? fd : bpf_link_create(fd, 0, BPF_TRACE_FEXIT, NULL);
}

int main(int argc, char **argv)
{
	int function, count = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FUNCTION\n", argv[0]);
		return 2;
	}
	function = libbpf_find_vmlinux_btf_id(argv[1], BPF_TRACE_FEXIT);
	while (function > 0 && attach(function) >= 0)
		count++;
	if (!count) {
		perror(argv[1]);
		return 1;
	}
	printf("%d\n", count);
	fflush(stdout);
	pause();
	return 0;
}
