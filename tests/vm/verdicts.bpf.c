/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that gives the verdict which the first octet after a frame's header asks for. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* After the five verdicts, which stand for themselves; XDP_REDIRECT is by the devmap. */
enum {
	TO_CPU = XDP_REDIRECT + 1,
	RETURN_77,
	RETURN_MINUS_1,
	GROW_40_PASS,
	CUT_14_DROP,
	CUT_TAIL_8_DROP,
	CUT_TAIL_6000_DROP,
	DROP_IF_FRAGMENTED, /* else it passes */
};

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} cpus SEC(".maps");

static __always_inline int decide(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (data + 15 > end)
		return XDP_PASS;
	switch (data[14]) {
	case RETURN_77:
		return 77;
	case RETURN_MINUS_1:
		return -1;
	case GROW_40_PASS:
		return bpf_xdp_adjust_head(ctx, -40) ? XDP_ABORTED : XDP_PASS;
	case CUT_14_DROP:
		return bpf_xdp_adjust_head(ctx, 14) ? XDP_ABORTED : XDP_DROP;
	case CUT_TAIL_8_DROP:
		return bpf_xdp_adjust_tail(ctx, -8) ? XDP_ABORTED : XDP_DROP;
	case CUT_TAIL_6000_DROP:
		return bpf_xdp_adjust_tail(ctx, -6000) ? XDP_ABORTED : XDP_DROP;
	case DROP_IF_FRAGMENTED:
		return bpf_xdp_get_buff_len(ctx) > (__u64)(end - data) ? XDP_DROP : XDP_PASS;
	default:
		return data[14];
	}
}

SEC("xdp")
int verdicts(struct xdp_md *ctx)
{
	int verdict = decide(ctx);

	switch (verdict) {
	case XDP_REDIRECT:
		return (int)bpf_redirect_map(&devices, 0, XDP_ABORTED);
	case TO_CPU:
		return (int)bpf_redirect_map(&cpus, 0, XDP_ABORTED);
	default:
		return verdict;
	}
}

/* No map of the kind above may belong to programs of both kinds. */
SEC("xdp.frags")
int verdicts_frags(struct xdp_md *ctx)
{
	return decide(ctx);
}

char LICENSE[] SEC("license") = "GPL";
