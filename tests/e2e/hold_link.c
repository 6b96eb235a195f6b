/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold_link IFNAME OBJECT: attaches the first program in the file by a bpf_link, which ip(8) and
 * bpftool(8) cannot do, and holds it until it is killed.
 */
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;

	if (argc != 3) {
		fprintf(stderr, "usage: %s IFNAME OBJECT\n", argv[0]);
		return 2;
	}
	object = bpf_object__open_file(argv[2], NULL);
	program = object ? bpf_object__next_program(object, NULL) : NULL;
	if (!program || bpf_object__load(object) ||
	    !bpf_program__attach_xdp(program, (int)if_nametoindex(argv[1]))) {
		perror(argv[1]);
		return 1;
	}
	pause();
	return 0;
}
