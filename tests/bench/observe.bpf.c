/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the observer is measured on, a program that drops all frames, and the same program when it
 * counts by itself.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_stats.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct xdp_stats_rec);
	__uint(max_entries, XDP_STATS_ACTIONS);
} own_counters SEC(".maps");

SEC("xdp")
int bench_drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("xdp")
int bench_counts(struct xdp_md *ctx)
{
	__u32 action = XDP_DROP;
	struct xdp_stats_rec *rec = bpf_map_lookup_elem(&own_counters, &action);

	if (rec) {
		rec->rx_packets++;
		rec->rx_bytes += (long)ctx->data_end - (long)ctx->data;
	}
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
