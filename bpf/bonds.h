/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port of a bond runs the program of the bond, and what comes of it is the bond's. */
#ifndef XDP_AGENTX_BONDS_H
#define XDP_AGENTX_BONDS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "observe.h"

/* Of a port the bond, by ifIndex; one map for all programs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, XDP_OBSERVE_INTERFACES);
} xdp_bonds SEC(".maps");

#endif
