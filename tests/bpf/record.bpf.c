/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that counts by itself, whose verdict and cut are set by the test. */
#include <xdp-agentx/xdp_stats.bpf.h>

__u32 verdict;
int cut; /* octets taken off the front of the frame */

SEC("xdp.frags")
int record(struct xdp_md *ctx)
{
	if (cut)
		bpf_xdp_adjust_head(ctx, cut);
	return xdp_stats_record(ctx, verdict);
}

#ifdef XDP_STATS_LENGTH_BY_CALL
char LICENSE[] SEC("license") = "BSD";
#else
char LICENSE[] SEC("license") = "GPL";
#endif
