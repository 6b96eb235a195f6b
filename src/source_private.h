/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source is made of, for source.c and source_open.c. */
#ifndef XDP_AGENTX_SOURCE_PRIVATE_H
#define XDP_AGENTX_SOURCE_PRIVATE_H

#include "source_count.h"
#include "source_state.h"

struct source {
	unsigned int ifindex;
	const struct pins *pins; /* NULL: nothing of this source is pinned */
	int map_fd, state_fd;    /* state_fd is -1 without pins */
	struct source_state state;
	struct count_attachment writer; /* link_fd is -1 while there is none */
	bool link_pinned;
	char remark[PINS_ERROR_MAX]; /* why something is not pinned, or empty */
	bool refused;                /* the remark is about a pin that is there */
};

#endif
