/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/target.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/freplace.h"
#include "lib/util.h"

static void explain_no_descriptor(int err, char text[static STATUS_TEXT_MAX])
{
	if (err == -ENOENT)
		snprintf(text, STATUS_TEXT_MAX, "it is gone");
	else if (err == -EPERM && !source_has_capability(CAP_SYS_ADMIN))
		snprintf(text, STATUS_TEXT_MAX,
			 "observing takes CAP_SYS_ADMIN, which the agent does not have");
	else
		snprintf(text, STATUS_TEXT_MAX, "the kernel does not hand it out: %s%s",
			 strerror(-err),
			 err == -EPERM ? "; in a container, or under a security module, "
					 "CAP_SYS_ADMIN is not enough"
				       : "");
}

/* Why a program cannot be observed: -errno with text, or 0. */
static int check(const struct bpf_prog_info *info, uint32_t type, uint32_t entry,
		 char text[static STATUS_TEXT_MAX])
{
	if (info->type != type) {
		snprintf(text, STATUS_TEXT_MAX, "it is a program of type %u, expected %u (%s)",
			 info->type, type,
			 type == BPF_PROG_TYPE_XDP ? "XDP" : "a replacement of a function");
		return -EPROTOTYPE;
	}
	/* Set for offloaded programs only, not for those that are bound to a device (6.3). */
	if (info->ifindex) {
		snprintf(text, STATUS_TEXT_MAX,
			 "it runs on the NIC, where the kernel cannot observe it; attach it in "
			 "native or generic mode");
		return -EOPNOTSUPP;
	}
	if (!info->btf_id || !entry) {
		snprintf(text, STATUS_TEXT_MAX,
			 "it has no BTF; compile it with -g and load it with its BTF");
		return -ENODATA;
	}
	/* The kernel keeps the code to itself (kptr_restrict), but not how long it is. */
	if (!info->jited_prog_len) {
		snprintf(text, STATUS_TEXT_MAX,
			 "it is not JIT-compiled: net.core.bpf_jit_enable was 0 when it was "
			 "loaded; set it to 1 and load the program again");
		return -ENOEXEC;
	}
	return 0;
}

static int open_program(struct target *target, uint32_t prog_id, uint32_t type,
			char text[static STATUS_TEXT_MAX])
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(prog_id);
	struct bpf_prog_info info;
	uint32_t entry;
	int err;

	if (fd < 0) {
		explain_no_descriptor(fd, text);
		return fd;
	}
	err = source_prog_info(fd, &info, &entry);
	if (err)
		snprintf(text, STATUS_TEXT_MAX, "cannot ask the kernel about it: %s",
			 strerror(-err));
	else
		err = check(&info, type, entry, text);
	if (err)
		return err;
	*target = (struct target){
		.prog_fd = take_fd(&fd),
		.prog_id = prog_id,
		.function = entry,
	};
	return 0;
}

int target_open(struct target *target, uint32_t prog_id, char text[static STATUS_TEXT_MAX])
{
	return open_program(target, prog_id, BPF_PROG_TYPE_XDP, text);
}

int target_replacement(struct target *replacement, const struct target *target,
		       char text[static STATUS_TEXT_MAX])
{
	struct replacement found[REPLACEMENTS_MAX];
	unsigned int count = replacements_find(target->prog_id, found);

	for (unsigned int i = 0; i < count; i++)
		if (found[i].function == target->function)
			return open_program(replacement, found[i].prog_id, BPF_PROG_TYPE_EXT, text);
	snprintf(text, STATUS_TEXT_MAX, "no program replaces its entry function");
	return -ENOENT;
}

void target_close(struct target *target)
{
	if (target->prog_fd >= 0)
		close(target->prog_fd);
	target->prog_fd = -1;
}
