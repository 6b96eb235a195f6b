/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the values of somebody else's map are packets and octets, in this order. */
#ifndef XDP_AGENTX_SOURCE_MAP_MEANING_H
#define XDP_AGENTX_SOURCE_MAP_MEANING_H

#include <stdbool.h>

#include "lib/reason.h"

/*
 * Of a map whose values have the right size: where the map has BTF, names and types of the members
 * tell. 0, with *on_trust where nothing tells (no BTF, or without the broker); or -EINVAL with
 * what was found and what is expected in reason.
 */
int map_meaning_check(int map_fd, bool *on_trust, struct reason *reason);

#endif
