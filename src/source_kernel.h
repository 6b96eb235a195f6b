/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sources ask the kernel about maps and programs, besides what source.h offers to all. */
#ifndef XDP_AGENTX_SOURCE_KERNEL_H
#define XDP_AGENTX_SOURCE_KERNEL_H

#include "source.h"

/*
 * Reads a whole map that source_check_map() has found good, with one system call, and adds the
 * possible CPUs up. 0 or -errno; *sum is then unchanged.
 */
int source_read_map(int map_fd, struct counters *sum);

/* The number by which the kernel knows a map. 0 or -errno; *id is then unchanged. */
int source_map_id(int map_fd, uint32_t *id);

/* As source_describe(), of a program that is at hand: nothing is kept back then. */
struct program_info source_describe_fd(int prog_fd);

#endif
