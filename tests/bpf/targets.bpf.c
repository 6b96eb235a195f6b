/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs to be observed, and a dispatcher of our own. None is loaded but on request. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* The kernel's own record of its name ends within it. */
SEC("?xdp")
int passes_every_frame_of_its_interface(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* To be replaced, so neither inlined nor known to have one result only. */
#define CALL(name)                                                                                 \
	__attribute__((noinline)) int name(struct xdp_md *ctx)                                     \
	{                                                                                          \
		volatile int verdict = XDP_PASS;                                                   \
                                                                                                   \
		return ctx ? verdict : XDP_ABORTED;                                                \
	}

CALL(call2)
CALL(call10)

SEC("?xdp")
int dispatcher_of_two(struct xdp_md *ctx)
{
	int verdict = call2(ctx);

	return verdict == XDP_PASS ? call10(ctx) : verdict;
}

SEC("?freplace")
int component_that_runs_first(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("?freplace")
int component_that_runs_second(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("?freplace")
int component_that_runs_alone(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_TX;
}

SEC("?tc")
int classifies(struct __sk_buff *skb)
{
	(void)skb;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
