/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the counter program is measured against: no work at all, and two other kinds of map. They
 * take the length as data_end - data, so that the map makes the difference.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_stats.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct xdp_stats_rec);
	__uint(max_entries, XDP_STATS_ACTIONS);
} shared_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__type(key, __u32);
	__type(value, struct xdp_stats_rec);
	__uint(max_entries, XDP_STATS_ACTIONS);
} percpu_hash SEC(".maps");

SEC("xdp.frags")
int bench_empty(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("xdp.frags")
int bench_atomic(struct xdp_md *ctx)
{
	__u32 action = XDP_PASS;
	struct xdp_stats_rec *rec = bpf_map_lookup_elem(&shared_array, &action);

	if (rec) {
		__sync_fetch_and_add(&rec->rx_packets, 1);
		__sync_fetch_and_add(&rec->rx_bytes, (long)ctx->data_end - (long)ctx->data);
	}
	return XDP_PASS;
}

/* The entry is made by user space. */
SEC("xdp.frags")
int bench_hash(struct xdp_md *ctx)
{
	__u32 action = XDP_PASS;
	struct xdp_stats_rec *rec = bpf_map_lookup_elem(&percpu_hash, &action);

	if (rec) {
		rec->rx_packets++;
		rec->rx_bytes += (long)ctx->data_end - (long)ctx->data;
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
