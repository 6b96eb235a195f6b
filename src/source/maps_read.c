/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/maps_read.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/broker.h"
#include "lib/log.h"
#include "lib/util.h"

/* More than anybody has programs that count by themselves. */
#define MAPS_MAX 65536

/* Of a map, by its id: the interface that it was read for. Several: ifindex is 0. */
struct reader {
	uint32_t ifindex, unused;
	uint64_t address;
};

static bool is_like(int fd)
{
	struct bpf_map_info info;

	return !bpf_info_of_map(fd, &info) && info.type == BPF_MAP_TYPE_HASH &&
	       info.key_size == sizeof(uint32_t) && info.value_size == sizeof(struct reader);
}

static int create(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);

	return bpf_map_create(BPF_MAP_TYPE_HASH, "xdp_maps_read", sizeof(uint32_t),
			      sizeof(struct reader), MAPS_MAX, &options);
}

/* The one that an earlier run has pinned: a descriptor that the caller owns, or -errno. */
static int open_pinned(const struct pins *pins)
{
	struct reason reason;
	_cleanup_close_ int fd = pins_get(pins, PINS_IN_COMMON, PIN_MAPS_READ, &reason);

	if (fd < 0) {
		if (fd != -ENOENT)
			log_warning(0, "%s", reason.text);
		return fd;
	}
	if (is_like(fd) && bpf_info_is_writable(fd))
		return take_fd(&fd);
	if (is_like(fd))
		log_warning(0,
			    "pin %s is left alone: its map cannot be written to (somebody has "
			    "frozen it); remove it",
			    pins_path(pins, PINS_IN_COMMON, PIN_MAPS_READ));
	else
		log_warning(0, "pin %s is left alone: it is no map '%s' of this version",
			    pins_path(pins, PINS_IN_COMMON, PIN_MAPS_READ), "xdp_maps_read");
	return -EINVAL;
}

void maps_read_open(struct maps_read *maps, const struct pins *pins)
{
	struct reason reason;
	int left;

	if (maps->fd >= 0)
		return;
	left = pins ? open_pinned(pins) : -EINVAL;
	maps->fd = left >= 0 ? left : create();
	/* What cannot be pinned now is told when it is tried again. */
	if (left == -ENOENT && maps->fd >= 0)
		pins_put(pins, PINS_IN_COMMON, PIN_MAPS_READ, maps->fd, &reason);
}

void maps_read_close(struct maps_read *maps)
{
	close_fd_at(&maps->fd);
	maps->fd = -1;
}

int maps_read_repin(const struct maps_read *maps, const struct pins *pins, struct reason *reason)
{
	if (maps->fd < 0 || !pins)
		return 0;
	return pins_repin(pins, PINS_IN_COMMON, PIN_MAPS_READ, maps->fd, reason);
}

static void forget_what_is_gone(int fd)
{
	uint32_t map_id, next;
	int err = bpf_map_get_next_key(fd, NULL, &next);

	while (!err) {
		map_id = next;
		err = bpf_map_get_next_key(fd, &map_id, &next);
		if (broker_map_is_gone(map_id))
			bpf_map_delete_elem(fd, &map_id);
	}
}

static void remember(int fd, uint32_t map_id, const struct reader *reader)
{
	if (bpf_map_update_elem(fd, &map_id, reader, BPF_ANY) != -E2BIG)
		return;
	forget_what_is_gone(fd);
	bpf_map_update_elem(fd, &map_id, reader, BPF_ANY);
}

bool maps_read_claim(const struct maps_read *maps, uint32_t map_id, const struct netdev *netdev)
{
	struct reader reader = { .ifindex = netdev->ifindex, .address = netdev->address }, before;

	if (!bpf_map_lookup_elem(maps->fd, &map_id, &before)) {
		if (!memcmp(&before, &reader, sizeof(reader)))
			return true;
		remember(maps->fd, map_id, &(struct reader){ 0 });
		return false;
	}
	remember(maps->fd, map_id, &reader);
	return true;
}
