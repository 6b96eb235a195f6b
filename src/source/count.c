/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/count.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/broker.h"
#include "kernel/libbpf.h"
#include "lib/log.h"
#include "lib/util.h"

/*
 * bpf_link_create() tells no more than an errno. The same request by netlink, in the form that
 * never replaces a program, is refused for the same reason and with the kernel's words. Should it
 * succeed after all, that program, and no other, is taken away at once.
 */
static void ask_for_reason(unsigned int ifindex, int prog_fd, __u32 mode_flag)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, ours, .old_prog_fd = prog_fd);

	libbpf_forget_kernel_message();
	if (!bpf_xdp_attach((int)ifindex, prog_fd, XDP_FLAGS_UPDATE_IF_NOEXIST | mode_flag, NULL))
		bpf_xdp_detach((int)ifindex, mode_flag, &ours);
}

/* Returns the link's descriptor, or -errno with the kernel's reason in reason. */
static int create_link(unsigned int ifindex, int prog_fd, __u32 mode_flag, struct reason *reason)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode_flag);
	int link_fd = bpf_link_create(prog_fd, (int)ifindex, BPF_XDP, &options);

	if (link_fd >= 0)
		return link_fd;
	ask_for_reason(ifindex, prog_fd, mode_flag);
	return reason_set(reason, link_fd, "%s",
			  *libbpf_kernel_message() ? libbpf_kernel_message() : strerror(-link_fd));
}

int count_attach(struct common *common, struct count_attachment *attachment, int map_fd,
		 const struct netdev *netdev, enum xdp_hook hook, struct reason *reason)
{
	struct reason native = { "" }, generic = { "" };
	_cleanup_close_ int prog_fd = count_program_copy(&common->count, map_fd);
	int link_fd = -EOPNOTSUPP, err = prog_fd;
	enum xdp_mode mode = XDP_MODE_NATIVE;
	struct bpf_prog_info info;

	if (err >= 0)
		err = bpf_info_of_prog(prog_fd, &info);
	if (err < 0)
		return reason_set(reason, err, "cannot load the counter program: %s",
				  strerror(-err));
	if (hook != HOOK_GENERIC)
		link_fd = create_link(netdev->ifindex, prog_fd, XDP_FLAGS_DRV_MODE, &native);
	if (link_fd < 0 && hook != HOOK_NATIVE) {
		mode = XDP_MODE_GENERIC;
		link_fd = create_link(netdev->ifindex, prog_fd, XDP_FLAGS_SKB_MODE, &generic);
	}
	if (link_fd < 0)
		return reason_set(reason, link_fd, "cannot attach the counter program%s%s%s%s",
				  *native.text ? "; native: " : "", native.text,
				  *generic.text ? "; generic: " : "", generic.text);
	reason_set(reason, 0, "%s%s", *native.text ? "native was refused: " : "", native.text);
	*attachment = (struct count_attachment){
		.link_fd = link_fd,
		.prog_id = info.id,
		.mode = mode,
		.program = program_describe_fd(&common->freplace, prog_fd),
	};
	attachment->prog_fd = take_fd(&prog_fd);
	return 0;
}

uint32_t count_prog_id_at(int link_fd)
{
	struct bpf_link_info info;

	return bpf_info_of_link(link_fd, &info) ? 0 : info.prog_id;
}

unsigned int count_ifindex_at(int link_fd)
{
	struct bpf_link_info info;

	return bpf_info_of_link(link_fd, &info) || info.type != BPF_LINK_TYPE_XDP
		       ? 0
		       : info.xdp.ifindex;
}

int count_detach(int link_fd)
{
	return bpf_link_detach(link_fd);
}

