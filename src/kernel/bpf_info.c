/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/bpf_info.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* More than any key of ours has. */
#define BPF_INFO_KEY_MAX 64

static int info_of(int fd, void *info, size_t size)
{
	__u32 told = (__u32)size;

	memset(info, 0, size);
	return bpf_obj_get_info_by_fd(fd, info, &told);
}

int bpf_info_of_map(int map_fd, struct bpf_map_info *info)
{
	return info_of(map_fd, info, sizeof(*info));
}

int bpf_info_of_prog(int prog_fd, struct bpf_prog_info *info)
{
	return info_of(prog_fd, info, sizeof(*info));
}

int bpf_info_of_link(int link_fd, struct bpf_link_info *info)
{
	return info_of(link_fd, info, sizeof(*info));
}

int bpf_info_with_entry(int prog_fd, struct bpf_prog_info *info, uint32_t *entry)
{
	struct bpf_func_info function = { 0 };
	__u32 size = sizeof(*info);
	int err;

	*info = (struct bpf_prog_info){
		.func_info = (__u64)(uintptr_t)&function,
		.func_info_rec_size = sizeof(function),
		.nr_func_info = 1,
	};
	err = bpf_obj_get_info_by_fd(prog_fd, info, &size);
	if (!err)
		*entry = function.type_id;
	return err;
}

int bpf_info_map_id(int map_fd, uint32_t *id)
{
	struct bpf_map_info info;
	int err = bpf_info_of_map(map_fd, &info);

	if (!err)
		*id = info.id;
	return err;
}

int bpf_info_map_ids(int prog_fd, struct map_ids *maps)
{
	struct bpf_prog_info info = {
		.nr_map_ids = MAP_IDS_MAX,
		.map_ids = (__u64)(uintptr_t)maps->id,
	};
	__u32 size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(prog_fd, &info, &size);

	if (!err)
		maps->count = info.nr_map_ids < MAP_IDS_MAX ? info.nr_map_ids : MAP_IDS_MAX;
	return err;
}

bool map_ids_have(const struct map_ids *maps, uint32_t map_id)
{
	for (uint32_t i = 0; i < maps->count; i++)
		if (maps->id[i] == map_id)
			return true;
	return false;
}

bool bpf_info_uses_map(int prog_fd, int map_fd)
{
	struct map_ids maps = { .count = 0 };
	uint32_t map_id;

	return !bpf_info_map_id(map_fd, &map_id) && !bpf_info_map_ids(prog_fd, &maps) &&
	       map_ids_have(&maps, map_id);
}

bool bpf_info_same_tag(int prog_fd, int other_fd)
{
	struct bpf_prog_info info, other;

	return !bpf_info_of_prog(prog_fd, &info) && !bpf_info_of_prog(other_fd, &other) &&
	       !memcmp(info.tag, other.tag, BPF_TAG_SIZE);
}

/* The kernel asks for permission first: map_delete_elem() in kernel/bpf/syscall.c. */
bool bpf_info_is_writable(int map_fd)
{
	static const char zero[BPF_INFO_KEY_MAX];

	return bpf_map_delete_elem(map_fd, zero) != -EPERM;
}

void bpf_info_object(int fd, char object[static BPF_OBJECT_MAX])
{
	char descriptor[32];
	ssize_t length;

	snprintf(descriptor, sizeof(descriptor), "/proc/self/fd/%d", fd);
	length = readlink(descriptor, object, BPF_OBJECT_MAX - 1);
	object[length < 0 ? 0 : length] = '\0';
}

bool bpf_info_is_map(int fd)
{
	char object[BPF_OBJECT_MAX];

	bpf_info_object(fd, object);
	return !strcmp(object, BPF_MAP_OBJECT);
}
