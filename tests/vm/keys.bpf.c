/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of which it matters for whom and how often they run, and one that ends in others. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* By ifIndex: how often as_asked ran. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 64);
} runs SEC(".maps");

static __always_inline void count_run(__u32 ifindex)
{
	const __u64 none = 0;
	__u64 *count;

	bpf_map_update_elem(&runs, &ifindex, &none, BPF_NOEXIST);
	count = bpf_map_lookup_elem(&runs, &ifindex);
	if (count)
		__sync_fetch_and_add(count, 1);
}

/* The verdict is the first octet after the header. */
SEC("xdp")
int as_asked(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;

	count_run(ctx->ingress_ifindex);
	return data + 15 > (unsigned char *)(long)ctx->data_end ? XDP_ABORTED : data[14];
}

enum { LAST, MIDDLE };

int last(struct xdp_md *ctx);
int middle(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(max_entries, 2);
	__array(values, int(struct xdp_md *));
} next SEC(".maps") = {
	.values = { [LAST] = last, [MIDDLE] = middle },
};

SEC("xdp")
int last(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

/* Its return value would be a verdict if the call failed. */
SEC("xdp")
int middle(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, -40))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &next, LAST);
	return XDP_TX;
}

/* The first octet after the header is the program that goes on; without one the frame passes. */
SEC("xdp")
int entry(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;

	if (data + 15 > (unsigned char *)(long)ctx->data_end)
		return XDP_ABORTED;
	bpf_tail_call(ctx, &next, data[14]);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
