/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which program decides on the frames of a device. */
#ifndef XDP_AGENTX_HOOK_H
#define XDP_AGENTX_HOOK_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "kernel.h"

static __always_inline __u32 id_at(const struct bpf_xdp_entity *hook)
{
	const struct bpf_xdp_link *link = hook->link;
	const struct bpf_prog *program;

	if (link) {
		program = link->link.prog;
		/* Else the two loads become one, behind a second load of the link. */
		asm volatile("" : "+r"(program));
	} else {
		program = hook->prog;
	}
	return program ? program->aux->id : 0;
}

/* The id of the program at one of the hooks, of which the kernel lets no more than one be used. */
static __always_inline __u32 program_of(const struct net_device *dev)
{
	__u32 native = id_at(&dev->xdp_state[XDP_MODE_DRV]);

	return native ? native : id_at(&dev->xdp_state[XDP_MODE_SKB]);
}

#endif
