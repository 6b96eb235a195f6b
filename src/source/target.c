/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/target.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/broker.h"
#include "kernel/freplace.h"
#include "lib/util.h"

static int explain_no_descriptor(int err, struct reason *reason)
{
	if (err == -ENOENT)
		return reason_set(reason, err, "it is gone");
	if (err == -EPROTOTYPE)
		return reason_set(reason, err, "it is neither an XDP program nor part of one");
	if (broker_lacks())
		return reason_set(reason, err, "observing takes %s", broker_lacks());
	return reason_set(reason, err, "the kernel does not hand it out: %s%s", strerror(-err),
			  err == -EPERM ? "; in a container, or under a security module, "
					  "CAP_SYS_ADMIN is not enough"
					: "");
}

/* Why a program cannot be observed: -errno with the reason, or 0. */
static int check(const struct bpf_prog_info *info, uint32_t type, uint32_t entry,
		 struct reason *reason)
{
	if (info->type != type)
		return reason_set(reason, -EPROTOTYPE,
				  "it is a program of type %u, expected %u (%s)", info->type, type,
				  type == BPF_PROG_TYPE_XDP ? "XDP"
							    : "a replacement of a function");
	/* Set for offloaded programs only, not for those that are bound to a device (6.3). */
	if (info->ifindex)
		return reason_set(reason, -EOPNOTSUPP,
				  "it runs on the NIC, where the kernel cannot observe it; attach "
				  "it in native or generic mode");
	if (!info->btf_id || !entry)
		return reason_set(reason, -ENODATA,
				  "it has no BTF; compile it with -g and load it with its BTF");
	/* The kernel keeps the code to itself (kptr_restrict), but not how long it is. */
	if (!info->jited_prog_len)
		return reason_set(reason, -ENOEXEC,
				  "it is not JIT-compiled: net.core.bpf_jit_enable was 0 when it "
				  "was loaded; set it to 1 and load the program again");
	return 0;
}

static int open_program(struct target *target, uint32_t prog_id, uint32_t type,
			struct reason *reason)
{
	_cleanup_close_ int fd = broker_program(prog_id);
	struct bpf_prog_info info;
	uint32_t entry;
	int err;

	if (fd < 0)
		return explain_no_descriptor(fd, reason);
	err = bpf_info_with_entry(fd, &info, &entry);
	if (err)
		return reason_set(reason, err, "cannot ask the kernel about it: %s",
				  strerror(-err));
	err = check(&info, type, entry, reason);
	if (err)
		return err;
	*target = (struct target){
		.prog_fd = take_fd(&fd),
		.prog_id = prog_id,
		.function = entry,
	};
	return 0;
}

int target_open(struct target *target, uint32_t prog_id, struct reason *reason)
{
	return open_program(target, prog_id, BPF_PROG_TYPE_XDP, reason);
}

int target_replacement(struct target *replacement, const struct target *target,
		       struct freplace_cache *cache, struct reason *reason)
{
	struct freplace found[FREPLACE_MAX];
	unsigned int count = freplace_find(cache, target->prog_id, found);

	for (unsigned int i = 0; i < count; i++)
		if (found[i].function == target->function)
			return open_program(replacement, found[i].prog_id, BPF_PROG_TYPE_EXT,
					    reason);
	return reason_set(reason, -ENOENT, "no program replaces its entry function");
}

void target_close(struct target *target)
{
	if (target->prog_fd >= 0)
		close(target->prog_fd);
	target->prog_fd = -1;
}
