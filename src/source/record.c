/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/record.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/util.h"

static const uint32_t only_key;

static bool is_state_map(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) && info.type == BPF_MAP_TYPE_ARRAY &&
	       info.key_size == sizeof(only_key) &&
	       info.value_size == sizeof(struct source_state) && info.max_entries == 1;
}

int source_state_open(struct source_state *out, const struct pins *pins, unsigned int ifindex,
		      char error[static PINS_ERROR_MAX])
{
	_cleanup_close_ int fd = pins_get(pins, ifindex, PIN_STATE, error);
	struct source_state state;

	if (fd < 0)
		return fd;
	if (!is_state_map(fd)) {
		snprintf(
			error, PINS_ERROR_MAX,
			"pin %.100s is left alone: it is no state record; expected an array of one "
			"value of %zu octets",
			pins_path(pins, ifindex, PIN_STATE), sizeof(state));
		return -EINVAL;
	}
	if (bpf_map_lookup_elem(fd, &only_key, &state)) {
		snprintf(error, PINS_ERROR_MAX, "cannot read pin %.100s: %s",
			 pins_path(pins, ifindex, PIN_STATE), strerror(errno));
		return -EIO;
	}
	if (state.version != SOURCE_STATE_VERSION) {
		snprintf(error, PINS_ERROR_MAX,
			 "pin %.100s is left alone: its layout has version %u, expected %d",
			 pins_path(pins, ifindex, PIN_STATE), state.version, SOURCE_STATE_VERSION);
		return -EINVAL;
	}
	state.name[IFNAMSIZ - 1] = '\0';
	*out = state;
	return take_fd(&fd);
}

int source_state_create(const struct source_state *state, const struct pins *pins,
			unsigned int ifindex, char error[static PINS_ERROR_MAX])
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_stats_state",
						sizeof(only_key), sizeof(*state), 1, NULL);
	int err = fd < 0 ? fd : source_state_write(fd, state);

	if (err) {
		snprintf(error, PINS_ERROR_MAX, "cannot make the state record: %s", strerror(-err));
		return err;
	}
	/* Written first, pinned then: a pinned record is never an empty one. */
	err = pins_put(pins, ifindex, PIN_STATE, fd, error);
	return err ? err : take_fd(&fd);
}

int source_state_write(int fd, const struct source_state *state)
{
	return bpf_map_update_elem(fd, &only_key, state, BPF_ANY);
}

bool source_state_is_of(const struct source_state *state, const struct link *link)
{
	return state->address == link->address && !strcmp(state->name, link->name);
}

void source_state_name(struct source_state *state, const struct link *link)
{
	state->address = link->address;
	memcpy(state->name, link->name, sizeof(state->name));
}
