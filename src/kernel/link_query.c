/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/link_query.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int decode_xdp(const struct nlattr *attr, void *data)
{
	uint32_t *id = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= IFLA_XDP_MAX && type != IFLA_XDP_ATTACHED &&
	    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
		id[type] = mnl_attr_get_u32(attr);
	else if (type == IFLA_XDP_ATTACHED && mnl_attr_validate(attr, MNL_TYPE_U8) >= 0)
		id[type] = mnl_attr_get_u8(attr);
	return MNL_CB_OK;
}

static void set_xdp(struct netdev *netdev, const struct nlattr *xdp)
{
	static const enum xdp_mode modes[] = {
		[XDP_ATTACHED_NONE] = XDP_MODE_NONE,      [XDP_ATTACHED_DRV] = XDP_MODE_NATIVE,
		[XDP_ATTACHED_SKB] = XDP_MODE_GENERIC,    [XDP_ATTACHED_HW] = XDP_MODE_OFFLOAD,
		[XDP_ATTACHED_MULTI] = XDP_MODE_MULTIPLE,
	};
	uint32_t id[IFLA_XDP_MAX + 1] = { 0 };

	mnl_attr_parse_nested(xdp, decode_xdp, id);
	if (id[IFLA_XDP_ATTACHED] <= XDP_ATTACHED_MULTI)
		netdev->mode = modes[id[IFLA_XDP_ATTACHED]];
	/* With several programs the kernel leaves IFLA_XDP_PROG_ID out. */
	netdev->prog_id = id[IFLA_XDP_PROG_ID]       ? id[IFLA_XDP_PROG_ID]
			  : id[IFLA_XDP_DRV_PROG_ID] ? id[IFLA_XDP_DRV_PROG_ID]
						     : id[IFLA_XDP_SKB_PROG_ID];
}

/* NULL if there is no memory; else to be given to free(3). */
static char *read_altnames(const struct nlattr *properties)
{
	/* Each has a header, which is longer than what ends the list. */
	char *names = malloc(mnl_attr_get_payload_len(properties) + 1U), *end = names;
	const struct nlattr *attr;

	if (!names)
		return NULL;
	/* The kernel allows an empty one, which would end the list. */
	mnl_attr_for_each_nested(attr, properties)
		if (mnl_attr_get_type(attr) == IFLA_ALT_IFNAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 && *mnl_attr_get_str(attr))
			end = stpcpy(end, mnl_attr_get_str(attr)) + 1;
	*end = '\0';
	return names;
}

static int decode_linkinfo(const struct nlattr *attr, void *data)
{
	struct netdev *netdev = data;

	if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		netdev->bonded = !strcmp(mnl_attr_get_str(attr), "bond") ||
				 !strcmp(mnl_attr_get_str(attr), "team");
	return MNL_CB_OK;
}

static int decode_attribute(const struct nlattr *attr, void *data)
{
	struct netdev *netdev = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			snprintf(netdev->name, sizeof(netdev->name), "%s", mnl_attr_get_str(attr));
		break;
	case IFLA_ADDRESS:
		memcpy(&netdev->address, mnl_attr_get_payload(attr),
		       mnl_attr_get_payload_len(attr) < sizeof(netdev->address)
			       ? mnl_attr_get_payload_len(attr)
			       : sizeof(netdev->address));
		break;
	case IFLA_MTU:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			netdev->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_MASTER:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			netdev->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attr, decode_linkinfo, netdev);
		break;
	case IFLA_XDP:
		set_xdp(netdev, attr);
		break;
	case IFLA_PROP_LIST:
		netdev->altnames = read_altnames(attr);
		return netdev->altnames ? MNL_CB_OK : MNL_CB_ERROR;
	}
	return MNL_CB_OK;
}

/*
 * Fills *netdev, whose name stays empty if the message is of no use. MNL_CB_ERROR: there is no
 * memory for the altnames, which are the caller's.
 */
static int decode_link(const struct nlmsghdr *message, struct netdev *netdev)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	int err;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*info) || info->ifi_index <= 0)
		return MNL_CB_OK;
	netdev->ifindex = (unsigned int)info->ifi_index;
	netdev->loopback = info->ifi_flags & IFF_LOOPBACK;
	err = mnl_attr_parse(message, sizeof(*info), decode_attribute, netdev);
	if (netdev->bonded)
		if_indextoname(netdev->master, netdev->bond);
	return err;
}

static int handle_answer(const struct nlmsghdr *message, void *data)
{
	struct netdev netdev = { .mode = XDP_MODE_NONE };
	int next = MNL_CB_OK;

	if (message->nlmsg_type == RTM_NEWLINK)
		next = decode_link(message, &netdev);
	if (next == MNL_CB_OK && *netdev.name && netdev_list_add(data, &netdev)) {
		errno = ENOMEM;
		next = MNL_CB_ERROR;
	}
	free((char *)netdev.altnames);
	return next;
}

/*
 * Takes the mark of an inconsistent dump from the messages, at which libmnl would stop: the rest
 * tells of links, too.
 */
static bool take_inconsistent(void *buffer, size_t length)
{
	struct nlmsghdr *message = buffer;
	int left = (int)length;
	bool marked = false;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		marked |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		message->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
	}
	return marked;
}

static void close_socket_at(struct mnl_socket **socket)
{
	if (*socket)
		mnl_socket_close(*socket);
}

int link_query_socket(struct mnl_socket **out, unsigned int groups)
{
	__attribute__((cleanup(close_socket_at))) struct mnl_socket *socket =
		mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (!socket || mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	*out = socket;
	socket = NULL;
	return 0;
}

int link_query(unsigned int ifindex, struct netdev_list *list)
{
	/* The rest of a dump that fails goes with its socket. */
	__attribute__((cleanup(close_socket_at))) struct mnl_socket *socket = NULL;
	char buffer[LINK_MESSAGE_MAX];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;
	bool inconsistent = false;
	int more = MNL_CB_OK, err;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (ifindex ? NLM_F_ACK : NLM_F_DUMP));
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_index = (int)ifindex;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);

	err = link_query_socket(&socket, 0);
	if (err)
		return err;
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	while (more == MNL_CB_OK) {
		ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (length < 0)
			return -errno;
		inconsistent |= take_inconsistent(buffer, (size_t)length);
		more = mnl_cb_run(buffer, (size_t)length, 0, mnl_socket_get_portid(socket),
				  handle_answer, list);
	}
	if (more < 0)
		return -errno;
	return inconsistent ? -EINTR : 0;
}
