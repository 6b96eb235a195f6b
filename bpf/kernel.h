/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few kernel-internal types that our programs touch. libbpf relocates the fields to where the
 * running kernel has them (CO-RE), so only names and types count here, not offsets.
 */
#ifndef XDP_AGENTX_KERNEL_H
#define XDP_AGENTX_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* include/net/xdp.h */
struct xdp_buff {
	__u32 flags;
};

#pragma clang attribute pop

/* enum xdp_buff_flags in include/net/xdp.h: the frame has fragments behind its linear part. */
#define XDP_FLAGS_HAS_FRAGS 1

#endif
