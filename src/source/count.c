/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/count.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "lib/log.h"
#include "lib/util.h"
#include "source/count_program.h"

/*
 * bpf_link_create() tells no more than an errno. The same request by netlink, in the form that
 * never replaces a program, is refused for the same reason and with the kernel's words. Should it
 * succeed after all, that program, and no other, is taken away at once.
 */
static void ask_for_reason(unsigned int ifindex, int prog_fd, __u32 mode_flag)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, ours, .old_prog_fd = prog_fd);

	program_forget_kernel_message();
	if (!bpf_xdp_attach((int)ifindex, prog_fd, XDP_FLAGS_UPDATE_IF_NOEXIST | mode_flag, NULL))
		bpf_xdp_detach((int)ifindex, mode_flag, &ours);
}

/* Returns the link's descriptor, or -errno with the kernel's reason in reason. */
static int create_link(unsigned int ifindex, int prog_fd, __u32 mode_flag,
		       char reason[static KERNEL_MESSAGE_MAX])
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode_flag);
	int link_fd = bpf_link_create(prog_fd, (int)ifindex, BPF_XDP, &options);

	if (link_fd < 0) {
		ask_for_reason(ifindex, prog_fd, mode_flag);
		snprintf(reason, KERNEL_MESSAGE_MAX, "%s",
			 *program_kernel_message() ? program_kernel_message() : strerror(-link_fd));
	}
	return link_fd;
}

static int program_id(int prog_fd, __u32 *id)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(prog_fd, &info, &size);

	*id = info.id;
	return err;
}

int count_attach(struct count_attachment *attachment, int map_fd, const struct link *link,
		 enum xdp_hook hook, char text[static STATUS_TEXT_MAX])
{
	char native_reason[KERNEL_MESSAGE_MAX] = "", generic_reason[KERNEL_MESSAGE_MAX] = "";
	_cleanup_close_ int prog_fd = program_load(map_fd);
	int link_fd = -EOPNOTSUPP, err = prog_fd;
	enum xdp_mode mode = XDP_MODE_NATIVE;
	__u32 id;

	if (err >= 0)
		err = program_id(prog_fd, &id);
	if (err < 0) {
		snprintf(text, STATUS_TEXT_MAX, "cannot load the counter program: %s",
			 strerror(-err));
		return err;
	}

	if (hook != HOOK_GENERIC)
		link_fd = create_link(link->ifindex, prog_fd, XDP_FLAGS_DRV_MODE, native_reason);
	if (link_fd < 0 && hook != HOOK_NATIVE) {
		mode = XDP_MODE_GENERIC;
		link_fd = create_link(link->ifindex, prog_fd, XDP_FLAGS_SKB_MODE, generic_reason);
	}
	if (link_fd < 0) {
		snprintf(text, STATUS_TEXT_MAX, "cannot attach the counter program%s%s%s%s",
			 *native_reason ? "; native: " : "", native_reason,
			 *generic_reason ? "; generic: " : "", generic_reason);
		return link_fd;
	}
	snprintf(text, STATUS_TEXT_MAX, "%s%s", *native_reason ? "native was refused: " : "",
		 native_reason);
	*attachment = (struct count_attachment){
		.link_fd = link_fd,
		.prog_id = id,
		.mode = mode,
		.program = source_describe_fd(prog_fd),
	};
	return 0;
}

uint32_t count_prog_id_at(int link_fd)
{
	struct bpf_link_info info;

	return source_link_info(link_fd, &info) ? 0 : info.prog_id;
}

unsigned int count_ifindex_at(int link_fd)
{
	struct bpf_link_info info;

	return source_link_info(link_fd, &info) || info.type != BPF_LINK_TYPE_XDP
		       ? 0
		       : info.xdp.ifindex;
}

int count_detach(int link_fd)
{
	return bpf_link_detach(link_fd);
}

