/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts by itself in a map of the right sizes, with octets where others have packets. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_stats.h"

struct swapped {
	__u64 bytes;
	__u64 packets;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct swapped);
	__uint(max_entries, XDP_STATS_ACTIONS);
} XDP_STATS_MAP_NAME SEC(".maps");

SEC("xdp")
int swapped_map(struct xdp_md *ctx)
{
	__u32 verdict = XDP_PASS;
	struct swapped *swapped = bpf_map_lookup_elem(&XDP_STATS_MAP_NAME, &verdict);

	if (swapped) {
		swapped->packets++;
		swapped->bytes += (__u64)ctx->data_end - ctx->data;
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
