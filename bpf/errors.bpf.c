/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts what the kernel reports through the tracepoints of include/trace/events/xdp.h: what became
 * of a frame after the verdict. Only the interfaces that have an entry are counted.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bonds.h"
#include "hook.h"
#include "observe.h"
#include "xdp_errors.h"

/* The network namespace whose interfaces these are; set before the programs are loaded. */
const volatile __u64 cookie;

/* By ifIndex. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct xdp_errors);
	__uint(max_entries, XDP_OBSERVE_INTERFACES);
} xdp_errors SEC(".maps");

static __always_inline struct xdp_errors *errors_of(const struct net_device *dev)
{
	__u32 ifindex = (__u32)dev->ifindex, *bond = NULL;

	if (dev->nd_net.net->net_cookie != cookie)
		return NULL;
	/* A port runs the program of its bond, and has none of its own. */
	if (!program_of(dev))
		bond = bpf_map_lookup_elem(&xdp_bonds, &ifindex);
	return bpf_map_lookup_elem(&xdp_errors, bond ? bond : &ifindex);
}

/* arguments: those of the tracepoint, here and below. */
SEC("tp_btf/xdp_exception")
int xdp_error_exception(const __u64 *arguments)
{
	struct xdp_errors *errors = errors_of((const void *)arguments[0]);

	if (errors)
		errors->exceptions++;
	return 0;
}

SEC("tp_btf/xdp_redirect_err")
int xdp_error_redirect(const __u64 *arguments)
{
	struct xdp_errors *errors = errors_of((const void *)arguments[0]);

	if (errors)
		errors->redirects++;
	return 0;
}

SEC("tp_btf/xdp_devmap_xmit")
int xdp_error_transmit(const __u64 *arguments)
{
	int drops = (int)arguments[3];
	struct xdp_errors *errors;

	if (drops <= 0)
		return 0;
	errors = errors_of((const void *)arguments[1]);
	if (errors)
		errors->transmit_drops += (__u32)drops;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
