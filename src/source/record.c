/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/record.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>

#include "kernel/bpf_info.h"
#include "lib/util.h"

static const uint32_t only_key;

/* The layout of 0.1.0 is the same up to the checksum. */
#define OLD_VERSION 2
#define OLD_SIZE offsetof(struct record, checksum)

/* How many octets a value has; 0: it is not a record's map. */
static size_t record_size(int fd)
{
	struct bpf_map_info info;

	if (bpf_info_of_map(fd, &info) || info.type != BPF_MAP_TYPE_ARRAY ||
	    info.key_size != sizeof(only_key) || info.max_entries != 1 ||
	    (info.value_size != sizeof(struct record) && info.value_size != OLD_SIZE))
		return 0;
	return info.value_size;
}

static uint64_t checksum_of(const struct record *record)
{
	return crc32(0, (const Bytef *)record, OLD_SIZE);
}

static bool is_past(int64_t time)
{
	return time >= 0 && time <= monotonic_ms();
}

/* What is served is never below zero. */
static bool adds_up(const struct carry *carry)
{
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS; i++)
		if (carry->last.action[i].rx_packets < carry->adopted.action[i].rx_packets ||
		    carry->last.action[i].rx_bytes < carry->adopted.action[i].rx_bytes)
			return false;
	return true;
}

/* Why a record of a known version cannot be one of ours, or NULL. */
static const char *fault_of(const struct record *record)
{
	if (record->version == RECORD_VERSION && record->checksum != checksum_of(record))
		return "its checksum is wrong";
	if (!is_past(record->discontinuity) || !is_past(record->last_change))
		return "a time in it is not in the past of this machine";
	if (record->kind > SOURCE_MAP || record->foreign > 1)
		return "it has an unknown kind of source";
	if (!record->map_id || !*record->name || record->name[IFNAMSIZ - 1])
		return "it names neither map nor interface";
	if (!adds_up(&record->carry))
		return "its counters do not add up";
	return NULL;
}

int record_open(struct record *out, const struct pins *pins, unsigned int ifindex,
		struct reason *reason)
{
	_cleanup_close_ int fd = pins_get(pins, ifindex, PIN_STATE, reason);
	const char *path = pins_path(pins, ifindex, PIN_STATE), *fault;
	struct record record = { 0 };
	size_t size;

	if (fd < 0)
		return fd;
	size = record_size(fd);
	if (!size)
		return reason_set(reason, -EINVAL,
				  "pin %s is left alone: it is no state record; expected an array "
				  "of one value of %zu octets",
				  path, sizeof(record));
	if (bpf_map_lookup_elem(fd, &only_key, &record))
		return reason_set(reason, -EIO, "cannot read pin %s: %s", path, strerror(errno));
	if (record.version != (size == OLD_SIZE ? OLD_VERSION : RECORD_VERSION))
		return reason_set(reason, -EINVAL,
				  "pin %s is left alone: its layout has version %u, expected %d",
				  path, record.version, RECORD_VERSION);
	fault = fault_of(&record);
	if (fault)
		return reason_set(reason, -EINVAL, "pin %s is left alone: %s", path, fault);
	*out = record;
	return take_fd(&fd);
}

int record_make(const struct record *record, struct reason *reason)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_stats_state",
						sizeof(only_key), sizeof(*record), 1, NULL);
	int err = fd < 0 ? fd : record_write(fd, record);

	if (err)
		return reason_set(reason, err, "cannot make the state record: %s", strerror(-err));
	return take_fd(&fd);
}

int record_write(int fd, const struct record *record)
{
	struct record written = *record;

	written.checksum = checksum_of(&written);
	return bpf_map_update_elem(fd, &only_key, &written, BPF_ANY);
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
