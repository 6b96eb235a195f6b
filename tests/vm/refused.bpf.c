/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs whose entry functions are not the one that can be observed, and one whose is. Compiled
 * twice: without BTF nothing tells them apart.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int takes_nothing(void)
{
	return XDP_PASS;
}

SEC("xdp")
int takes_a_number(int number)
{
	(void)number;
	return XDP_PASS;
}

SEC("xdp")
int takes_any_pointer(void *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("xdp")
int takes_two_arguments(struct xdp_md *ctx, int number)
{
	(void)ctx;
	(void)number;
	return XDP_PASS;
}

SEC("xdp")
int takes_a_frame_and_has_a_long_name(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
