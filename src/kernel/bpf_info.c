/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/bpf_info.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "kernel/cpus.h"
#include "lib/util.h"

static int map_info(int map_fd, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(map_fd, info, &size);
}

/* types is what the text says of the type. */
static int check_layout(const struct bpf_map_info *info, bool good_type, const char *types,
			char text[static STATUS_TEXT_MAX])
{
	if (good_type && info->key_size == sizeof(__u32) &&
	    info->value_size == sizeof(struct xdp_stats_rec) &&
	    info->max_entries == XDP_STATS_ACTIONS)
		return 0;
	snprintf(text, STATUS_TEXT_MAX,
		 "map '%s' (id %u) has type %u, key size %u, value size %u, entries %u; expected "
		 "%s, %zu, %zu, %d",
		 info->name, info->id, info->type, info->key_size, info->value_size,
		 info->max_entries, types, sizeof(__u32), sizeof(struct xdp_stats_rec),
		 XDP_STATS_ACTIONS);
	return -EINVAL;
}

static int ask_for_map(int map_fd, struct bpf_map_info *info, char text[static STATUS_TEXT_MAX])
{
	int err = map_info(map_fd, info);

	if (err)
		snprintf(text, STATUS_TEXT_MAX, "cannot ask the kernel about the map: %s",
			 strerror(-err));
	return err;
}

int source_check_map(int map_fd, char text[static STATUS_TEXT_MAX])
{
	struct bpf_map_info info;
	int err = ask_for_map(map_fd, &info, text);

	return err ? err
		   : check_layout(&info, info.type == BPF_MAP_TYPE_PERCPU_ARRAY,
				  "6 (per-CPU array)", text);
}

int source_check_foreign_map(int map_fd, unsigned int *values, char text[static STATUS_TEXT_MAX])
{
	struct bpf_map_info info;
	int cpus = cpus_count();
	int err = ask_for_map(map_fd, &info, text);

	if (!err)
		err = check_layout(&info,
				   info.type == BPF_MAP_TYPE_PERCPU_ARRAY ||
					   info.type == BPF_MAP_TYPE_ARRAY,
				   "6 (per-CPU array) or 2 (array)", text);
	if (!err)
		*values = info.type == BPF_MAP_TYPE_ARRAY ? 1 : (unsigned int)cpus;
	return err;
}

/* NULL: without numbers or memory they are not known. */
static struct cpu_counters *copy_slots(const struct xdp_stats_rec *slots, unsigned int cpus)
{
	size_t size = (size_t)XDP_STATS_ACTIONS * cpus * sizeof(*slots);
	const unsigned int *number = cpus_possible(cpus);
	struct cpu_counters *copy = number ? malloc(sizeof(*copy) + size) : NULL;

	if (copy) {
		copy->cpus = cpus;
		copy->number = number;
		memcpy(copy->slot, slots, size);
	}
	return copy;
}

int source_read_map(int map_fd, unsigned int values, struct counters *sum,
		    struct cpu_counters **each)
{
	/* One slot for each possible CPU and verdict; that number is fixed at boot. */
	static struct xdp_stats_rec *slots;
	int cpus = cpus_count();
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
	counters_sum(sum, slots, values);
	if (each)
		*each = values == (unsigned int)cpus ? copy_slots(slots, values) : NULL;
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

int source_prog_info(int prog_fd, struct bpf_prog_info *info, uint32_t *entry)
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

int source_map_ids(int prog_fd, struct map_ids *maps)
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

bool source_has_map_id(const struct map_ids *maps, uint32_t map_id)
{
	for (uint32_t i = 0; i < maps->count; i++)
		if (maps->id[i] == map_id)
			return true;
	return false;
}

int source_link_info(int link_fd, struct bpf_link_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(link_fd, info, &size);
}

bool source_has_capability(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	return !syscall(SYS_capget, &header, sets) &&
	       sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}
