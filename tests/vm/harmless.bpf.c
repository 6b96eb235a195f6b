/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the owner of a program puts in the place of its entry function. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("freplace")
int replaces_entry(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