/* A counter program uses one map, and is known by its name; -errno if this is something else. */
static int counter_map_id(int prog_fd, uint32_t *map_id)
{
	struct map_ids maps = { .count = 0 };
	struct bpf_prog_info info;
	int err = bpf_info_of_prog(prog_fd, &info);

	if (!err)
		err = bpf_info_map_ids(prog_fd, &maps);
	if (err)
		return err;
	if (maps.count != 1 || strcmp(info.name, COUNTER_PROGRAM))
		return -EINVAL;
	*map_id = maps.id[0];
	return 0;
}

bool count_is_ours(uint32_t prog_id)
{
	_cleanup_close_ int prog_fd = broker_program(prog_id);
	uint32_t map_id;

	return prog_fd >= 0 && !counter_map_id(prog_fd, &map_id);
}

/* A crash may have come between the exchange of a program and that of its pin. */
static int open_program(const struct pins *pins, unsigned int ifindex, int link_fd)
{
	uint32_t prog_id = count_prog_id_at(link_fd);
	int fd = pins_get_program(pins, ifindex, PIN_PROGRAM, prog_id);

	return fd >= 0 ? fd : pins_get_program(pins, ifindex, PIN_PROGRAM_NEW, prog_id);
}

/* The id of the map of our program at a link. 0 or -errno. */
static int map_id_at(const struct pins *pins, unsigned int ifindex, int link_fd, uint32_t *map_id)
{
	_cleanup_close_ int prog_fd = open_program(pins, ifindex, link_fd);

	return prog_fd < 0 ? prog_fd : counter_map_id(prog_fd, map_id);
}

int count_check_program(const struct pins *pins, unsigned int ifindex, int link_fd)
{
	uint32_t map_id;

	return map_id_at(pins, ifindex, link_fd, &map_id);
}

int count_map_of(const struct pins *pins, unsigned int ifindex, int link_fd)
{
	uint32_t map_id;
	int err = map_id_at(pins, ifindex, link_fd, &map_id);

	return err ? err : broker_map(count_prog_id_at(link_fd), map_id);
}

int count_pin(const struct count_attachment *attachment, const struct pins *pins,
	      unsigned int ifindex, struct reason *reason)
{
	int err = count_pin_program(attachment, pins, ifindex, reason);

	return err ? err : pins_put(pins, ifindex, PIN_LINK, attachment->link_fd, reason);
}

static bool is_pinned(const struct count_attachment *attachment, const struct pins *pins,
		      unsigned int ifindex)
{
	struct reason why;
	_cleanup_close_ int fd = pins_get(pins, ifindex, PIN_PROGRAM, &why);
	struct bpf_prog_info info;

	return fd >= 0 && !bpf_info_of_prog(fd, &info) && info.id == attachment->prog_id;
}

int count_pin_program(const struct count_attachment *attachment, const struct pins *pins,
		      unsigned int ifindex, struct reason *reason)
{
	int err = is_pinned(attachment, pins, ifindex)
			  ? 0
			  : pins_replace(pins, ifindex, PIN_PROGRAM, attachment->prog_fd, reason);

	if (!err)
		pins_remove(pins, ifindex, PIN_PROGRAM_NEW);
	return err;
}

int count_repin(const struct count_attachment *attachment, const struct pins *pins,
		unsigned int ifindex, struct reason *reason)
{
	int err = pins_repin(pins, ifindex, PIN_PROGRAM, attachment->prog_fd, reason);

	return err ? err : pins_repin(pins, ifindex, PIN_LINK, attachment->link_fd, reason);
}

void count_close(struct count_attachment *attachment)
{
	close_fd_at(&attachment->link_fd);
	close_fd_at(&attachment->prog_fd);
	*attachment = (struct count_attachment){ .link_fd = -1, .prog_fd = -1 };
}

void count_unpin(const struct pins *pins, unsigned int ifindex)
{
	pins_remove(pins, ifindex, PIN_LINK);
	pins_remove(pins, ifindex, PIN_PROGRAM);
	pins_remove(pins, ifindex, PIN_PROGRAM_NEW);
}

/*
 * Exchanges the program at a link for this version's, and *held_prog_fd with it; at no moment is
 * there none, or two.
 */
