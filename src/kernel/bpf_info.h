/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of maps, programs and links (BPF_OBJ_GET_INFO_BY_FD, linux/bpf.h). */
#ifndef XDP_AGENTX_KERNEL_BPF_INFO_H
#define XDP_AGENTX_KERNEL_BPF_INFO_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The kernel gives information about any object that is asked for any other: bpf_info_object()
 * tells them apart. 0 or -errno; *info is then undefined.
 */
int bpf_info_of_map(int map_fd, struct bpf_map_info *info);
int bpf_info_of_prog(int prog_fd, struct bpf_prog_info *info);
int bpf_info_of_link(int link_fd, struct bpf_link_info *info);

/* The same, and the BTF id of its entry function: 0 if it has no BTF, or without CAP_BPF. */
int bpf_info_with_entry(int prog_fd, struct bpf_prog_info *info, uint32_t *entry);

/* The number by which the kernel knows a map. 0 or -errno; *id is then unchanged. */
int bpf_info_map_id(int map_fd, uint32_t *id);

/* The maps that a program may use (MAX_USED_MAPS in the kernel's bpf_verifier.h). */
#define MAP_IDS_MAX 64

/* The maps that a program refers to. */
struct map_ids {
	uint32_t id[MAP_IDS_MAX];
	uint32_t count;
};

/* 0 or -errno. */
int bpf_info_map_ids(int prog_fd, struct map_ids *maps);
bool map_ids_have(const struct map_ids *maps, uint32_t map_id);

#define BPF_MAP_OBJECT "anon_inode:bpf-map"
#define BPF_PROG_OBJECT "anon_inode:bpf-prog"
#define BPF_LINK_OBJECT "anon_inode:bpf-link"

/*
 * What the kernel calls the object behind a descriptor, one of the above; "" if it does not
 * say.
 */
#define BPF_OBJECT_MAX 64
void bpf_info_object(int fd, char object[static BPF_OBJECT_MAX]);
bool bpf_info_is_map(int fd);

/*
 * Whether we may write to a map, which is not changed by that question: no key of it is 0, or it is
 * an array. False: it is frozen, or was made for reading only.
 */
bool bpf_info_is_writable(int map_fd);

/* Whether a program refers to a map. */
bool bpf_info_uses_map(int prog_fd, int map_fd);

/* Whether the digests of two programs' instructions are the same, whatever maps they use. */
bool bpf_info_same_tag(int prog_fd, int other_fd);

#endif
