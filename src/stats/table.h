/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table: for people on a terminal, for scripts in a pipe. */
#ifndef XDP_AGENTX_STATS_TABLE_H
#define XDP_AGENTX_STATS_TABLE_H

#include "stats/look.h"
#include "stats/screen.h"

/* rates: it is not the first look. 0; or -errno of writing it. */
int table_print(const struct look *look, bool by_cpu, bool rates, struct screen *screen);

#endif
