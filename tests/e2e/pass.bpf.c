/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Somebody else's program. It does not know multi-buffer frames, as most of them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int somebody(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}
