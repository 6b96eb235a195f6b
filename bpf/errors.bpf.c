/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts what the kernel reports through the tracepoints of include/trace/events/xdp.h: what became
 * of a frame after the verdict. An interface that had no error yet gets its entry here: what frames
 * are redirected to need not have a program.
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

/*
 * An ifIndex for each interface that had an error and no entry. One that finds no room may be lost:
 * who reads another looks at all interfaces.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} xdp_error_news SEC(".maps");

static __always_inline void count(const struct net_device *dev, const struct xdp_errors *more)
{
	__u32 ifindex = (__u32)dev->ifindex, *bond = NULL;
	struct xdp_errors *errors;

	if (dev->nd_net.net->net_cookie != cookie)
		return;
	/* A port runs the program of its bond, and has none of its own. */
	if (!program_of(dev))
		bond = bpf_map_lookup_elem(&xdp_bonds, &ifindex);
	if (bond)
		ifindex = *bond;
	errors = bpf_map_lookup_elem(&xdp_errors, &ifindex);
	if (!errors) {
		if (!bpf_map_update_elem(&xdp_errors, &ifindex, more, BPF_NOEXIST)) {
			bpf_ringbuf_output(&xdp_error_news, &ifindex, sizeof(ifindex), 0);
			return;
		}
		/* Another CPU may have been faster. */
		errors = bpf_map_lookup_elem(&xdp_errors, &ifindex);
	}
	if (!errors)
		return;
	errors->exceptions += more->exceptions;
	errors->redirects += more->redirects;
	errors->transmit_drops += more->transmit_drops;
}

/* arguments: those of the tracepoint, here and below. */
SEC("tp_btf/xdp_exception")
int xdp_error_exception(const __u64 *arguments)
{
	const struct xdp_errors more = { .exceptions = 1 };

	count((const void *)arguments[0], &more);
	return 0;
}

SEC("tp_btf/xdp_redirect_err")
int xdp_error_redirect(const __u64 *arguments)
{
	const struct xdp_errors more = { .redirects = 1 };

	count((const void *)arguments[0], &more);
	return 0;
}

SEC("tp_btf/xdp_devmap_xmit")
int xdp_error_transmit(const __u64 *arguments)
{
	int drops = (int)arguments[3];
	const struct xdp_errors more = { .transmit_drops = (__u32)drops };

	if (drops > 0)
		count((const void *)arguments[1], &more);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
