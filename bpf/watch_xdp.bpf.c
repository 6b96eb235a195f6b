/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells of every XDP program that is attached, exchanged or detached, by netlink or by bpf_link:
 * each of them ends in dev_xdp_install() of net/core/dev.c.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "kernel.h"

/* The network namespace to tell of; set before the program is loaded. */
const volatile __u64 cookie;

/* An event found no room. */
bool lost;

/* ifIndexes (__u32): 256 of them, 16 bytes each. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* arguments: those of the function, then what it returns. */
SEC("fexit/dev_xdp_install")
int watch_install(const __u64 *arguments)
{
	const struct net_device *dev = (const void *)arguments[0];
	int err = (int)arguments[6];
	__u32 ifindex;

	if (err || dev->nd_net.net->net_cookie != cookie)
		return 0;
	ifindex = (__u32)dev->ifindex;
	if (bpf_ringbuf_output(&events, &ifindex, sizeof(ifindex), 0))
		lost = true;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
