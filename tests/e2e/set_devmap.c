/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set_devmap MAP IFINDEX PROGRAM: entry 0 of a pinned devmap is this interface, through a pinned
 * program; bpftool(8) knows of no program there.
 */
#include <bpf/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct bpf_devmap_val value;
	const uint32_t key = 0;
	int map_fd;

	if (argc != 4) {
		fprintf(stderr, "usage: %s MAP IFINDEX PROGRAM\n", argv[0]);
		return 2;
	}
	map_fd = bpf_obj_get(argv[1]);
	value.ifindex = (uint32_t)strtoul(argv[2], NULL, 10);
	value.bpf_prog.fd = bpf_obj_get(argv[3]);
	if (map_fd < 0 || value.bpf_prog.fd < 0 ||
	    bpf_map_update_elem(map_fd, &key, &value, BPF_ANY)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
