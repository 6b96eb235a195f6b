/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Drops UDP datagrams to the ports in a map, passes all else, and counts what it decides: by the
 * last include and the call in the last function. As root, for port 9 on eth1:
 *
 *	clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c drop_udp.bpf.c
 *	ip link set dev eth1 xdpdrv obj drop_udp.bpf.o sec xdp.frags
 *	bpftool map update name drop_ports key 0 9 value 1
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <xdp-agentx/xdp_stats.bpf.h>

#define FRAGMENT_OFFSET 0x1fff

/* In network byte order. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __be16);
	__type(value, __u8);
	__uint(max_entries, 64);
} drop_ports SEC(".maps");

static __always_inline enum xdp_action decide(const struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = data;
	const struct iphdr *ip = (const void *)(eth + 1);
	const struct udphdr *udp;
	__be16 port;

	if ((const void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (ip->protocol != IPPROTO_UDP || ip->frag_off & bpf_htons(FRAGMENT_OFFSET))
		return XDP_PASS;
	udp = (const void *)((const char *)ip + ip->ihl * 4);
	if ((const void *)(udp + 1) > end)
		return XDP_PASS;
	port = udp->dest;
	return bpf_map_lookup_elem(&drop_ports, &port) ? XDP_DROP : XDP_PASS;
}

SEC("xdp.frags")
int drop_udp(struct xdp_md *ctx)
{
	return xdp_stats_record(ctx, decide(ctx));
}

char LICENSE[] SEC("license") = "GPL";