/* A counter program uses one map, and is known by its name; -errno if this is something else. */
static int counter_map_id(int prog_fd, __u32 *map_id)
{
	__u32 ids[2] = { 0 };
	struct bpf_prog_info info = {
		.nr_map_ids = 2,
		.map_ids = (__u64)(uintptr_t)ids,
	};
	__u32 size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(prog_fd, &info, &size);

	if (err)
		return err;
	if (info.nr_map_ids != 1 || strcmp(info.name, COUNTER_PROGRAM))
		return -EINVAL;
	*map_id = ids[0];
	return 0;
}

int count_map_of(int link_fd)
{
	_cleanup_close_ int prog_fd = bpf_prog_get_fd_by_id(count_prog_id_at(link_fd));
	__u32 map_id;
	int err = prog_fd < 0 ? prog_fd : counter_map_id(prog_fd, &map_id);

	return err ? err : bpf_map_get_fd_by_id(map_id);
}

/*
 * Exchanges the program at a link for this version's, and *held_prog_fd with it; at no moment is
 * there none, or two.
 */
static int replace_program(int link_fd, int *held_prog_fd, int map_fd, uint32_t *prog_id)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (__u32)*held_prog_fd);
	_cleanup_close_ int prog_fd = program_load(map_fd);
	int err = prog_fd;

	if (prog_fd >= 0)
		err = bpf_link_update(link_fd, prog_fd, &options);
	if (!err)
		err = program_id(prog_fd, prog_id);
	if (err)
		return err;
	close(*held_prog_fd);
	*held_prog_fd = take_fd(&prog_fd);
	return 0;
}

/* What keeps a link from being taken over: -errno with the reason in text, or 0. */
static int check_link(const struct bpf_link_info *info, const struct link *link,
		      char text[static STATUS_TEXT_MAX])
{
	if (info->type != BPF_LINK_TYPE_XDP) {
		snprintf(text, STATUS_TEXT_MAX, "it is a link of type %u, expected %u (XDP)",
			 info->type, BPF_LINK_TYPE_XDP);
		return -EINVAL;
	}
	if (!info->xdp.ifindex)
		return -ENODEV;
	if (info->xdp.ifindex != link->ifindex) {
		snprintf(text, STATUS_TEXT_MAX, "it is the link of interface %u, expected %u",
			 info->xdp.ifindex, link->ifindex);
		return -EINVAL;
	}
	if (info->prog_id != link->prog_id) {
		snprintf(text, STATUS_TEXT_MAX,
			 "it holds program %u, but the kernel reports %u on the interface",
			 info->prog_id, link->prog_id);
		return -EINVAL;
	}
	return 0;
}

int count_adopt(struct count_attachment *attachment, int link_fd, int map_fd,
		const struct link *link, char text[static STATUS_TEXT_MAX])
{
	_cleanup_close_ int prog_fd = -1;
	struct bpf_link_info info;
	__u32 found = 0, expected = 0;
	int err = program_open(text);

	if (err)
		return err;
	err = source_link_info(link_fd, &info);
	if (err) {
		snprintf(text, STATUS_TEXT_MAX, "it cannot be asked about: %s", strerror(-err));
		return err;
	}
	err = check_link(&info, link, text);
	if (err)
		return err;
	prog_fd = bpf_prog_get_fd_by_id(info.prog_id);
	if (prog_fd < 0 || counter_map_id(prog_fd, &found) || source_map_id(map_fd, &expected) ||
	    found != expected) {
		snprintf(text, STATUS_TEXT_MAX,
			 "its program (id %u) is no counter program with map %u; found map %u",
			 info.prog_id, expected, found);
		return -EINVAL;
	}
	if (!program_is_current(prog_fd)) {
		err = replace_program(link_fd, &prog_fd, map_fd, &info.prog_id);
		if (err) {
			snprintf(text, STATUS_TEXT_MAX, "its program cannot be replaced: %s",
				 strerror(-err));
			return err;
		}
		log_info("%s: the counter program was replaced by this version's", link->name);
	}
	*attachment = (struct count_attachment){
		.link_fd = link_fd,
		.prog_id = info.prog_id,
		.mode = link->mode,
		.program = source_describe_fd(prog_fd),
	};
	return 0;
}
