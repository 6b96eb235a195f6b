/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/stats_map.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/cpus.h"
#include "lib/util.h"

/* types is what the text says of the type. */
static int check_layout(const struct bpf_map_info *info, bool good_type, const char *types,
			struct reason *reason)
{
	if (good_type && info->key_size == sizeof(__u32) &&
	    info->value_size == sizeof(struct xdp_stats_rec) &&
	    info->max_entries == XDP_STATS_ACTIONS)
		return 0;
	return reason_set(
		reason, -EINVAL,
		"map '%s' (id %u) has type %u, key size %u, value size %u, entries %u; expected "
		"%s, %zu, %zu, %d",
		info->name, info->id, info->type, info->key_size, info->value_size,
		info->max_entries, types, sizeof(__u32), sizeof(struct xdp_stats_rec),
		XDP_STATS_ACTIONS);
}

static int ask_for_map(int map_fd, struct bpf_map_info *info, struct reason *reason)
{
	int err = bpf_info_of_map(map_fd, info);

	return err ? reason_set(reason, err, "cannot ask the kernel about the map: %s",
				strerror(-err))
		   : 0;
}

int stats_map_check(int map_fd, struct reason *reason)
{
	struct bpf_map_info info;
	int err = ask_for_map(map_fd, &info, reason);

	return err ? err
		   : check_layout(&info, info.type == BPF_MAP_TYPE_PERCPU_ARRAY,
				  "6 (per-CPU array)", reason);
}

int stats_map_check_foreign(int map_fd, unsigned int *values, struct reason *reason)
{
	struct bpf_map_info info;
	int err = ask_for_map(map_fd, &info, reason);

	if (!err)
		err = check_layout(&info,
				   info.type == BPF_MAP_TYPE_PERCPU_ARRAY ||
					   info.type == BPF_MAP_TYPE_ARRAY,
				   "6 (per-CPU array) or 2 (array)", reason);
	if (!err)
		*values = info.type == BPF_MAP_TYPE_ARRAY ? 1 : (unsigned int)cpus_count();
	return err;
}

int stats_map_get_pinned(const struct pins *pins, unsigned int ifindex, bool foreign,
			 unsigned int *values, struct reason *reason)
{
	_cleanup_close_ int fd = pins_get(pins, ifindex, PIN_MAP, reason);
	struct reason why;
	int err;

	if (fd < 0)
		return fd;
	if (foreign) {
		err = stats_map_check_foreign(fd, values, &why);
	} else {
		err = stats_map_check(fd, &why);
		*values = (unsigned int)cpus_count();
	}
	if (err)
		return reason_set(reason, err, "pin %s is left alone: %s",
				  pins_path(pins, ifindex, PIN_MAP), why.text);
	return take_fd(&fd);
}

static struct cpu_counters *allocate(int cpus)
{
	size_t slots = (size_t)cpus * XDP_STATS_ACTIONS;
	struct cpu_counters *counters = malloc(sizeof(*counters) + slots * sizeof(*counters->slot));

	if (counters)
		counters->cpus = (unsigned int)cpus;
	return counters;
}

int stats_map_read(int map_fd, unsigned int values, struct counters *sum,
		   struct cpu_counters **each)
{
	__u32 keys[XDP_STATS_ACTIONS], position, count = XDP_STATS_ACTIONS;
	int cpus = cpus_count(), err;
	_cleanup_free_ struct cpu_counters *read = cpus < 0 ? NULL : allocate(cpus);

	if (cpus < 0)
		return cpus;
	if (!read)
		return -ENOMEM;
	err = bpf_map_lookup_batch(map_fd, NULL, &position, keys, read->slot, &count, NULL);
	if (err && err != -ENOENT) /* ENOENT: the end of the map was reached */
		return err;
	if (count != XDP_STATS_ACTIONS)
		return -EIO;
	counters_sum(sum, read->slot, values);
	if (!each)
		return 0;
	read->number = cpus_possible(read->cpus);
	*each = NULL;
	if (values == read->cpus && read->number) {
		*each = read;
		read = NULL;
	}
	return 0;
}
