/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few kernel-internal types that our programs touch. libbpf relocates the fields to where the
 * running kernel has them (CO-RE), so only names and types count here, not offsets.
 */
#ifndef XDP_AGENTX_KERNEL_H
#define XDP_AGENTX_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* include/net/net_namespace.h */
struct net {
	__u64 net_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

/* include/linux/bpf.h */
struct bpf_prog_aux {
	__u32 id;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

struct bpf_link {
	struct bpf_prog *prog;
};

/* net/core/dev.c */
struct bpf_xdp_link {
	struct bpf_link link;
};

/* include/linux/netdevice.h */
enum bpf_xdp_mode { XDP_MODE_SKB, XDP_MODE_DRV, XDP_MODE_HW, __MAX_XDP_MODE };

struct bpf_xdp_entity {
	struct bpf_prog *prog;
	struct bpf_xdp_link *link;
};

struct net_device {
	int ifindex;
	possible_net_t nd_net;
	struct bpf_xdp_entity xdp_state[__MAX_XDP_MODE];
};

/* include/net/xdp.h */
struct xdp_rxq_info {
	struct net_device *dev;
};

struct xdp_buff {
	void *data;
	void *data_end;
	struct xdp_rxq_info *rxq;
	__u32 flags;
};

#pragma clang attribute pop

/* enum xdp_buff_flags in include/net/xdp.h: the frame has fragments behind its linear part. */
#define XDP_FLAGS_HAS_FRAGS 1

#endif
