/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The example for authors without its call: the second include of the header brings nothing. */
#include <xdp-agentx/xdp_stats.bpf.h>

#define xdp_stats_record(ctx, action) (action)
#include "../../docs/examples/drop_udp.bpf.c"
