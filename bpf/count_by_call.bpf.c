/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter program for kernels before 6.2, and for agents without CAP_PERFMON. */
#include "count.h"

SEC("xdp.frags")
int xdp_stats_count(struct xdp_md *ctx)
{
	return count(bpf_xdp_get_buff_len(ctx));
}
