/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Components for a dispatcher. Each returns what its octet of the frame says, be it a verdict or
 * not; frames of other protocols pass.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "dispatcher.h"

static __always_inline int decide(struct xdp_md *ctx, unsigned int component)
{
	const struct verdicts *frame = (void *)(long)ctx->data;

	if ((void *)(frame + 1) > (void *)(long)ctx->data_end ||
	    frame->header.h_proto != bpf_htons(ETHERTYPE_LOCAL_EXPERIMENTAL))
		return XDP_PASS;
	if (frame->verdict[component] == XDP_REDIRECT)
		return (int)bpf_redirect(frame->redirect_to, 0);
	return frame->verdict[component];
}

SEC("xdp")
int first(struct xdp_md *ctx)
{
	return decide(ctx, 0);
}

SEC("xdp")
int second(struct xdp_md *ctx)
{
	return decide(ctx, 1);
}

SEC("xdp")
int third(struct xdp_md *ctx)
{
	return decide(ctx, 2);
}

char LICENSE[] SEC("license") = "GPL";
