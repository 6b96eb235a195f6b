/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harmless PROGRAM FUNCTION OBJECT: replaces this function of a pinned program by the program in
 * the file, says so, and holds it until it is killed. It says why not if the kernel refuses.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	int target_fd;

	if (argc != 4) {
		fprintf(stderr, "usage: %s PROGRAM FUNCTION OBJECT\n", argv[0]);
		return 2;
	}
	target_fd = bpf_obj_get(argv[1]);
	object = bpf_object__open_file(argv[3], NULL);
	program = object ? bpf_object__next_program(object, NULL) : NULL;
	if (target_fd < 0 || !program ||
	    bpf_program__set_attach_target(program, target_fd, argv[2]) ||
	    bpf_object__load(object)) {
		perror(argv[1]);
		return 1;
	}
	if (!bpf_program__attach_trace(program)) {
		printf("refused: %s\n", strerror(errno));
		return 0;
	}
	puts("replaced");
	fflush(stdout);
	pause();
	return 0;
}
