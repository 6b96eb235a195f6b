/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look as JSON (RFC 8259); the shape is that of xdp-stats(8). */
#ifndef XDP_AGENTX_STATS_JSON_H
#define XDP_AGENTX_STATS_JSON_H

#include "stats/look.h"

/* Prints it as one line. 0; or -errno of writing it. */
int json_print(const struct look *look);

#endif
