/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/record.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "lib/util.h"

static const uint32_t only_key;

static bool is_record_map(int fd)
{
	struct bpf_map_info info;

	return !bpf_info_of_map(fd, &info) && info.type == BPF_MAP_TYPE_ARRAY &&
	       info.key_size == sizeof(only_key) && info.value_size == sizeof(struct record) &&
	       info.max_entries == 1;
}

int record_open(struct record *out, const struct pins *pins, unsigned int ifindex,
		struct reason *reason)
{
	_cleanup_close_ int fd = pins_get(pins, ifindex, PIN_STATE, reason);
	const char *path = pins_path(pins, ifindex, PIN_STATE);
	struct record record;

	if (fd < 0)
		return fd;
	if (!is_record_map(fd))
		return reason_set(reason, -EINVAL,
				  "pin %s is left alone: it is no state record; expected an array "
				  "of one value of %zu octets",
				  path, sizeof(record));
	if (bpf_map_lookup_elem(fd, &only_key, &record))
		return reason_set(reason, -EIO, "cannot read pin %s: %s", path, strerror(errno));
	if (record.version != RECORD_VERSION)
		return reason_set(reason, -EINVAL,
				  "pin %s is left alone: its layout has version %u, expected %d",
				  path, record.version, RECORD_VERSION);
	record.name[IFNAMSIZ - 1] = '\0';
	*out = record;
	return take_fd(&fd);
}

int record_create(const struct record *record, const struct pins *pins, unsigned int ifindex,
		  struct reason *reason)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_stats_state",
						sizeof(only_key), sizeof(*record), 1, NULL);
	int err = fd < 0 ? fd : record_write(fd, record);

	if (err)
		return reason_set(reason, err, "cannot make the state record: %s", strerror(-err));
	/* Written first, then pinned: a pinned record is never an empty one. */
	err = pins_put(pins, ifindex, PIN_STATE, fd, reason);
	return err ? err : take_fd(&fd);
}

int record_write(int fd, const struct record *record)
{
	return bpf_map_update_elem(fd, &only_key, record, BPF_ANY);
}

bool record_is_of(const struct record *record, const struct netdev *netdev)
{
	return record->address == netdev->address && !strcmp(record->name, netdev->name);
}

void record_set_name(struct record *record, const struct netdev *netdev)
{
	record->address = netdev->address;
	memcpy(record->name, netdev->name, sizeof(record->name));
}

enum source_kind record_kind(const struct record *record)
{
	return record->kind ? (enum source_kind)record->kind : SOURCE_NONE;
}
