/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The layout of a counter map, shared by the kernel side and user space.
 *
 * One BPF_MAP_TYPE_PERCPU_ARRAY named xdp_stats_map belongs to one interface. Its key is a verdict
 * (enum xdp_action of linux/bpf.h), its value is struct xdp_stats_rec. xdp-tutorial and xdp-tools
 * use the same layout, so their readers read our maps and we read theirs.
 */
#ifndef XDP_AGENTX_XDP_STATS_H
#define XDP_AGENTX_XDP_STATS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define XDP_STATS_MAP_NAME xdp_stats_map

/* XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT: the UAPI numbers 0 to 4. */
#define XDP_STATS_ACTIONS 5

struct xdp_stats_rec {
	__u64 rx_packets;
	__u64 rx_bytes; /* with the link-layer header, without the frame check sequence */
};

#endif
