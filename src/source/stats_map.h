/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps in the layout of bpf/xdp_stats.h: what makes one, and how it is read. */
#ifndef XDP_AGENTX_SOURCE_STATS_MAP_H
#define XDP_AGENTX_SOURCE_STATS_MAP_H

#include "kernel/pins.h"
#include "lib/reason.h"
#include "source/counters.h"

/*
 * Asks the kernel what the map is and compares type, key size, value size and number of entries
 * with the layout; a map is read only after this. Returns 0, or -EINVAL with what was found and
 * what is expected in reason, or another -errno with what could not be asked.
 */
int stats_map_check(int map_fd, struct reason *reason);

/*
 * The same for a map of somebody else, which may have one value for all CPUs (BPF_MAP_TYPE_ARRAY)
 * instead of one for each (BPF_MAP_TYPE_PERCPU_ARRAY): *values says how many it has for each
 * verdict.
 */
int stats_map_check_foreign(int map_fd, unsigned int *values, struct reason *reason);

/*
 * The pinned counter map of an interface, ours or, if it is foreign, that of a program which counts
 * by itself: a descriptor that the caller owns, with *values as above; -ENOENT if nothing is
 * pinned; or another -errno with what is wrong with the pin in reason.
 */
int stats_map_get_pinned(const struct pins *pins, unsigned int ifindex, bool foreign,
			 unsigned int *values, struct reason *reason);

/*
 * Reads a whole map that was found good, with one system call, and adds its values up: one for each
 * possible CPU, or just one. 0 or -errno; *sum is then unchanged. each may be NULL; else *each gets
 * the values, which are the caller's to free, or NULL if there is not one for each CPU.
 */
int stats_map_read(int map_fd, unsigned int values, struct counters *sum,
		   struct cpu_counters **each);

#endif
