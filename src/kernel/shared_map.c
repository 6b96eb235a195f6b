/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/shared_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>

#include "kernel/bpf_info.h"
#include "lib/log.h"
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
	return bpf_map__reuse_fd(map, fd);
}

void shared_map_pin(const struct bpf_map *map, const struct pins *pins, enum pin pin)
{
	struct reason reason;

	if (pins && !pins_exists(pins, PINS_IN_COMMON, pin) &&
	    pins_put(pins, PINS_IN_COMMON, pin, bpf_map__fd(map), &reason))
		log_warning(0, "%s", reason.text);
}
