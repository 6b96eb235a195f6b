/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sources ask the kernel about maps and programs, besides what source.h offers to all. */
#ifndef XDP_AGENTX_KERNEL_BPF_INFO_H
#define XDP_AGENTX_KERNEL_BPF_INFO_H

#include "source/source.h"

/*
 * As source_check_map(), for a map of somebody else, which may have one value for all CPUs
 * (BPF_MAP_TYPE_ARRAY): *values says how many it has for each verdict.
 */
int source_check_foreign_map(int map_fd, unsigned int *values, char text[static STATUS_TEXT_MAX]);

/*
 * Reads a whole map that was found good, with one system call, and adds its values up: one for each
 * possible CPU, or just one. 0 or -errno; *sum is then unchanged. each may be NULL; else *each gets
 * the values, which are the caller's, or NULL if there is not one for each CPU.
 */
int source_read_map(int map_fd, unsigned int values, struct counters *sum,
		    struct cpu_counters **each);

/* The number by which the kernel knows a map. 0 or -errno; *id is then unchanged. */
int source_map_id(int map_fd, uint32_t *id);

/*
 * What the kernel tells of a program, and the BTF id of its entry function: 0 if it has no BTF, or
 * without CAP_BPF. 0 or -errno.
 */
struct bpf_prog_info;
int source_prog_info(int prog_fd, struct bpf_prog_info *info, uint32_t *entry);

/* The maps that a program may use (MAX_USED_MAPS in the kernel's bpf_verifier.h). */
#define MAP_IDS_MAX 64

/* The maps that a program refers to. */
struct map_ids {
	uint32_t id[MAP_IDS_MAX];
	uint32_t count;
};

/* 0 or -errno; without CAP_SYS_ADMIN the kernel tells none of a program that is not ours. */
int source_map_ids(int prog_fd, struct map_ids *maps);
bool source_has_map_id(const struct map_ids *maps, uint32_t map_id);

/* What the kernel tells of a link. 0 or -errno. */
struct bpf_link_info;
int source_link_info(int link_fd, struct bpf_link_info *info);

/* Whether a capability of linux/capability.h is in the effective set of the process. */
bool source_has_capability(int capability);

#endif
