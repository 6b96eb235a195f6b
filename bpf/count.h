/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counter program but for the length of a frame, which can be learnt in two ways: data_end -
 * data is free, but only the linear part of a multi-buffer frame; bpf_xdp_get_buff_len() is right
 * for both, but costs a call for every frame. Each form is an object of its own (count.bpf.c,
 * count_by_call.bpf.c), for libbpf refuses the whole of an object that needs what the kernel lacks.
 * User space loads the first of them that the kernel takes, with a map for each interface.
 */
#ifndef XDP_AGENTX_COUNT_H
#define XDP_AGENTX_COUNT_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_stats.h"

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

char LICENSE[] SEC("license") = "GPL";

#endif
