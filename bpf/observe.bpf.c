/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches the verdicts of somebody else's XDP program: one program on the entry to its function,
 * which notes the length of the frame as it was received, one on the return, which counts verdict
 * and length in the map of the interface. User space loads them anew for each program that is to
 * be observed, with a map, a key and an attach target of its own.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bonds.h"
#include "hook.h"
#include "observe.h"
#include "xdp_stats.h"

/* The interface whose frames are found without a look-up, and its map. */
struct xdp_observe_key first;

struct counter_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct xdp_stats_rec);
	__uint(max_entries, XDP_STATS_ACTIONS);
} XDP_STATS_MAP_NAME SEC(".maps");

/* The maps of all interfaces whose programs are observed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xdp_observe_key);
	__type(value, __u32);
	__uint(max_entries, XDP_OBSERVE_INTERFACES);
	__array(values, struct counter_map);
} xdp_observed SEC(".maps");

/* How many verdicts were none, by ifIndex. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, XDP_OBSERVE_INTERFACES);
} xdp_invalid SEC(".maps");

/* The length of the frame that this CPU is at; 0: there is none. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} xdp_length SEC(".maps");

static __always_inline __u64 *this_length(void)
{
	__u32 only = 0;

	return bpf_map_lookup_elem(&xdp_length, &only);
}

/* The call is only needed for, and only as cheap as its frame where there are fragments. */
static __always_inline __u64 length_of(struct xdp_buff *xdp)
{
	return xdp->flags & XDP_FLAGS_HAS_FRAGS ? bpf_xdp_get_buff_len((struct xdp_md *)xdp)
						: xdp->data_end - xdp->data;
}

/* What a tracing program is given: the arguments of the function, then its return value. */
SEC("fentry")
int xdp_observe_in(__u64 *arguments)
{
	struct xdp_buff *xdp = (void *)arguments[0];
	__u64 *length = this_length();

	if (length)
		*length = length_of(xdp);
	return 0;
}

static __always_inline struct xdp_observe_key key_of(const struct net_device *dev)
{
	return (struct xdp_observe_key){
		.netns = dev->nd_net.net->net_cookie,
		.ifindex = (__u32)dev->ifindex,
		.program = program_of(dev),
	};
}

static __always_inline struct xdp_stats_rec *counter_of(const struct xdp_observe_key *key,
							__u32 action)
{
	struct xdp_observe_key wanted;
	struct xdp_stats_rec *rec;
	void *map;

	if (key->ifindex == first.ifindex && key->program == first.program &&
	    key->netns == first.netns) {
		rec = bpf_map_lookup_elem(&XDP_STATS_MAP_NAME, &action);
		/* Else both look-ups become one call, and the kernel can inline neither. */
		asm volatile("" : "+r"(rec));
		return rec;
	}
	/* A copy: the key itself need not be in memory then. */
	wanted = *key;
	map = bpf_map_lookup_elem(&xdp_observed, &wanted);
	return map ? bpf_map_lookup_elem(map, &action) : NULL;
}

static __always_inline void count_invalid(const struct xdp_observe_key *key)
{
	__u32 ifindex = key->ifindex;
	__u32 *bond = key->program ? NULL : bpf_map_lookup_elem(&xdp_bonds, &ifindex);
	__u64 *invalid = bpf_map_lookup_elem(&xdp_invalid, bond ? bond : &ifindex);

	if (invalid)
		(*invalid)++;
}

SEC("fexit")
int xdp_observe_out(__u64 *arguments)
{
	struct xdp_buff *xdp = (void *)arguments[0];
	__u32 verdict = (__u32)arguments[1];
	struct xdp_observe_key key = key_of(xdp->rxq->dev);
	int invalid = verdict > XDP_REDIRECT;
	/* The kernel takes what it does not know for XDP_ABORTED, too. */
	struct xdp_stats_rec *rec = counter_of(&key, invalid ? XDP_ABORTED : verdict);
	__u64 *length = this_length();

	if (!length)
		return 0;
	if (rec) {
		rec->rx_packets++;
		/* 0: this program was there on return, the other one not yet on entry. */
		rec->rx_bytes += *length ? *length : length_of(xdp);
		if (invalid)
			count_invalid(&key);
	}
	*length = 0;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
