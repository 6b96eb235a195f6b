/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Redirects frames to an interface with a program for frames on their way out, as devmaps have it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Entry 0: where to, and through which program. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
	__uint(max_entries, 1);
} devmap SEC(".maps");

SEC("xdp")
int devmap_redirect(struct xdp_md *ctx)
{
	(void)ctx;
	return (int)bpf_redirect_map(&devmap, 0, XDP_ABORTED);
}

SEC("xdp/devmap")
int devmap_abort(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_ABORTED;
}

SEC("xdp/devmap")
int devmap_drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
