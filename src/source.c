/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source_count.h"
#include "util.h"

struct source {
	int map_fd;
	struct count_attachment writer; /* link_fd is -1 while there is none */
};

int source_possible_cpus(void)
{
	return libbpf_num_possible_cpus();
}

int source_check_map(int map_fd, char text[static STATUS_TEXT_MAX])
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(map_fd, &info, &size);

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

int source_open(struct source **out, char text[static STATUS_TEXT_MAX])
{
	_cleanup_close_ int map_fd = count_create_map(text);
	struct source *source;
	int err;

	if (map_fd < 0)
		return map_fd;
	err = source_check_map(map_fd, text);
	if (err)
		return err;
	source = malloc(sizeof(*source));
	if (!source) {
		snprintf(text, STATUS_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	*source = (struct source){ .map_fd = take_fd(&map_fd), .writer.link_fd = -1 };
	*out = source;
	return 0;
}

int source_attach(struct source *source, const struct link *link, enum rule_hook hook,
		  char text[static STATUS_TEXT_MAX])
{
	source_detach(source);
	return count_attach(&source->writer, source->map_fd, link, hook, text);
}

void source_detach(struct source *source)
{
	if (source->writer.link_fd >= 0)
		close(source->writer.link_fd);
	source->writer = (struct count_attachment){ .link_fd = -1 };
}

void source_close(struct source *source)
{
	if (!source)
		return;
	source_detach(source);
	close(source->map_fd);
	free(source);
}

uint32_t source_prog_id(const struct source *source)
{
	return source->writer.prog_id;
}

enum xdp_mode source_mode(const struct source *source)
{
	return source->writer.mode;
}

int source_read(const struct source *source, struct counters *sum)
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
	err = bpf_map_lookup_batch(source->map_fd, NULL, &position, keys, slots, &count, NULL);
	if (err && err != -ENOENT) /* ENOENT: the end of the map was reached */
		return err;
	if (count != XDP_STATS_ACTIONS)
		return -EIO;
	counters_sum(sum, slots, (unsigned int)cpus);
	return 0;
}

struct program_info source_describe(uint32_t prog_id)
{
	struct program_info described = { 0 };
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	_cleanup_close_ int fd = prog_id ? bpf_prog_get_fd_by_id(prog_id) : -1;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return described;
	snprintf(described.name, sizeof(described.name), "%s", info.name);
	for (unsigned int i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(described.tag + 2 * i, 3, "%02x", info.tag[i]);
	return described;
}

void source_cleanup(void)
{
	count_cleanup();
}
