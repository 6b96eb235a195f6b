/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/shared_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>

#include "lib/log.h"
#include "lib/util.h"

static bool is_like(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map);
}

int common_map_use(struct bpf_map *map, const struct pins *pins, enum pin pin,
		   char error[static PINS_ERROR_MAX])
{
	_cleanup_close_ int fd = pins ? pins_get(pins, PINS_IN_COMMON, pin, error) : -ENOENT;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (!is_like(map, fd)) {
		snprintf(error, PINS_ERROR_MAX,
			 "pin %.120s is left alone: it is no map '%s' of this version",
			 pins_path(pins, PINS_IN_COMMON, pin), bpf_map__name(map));
		return -EINVAL;
	}
	return bpf_map__reuse_fd(map, fd);
}

void common_map_keep(const struct bpf_map *map, const struct pins *pins, enum pin pin)
{
	char error[PINS_ERROR_MAX];

	if (pins && access(pins_path(pins, PINS_IN_COMMON, pin), F_OK) &&
	    pins_put(pins, PINS_IN_COMMON, pin, bpf_map__fd(map), error))
		log_warning(0, "%s", error);
}
