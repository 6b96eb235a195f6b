/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source_kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

int source_possible_cpus(void)
{
	return libbpf_num_possible_cpus();
}

static int map_info(int map_fd, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(map_fd, info, &size);
}

int source_check_map(int map_fd, char text[static STATUS_TEXT_MAX])
{
	struct bpf_map_info info;
	int err = map_info(map_fd, &info);

	if (err) {
		snprintf(text, STATUS_TEXT_MAX, "cannot ask the kernel about the map: %s",
			 strerror(-err));
		return err;
	}
	if (info.type == BPF_MAP_TYPE_PERCPU_ARRAY && info.key_size == sizeof(__u32) &&
	    info.value_size == sizeof(struct xdp_stats_rec) &&
	    info.max_entries == XDP_STATS_ACTIONS)
		return 0;
	snprintf(text, STATUS_TEXT_MAX,
		 "map '%s' (id %u) is no counter map: it has type %u, key size %u, value size %u "
		 "and "
		 "%u entries; expected type %u (per-CPU array), %zu, %zu and %d",
		 info.name, info.id, info.type, info.key_size, info.value_size, info.max_entries,
		 BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32), sizeof(struct xdp_stats_rec),
		 XDP_STATS_ACTIONS);
	return -EINVAL;
}

int source_read_map(int map_fd, struct counters *sum)
{
	/* One slot for each possible CPU and verdict; that number is fixed at boot. */
	static struct xdp_stats_rec *slots;
	int cpus = source_possible_cpus();
	__u32 keys[XDP_STATS_ACTIONS], position, count = XDP_STATS_ACTIONS;
	int err;

	if (cpus < 0)
		return cpus;
	if (!slots)
		slots = calloc((size_t)cpus * XDP_STATS_ACTIONS, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	err = bpf_map_lookup_batch(map_fd, NULL, &position, keys, slots, &count, NULL);
	if (err && err != -ENOENT) /* ENOENT: the end of the map was reached */
		return err;
	if (count != XDP_STATS_ACTIONS)
		return -EIO;
	counters_sum(sum, slots, (unsigned int)cpus);
	return 0;
}

int source_map_id(int map_fd, uint32_t *id)
{
	struct bpf_map_info info;
	int err = map_info(map_fd, &info);

	if (!err)
		*id = info.id;
	return err;
}

struct program_info source_describe_fd(int prog_fd)
{
	struct program_info described = { 0 };
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &size))
		return described;
	snprintf(described.name, sizeof(described.name), "%s", info.name);
	for (unsigned int i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(described.tag + 2 * i, 3, "%02x", info.tag[i]);
	return described;
}

struct program_info source_describe(uint32_t prog_id)
{
	_cleanup_close_ int fd = prog_id ? bpf_prog_get_fd_by_id(prog_id) : -1;

	struct program_info none = { 0 };

	return fd < 0 ? none : source_describe_fd(fd);
}
