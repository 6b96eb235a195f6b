/* SPDX-License-Identifier: GPL-2.0-or-later */
/* update_link LINK PROGRAM: puts a pinned program into a pinned link, which bpftool(8) cannot do.
 */
#include <bpf/bpf.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int link_fd, prog_fd;

	if (argc != 3) {
		fprintf(stderr, "usage: %s LINK PROGRAM\n", argv[0]);
		return 2;
	}
	link_fd = bpf_obj_get(argv[1]);
	prog_fd = bpf_obj_get(argv[2]);
	if (link_fd < 0 || prog_fd < 0 || bpf_link_update(link_fd, prog_fd, NULL)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
