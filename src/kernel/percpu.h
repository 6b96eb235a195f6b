/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of per-CPU maps whose values are numbers of 64 bits: one set of them for each CPU. */
#ifndef XDP_AGENTX_KERNEL_PERCPU_H
#define XDP_AGENTX_KERNEL_PERCPU_H

#include <stddef.h>
#include <stdint.h>

/*
 * Adds up what the possible CPUs have in the element of this key: sum[0] to sum[words - 1]. 0 or
 * -errno, -ENOENT without such an element; an error leaves sum unchanged.
 */
int percpu_sum(int map_fd, const void *key, uint64_t *sum, size_t words);

/* Makes an element of zeros, unless there is one. 0 or -errno. */
int percpu_add(int map_fd, const void *key, size_t words);

#endif
