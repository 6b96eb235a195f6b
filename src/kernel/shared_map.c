/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/shared_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "kernel/bpf_info.h"
#include "lib/util.h"

static bool is_like(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info;

	return !bpf_info_of_map(fd, &info) && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map);
}

int shared_map_use(struct bpf_map *map, const struct pins *pins, enum pin pin,
		   struct reason *reason)
{
	_cleanup_close_ int fd = pins ? pins_get(pins, PINS_IN_COMMON, pin, reason) : -ENOENT;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (!is_like(map, fd))
		return reason_set(reason, -EINVAL,
				  "pin %s is left alone: it is no map '%s' of this version",
				  pins_path(pins, PINS_IN_COMMON, pin), bpf_map__name(map));
	if (!bpf_info_is_writable(fd))
		return reason_set(reason, -EPERM,
				  "pin %s is left alone: its map cannot be written to (somebody "
				  "has frozen it); remove it",
				  pins_path(pins, PINS_IN_COMMON, pin));
	return bpf_map__reuse_fd(map, fd);
}

int shared_map_pin(const struct bpf_map *map, const struct pins *pins, enum pin pin,
		   struct reason *reason)
{
	if (!pins || pins_exists(pins, PINS_IN_COMMON, pin))
		return 0;
	return pins_put(pins, PINS_IN_COMMON, pin, bpf_map__fd(map), reason);
}
