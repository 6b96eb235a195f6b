/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that counts by itself in a map of the layout of xdp_stats.h, as the XDP tutorial's
 * does, and gives the verdict which the first octet after a frame's header asks for.
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

/* Another one that it uses: how many frames were too short to ask for something. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} short_frames SEC(".maps");

static __always_inline __u32 decide(const struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 key = 0;
	__u64 *count;

	if (data + 15 <= end)
		return data[14];
	count = bpf_map_lookup_elem(&short_frames, &key);
	if (count)
		++*count;
	return XDP_PASS;
}

/* Compiled with any other type, it cannot be observed. */
#ifndef ARGUMENT
#define ARGUMENT struct xdp_md
#endif

SEC("xdp")
int own_map(ARGUMENT *argument)
{
	struct xdp_md *ctx = argument;
	__u32 verdict = decide(ctx);
	struct xdp_stats_rec *rec = bpf_map_lookup_elem(&XDP_STATS_MAP_NAME, &verdict);

	if (rec) {
		rec->rx_packets++;
		rec->rx_bytes += (__u64)ctx->data_end - ctx->data;
	}
	return (int)verdict;
}

char LICENSE[] SEC("license") = "GPL";
