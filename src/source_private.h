/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sources share among their own files. */
#ifndef XDP_AGENTX_SOURCE_PRIVATE_H
#define XDP_AGENTX_SOURCE_PRIVATE_H

#include "source_count.h"
#include "source_observe.h"
#include "source_state.h"

struct source {
	unsigned int ifindex;
	const struct pins *pins;   /* NULL: nothing of this source is pinned */
	const struct pins *common; /* the same, but NULL only if nothing is pinned at all */
	int map_fd, state_fd;      /* state_fd is -1 without pins */
	struct source_state state;
	struct count_attachment writer; /* link_fd is -1 while there is none */
	struct observation observation; /* at most one of the two is in use */
	bool link_pinned, observation_pinned;
	bool resumed; /* the writer is one that an earlier run left, and missed nothing */
	char remark[PINS_ERROR_MAX]; /* why something is not pinned, or empty */
	bool refused;                /* the remark is about a pin that is there */
};

/*
 * The pinned counter map of an interface: a descriptor that the caller owns, -ENOENT if nothing is
 * pinned, or another -errno with what is wrong with the pin in error.
 */
int source_pinned_map(const struct pins *pins, unsigned int ifindex,
		      char error[static PINS_ERROR_MAX]);

#endif
