/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XDP hook of an interface: in which mode a program is attached to it, or may be.
 *
 * This folder has one file for each interface of the kernel: network devices (rtnl), what it tells
 * of maps, programs and links (bpf_info, program_name, freplace), what outlives us (pins,
 * shared_map), changes of programs as they happen (watch), CPUs, per-CPU maps, capabilities and the
 * network namespace. A file knows how to ask, and what the answer means; what is to be done about
 * it is decided above. A refusal comes back as -errno and in words, with the kernel's own where it
 * has any. The folder includes lib alone, and knows nothing of counters.
 */
#ifndef XDP_AGENTX_KERNEL_XDP_H
#define XDP_AGENTX_KERNEL_XDP_H

/* Numbered like the MIB's XdpAttachMode; IFLA_XDP_ATTACHED in linux/if_link.h. */
enum xdp_mode {
	XDP_MODE_NONE = 1,
	XDP_MODE_NATIVE,
	XDP_MODE_GENERIC,
	XDP_MODE_OFFLOAD,
	XDP_MODE_MULTIPLE
};

/* Where a program of ours may be attached; HOOK_ANY is native, else generic. */
enum xdp_hook { HOOK_ANY, HOOK_NATIVE, HOOK_GENERIC };

/* What they are called, in the configuration, in messages and in JSON. */
const char *xdp_mode_name(enum xdp_mode mode);
const char *xdp_hook_name(enum xdp_hook hook);

#endif
