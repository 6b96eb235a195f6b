/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counter program: counts each frame of its interface as XDP_PASS and passes it. From Linux 6.2
 * on a program can look at xdp_buff.flags, so that only multi-buffer frames pay for the call.
 */
#include "count.h"
#include "kernel.h"

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;

SEC("xdp.frags")
int xdp_stats_count(struct xdp_md *ctx)
{
	struct xdp_buff *xdp = bpf_cast_to_kern_ctx(ctx);

	/* One call of count(): two would be compiled twice, and save one more register per frame.
	 */
	return count(xdp->flags & XDP_FLAGS_HAS_FRAGS ? bpf_xdp_get_buff_len(ctx)
						      : (long)ctx->data_end - (long)ctx->data);
}