static int replace_program(const struct common *common, int link_fd, int *held_prog_fd, int map_fd,
			   unsigned int ifindex, struct reason *reason)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (__u32)*held_prog_fd);
	_cleanup_close_ int prog_fd = count_program_copy(&common->count, map_fd);
	int err;

	if (prog_fd < 0)
		return reason_set(reason, prog_fd, "%s", strerror(-prog_fd));
	err = pins_replace(common->pins, ifindex, PIN_PROGRAM_NEW, prog_fd, reason);
	if (err)
		return err;
	err = bpf_link_update(link_fd, prog_fd, &options);
	if (err)
		return reason_set(reason, err, "%s", strerror(-err));
	close(*held_prog_fd);
	*held_prog_fd = take_fd(&prog_fd);
	return 0;
}

/* What keeps a link from being taken over: -errno with the reason, or 0. */
static int check_link(const struct bpf_link_info *info, const struct netdev *netdev,
		      struct reason *reason)
{
	if (info->type != BPF_LINK_TYPE_XDP)
		return reason_set(reason, -EINVAL, "it is a link of type %u, expected %u (XDP)",
				  info->type, BPF_LINK_TYPE_XDP);
	if (!info->xdp.ifindex)
		return -ENODEV;
	if (info->xdp.ifindex != netdev->ifindex)
		return reason_set(reason, -EINVAL, "it is the link of interface %u, expected %u",
				  info->xdp.ifindex, netdev->ifindex);
	if (info->prog_id != netdev->prog_id)
		return reason_set(reason, -EINVAL,
				  "it holds program %u, but the kernel reports %u on the interface",
				  info->prog_id, netdev->prog_id);
	return 0;
}

/* Has the program of a link be this version's, with this map. 0 or -errno with the reason. */
static int bring_up_to_date(const struct common *common, int link_fd, int *prog_fd, int map_fd,
			    bool map_is_lost, const struct netdev *netdev, struct reason *reason)
{
	uint32_t found = 0, expected = 0;
	struct reason why;
	bool is_ours = *prog_fd >= 0 && !counter_map_id(*prog_fd, &found) &&
		       !bpf_info_map_id(map_fd, &expected);
	int err;

	if (!is_ours || (found != expected && !map_is_lost))
		return reason_set(
			reason, *prog_fd == -EPERM ? -EPERM : -EINVAL,
			"its program (id %u) is no counter program with map %u; found map %u",
			count_prog_id_at(link_fd), expected, found);
	if (found == expected && count_program_is_current(&common->count, *prog_fd))
		return 0;
	err = replace_program(common, link_fd, prog_fd, map_fd, netdev->ifindex, &why);
	if (err)
		return reason_set(reason, err, "its program cannot be replaced: %s", why.text);
	log_info("%s: the counter program was replaced by this version's", netdev->name);
	return 0;
}

int count_adopt(struct common *common, struct count_attachment *attachment, int link_fd, int map_fd,
		bool map_is_lost, const struct netdev *netdev, struct reason *reason)
{
	_cleanup_close_ int prog_fd = -1;
	struct bpf_link_info info;
	int err = common_need_count(common, reason);

	if (err)
		return err;
	err = bpf_info_of_link(link_fd, &info);
	if (err)
		return reason_set(reason, err, "it cannot be asked about: %s", strerror(-err));
	err = check_link(&info, netdev, reason);
	if (err)
		return err;
	prog_fd = open_program(common->pins, netdev->ifindex, link_fd);
	err = bring_up_to_date(common, link_fd, &prog_fd, map_fd, map_is_lost, netdev, reason);
	if (err)
		return err;
	*attachment = (struct count_attachment){
		.link_fd = link_fd,
		.prog_id = count_prog_id_at(link_fd),
		.mode = netdev->mode,
		.program = program_describe_fd(&common->freplace, prog_fd),
	};
	attachment->prog_fd = take_fd(&prog_fd);
	return 0;
}
