/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program for each verdict. It counts what it sees in the layout of xdp_stats.h, so that there is
 * an exact number to compare other counters with.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_stats.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct xdp_stats_rec);
	__uint(max_entries, XDP_STATS_ACTIONS);
} XDP_STATS_MAP_NAME SEC(".maps");

/* Where verdict_redirect sends frames: entry 0, an ifIndex. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} redirect_target SEC(".maps");

static __always_inline int count(const struct xdp_md *ctx, __u32 action)
{
	struct xdp_stats_rec *rec = bpf_map_lookup_elem(&XDP_STATS_MAP_NAME, &action);

	if (rec) {
		rec->rx_packets++;
		rec->rx_bytes += (long)ctx->data_end - (long)ctx->data;
	}
	return action;
}

SEC("xdp")
int verdict_aborted(struct xdp_md *ctx)
{
	return count(ctx, XDP_ABORTED);
}

SEC("xdp")
int verdict_drop(struct xdp_md *ctx)
{
	return count(ctx, XDP_DROP);
}

SEC("xdp")
int verdict_pass(struct xdp_md *ctx)
{
	return count(ctx, XDP_PASS);
}

SEC("xdp")
int verdict_tx(struct xdp_md *ctx)
{
	return count(ctx, XDP_TX);
}

SEC("xdp")
int verdict_redirect(struct xdp_md *ctx)
{
	return count(ctx, (__u32)bpf_redirect_map(&redirect_target, 0, XDP_ABORTED));
}

char LICENSE[] SEC("license") = "GPL";
