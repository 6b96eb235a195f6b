/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * For authors of XDP programs: counts each frame under the verdict that the program gives it, in a
 * map that xdp-agentx reads. docs/authors.md says what that takes.
 *
 *	#include <xdp-agentx/xdp_stats.bpf.h>
 *	[...]
 *	return xdp_stats_record(ctx, action);
 */
#ifndef XDP_AGENTX_XDP_STATS_BPF_H
#define XDP_AGENTX_XDP_STATS_BPF_H

#ifndef __VMLINUX_H__
#include <linux/bpf.h>
#endif
#include <bpf/bpf_helpers.h>

#include "xdp_stats.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct xdp_stats_rec);
	__uint(max_entries, XDP_STATS_ACTIONS);
} XDP_STATS_MAP_NAME SEC(".maps");

/*
 * The length of a frame with its fragments. data_end - data is the linear part alone; the helper is
 * right for each frame, but costs a call. So it is called for frames with fragments only, where the
 * kernel lets a program see that: from Linux 6.2 on. Who defines XDP_STATS_LENGTH_BY_CALL before
 * the include has the helper called for each frame, and needs neither GPL nor BTF of the kernel.
 */
#ifdef XDP_STATS_LENGTH_BY_CALL

static __always_inline __u64 xdp_stats_length(struct xdp_md *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
}

#else

#include <bpf/bpf_core_read.h>

/* The kernel's types, under names that nobody else has: libbpf takes no notice of ___xdp_stats. */
struct xdp_buff___xdp_stats {
	__u32 flags;
} __attribute__((preserve_access_index));

enum xdp_buff_flags___xdp_stats { XDP_FLAGS_HAS_FRAGS___xdp_stats = 1 };

enum special_kfunc_type___xdp_stats { KF_bpf_cast_to_kern_ctx___xdp_stats = 1 };

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;

/* Known when the program is loaded: the verifier removes what is not for this kernel. */
static __always_inline int xdp_stats_sees_fragments(void)
{
	return bpf_core_enum_value_exists(enum special_kfunc_type___xdp_stats,
					  KF_bpf_cast_to_kern_ctx___xdp_stats) &&
	       bpf_core_enum_value_exists(enum xdp_buff_flags___xdp_stats,
					  XDP_FLAGS_HAS_FRAGS___xdp_stats) &&
	       bpf_core_field_exists(struct xdp_buff___xdp_stats, flags);
}

static __always_inline __u64 xdp_stats_length(struct xdp_md *ctx)
{
	const struct xdp_buff___xdp_stats *xdp;

	if (!__builtin_expect(xdp_stats_sees_fragments(), 1)) {
		__u64 length = bpf_xdp_get_buff_len(ctx);

		/* Else both calls become one, and the verifier can remove neither. */
		asm volatile("" : "+r"(length));
		return length;
	}
	xdp = bpf_cast_to_kern_ctx(ctx);
	if (xdp->flags &
	    bpf_core_enum_value(enum xdp_buff_flags___xdp_stats, XDP_FLAGS_HAS_FRAGS___xdp_stats))
		return bpf_xdp_get_buff_len(ctx);
	return (long)ctx->data_end - (long)ctx->data;
}

#endif

/*
 * Counts a frame, with the length that it has now, and returns the action. What is no verdict
 * counts as XDP_ABORTED, which the kernel takes it for. To be called once for each frame.
 */
static __always_inline int xdp_stats_record(struct xdp_md *ctx, __u32 action)
{
	__u32 key = action <= XDP_REDIRECT ? action : XDP_ABORTED;
	__u64 length = xdp_stats_length(ctx);
	struct xdp_stats_rec *rec = bpf_map_lookup_elem(&XDP_STATS_MAP_NAME, &key);

	if (rec) {
		rec->rx_packets++;
		rec->rx_bytes += length;
	}
	return (int)action;
}

#endif
