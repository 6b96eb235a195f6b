/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counter program: counts each frame of its interface as XDP_PASS and passes it.
 *
 * It stands here twice, with two ways to learn a frame's length. data_end - data is free, but it is
 * only the linear part of a multi-buffer frame; bpf_xdp_get_buff_len() is right for both, but costs
 * a call for every frame. Kernels from 6.2 on let a program look at xdp_buff.flags, so that only
 * multi-buffer frames pay for the call. User space loads the first of the two that the kernel takes
 * (src/source_count.c), with a map of its own for each interface.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "kernel.h"
#include "xdp_stats.h"

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct xdp_stats_rec);
	__uint(max_entries, XDP_STATS_ACTIONS);
} XDP_STATS_MAP_NAME SEC(".maps");

static __always_inline int count(__u64 length)
{
	__u32 action = XDP_PASS;
	struct xdp_stats_rec *rec = bpf_map_lookup_elem(&XDP_STATS_MAP_NAME, &action);

	if (rec) {
		rec->rx_packets++;
		rec->rx_bytes += length;
	}
	return XDP_PASS;
}

SEC("xdp.frags")
int xdp_stats_count(struct xdp_md *ctx)
{
	struct xdp_buff *xdp = bpf_cast_to_kern_ctx(ctx);

	/* One call of count(): two would be compiled twice, and save one more register per frame.
	 */
	return count(xdp->flags & XDP_FLAGS_HAS_FRAGS ? bpf_xdp_get_buff_len(ctx)
						      : (long)ctx->data_end - (long)ctx->data);
}

SEC("xdp.frags")
int xdp_stats_count_by_call(struct xdp_md *ctx)
{
	return count(bpf_xdp_get_buff_len(ctx));
}

char LICENSE[] SEC("license") = "GPL";
