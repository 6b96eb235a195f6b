/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network interface as the kernel told of it last, and a list of them. */
#ifndef XDP_AGENTX_KERNEL_NETDEV_H
#define XDP_AGENTX_KERNEL_NETDEV_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/xdp.h"

struct netdev {
	unsigned int ifindex;
	char name[IFNAMSIZ];
	bool loopback;
	unsigned int master; /* ifIndex of the device that it is a port of, 0 if none */
	bool bonded;         /* that is a bond or a team */
	char bond[IFNAMSIZ]; /* its name then, or "" if that is not known */
	uint32_t mtu;        /* octets */
	uint64_t address; /* the first eight octets of its hardware address, to know it again by */
	enum xdp_mode mode;
	uint32_t prog_id; /* 0 if there is none; of several the native one, else the generic one */
	/* By which it is known, too: a list as lib/names.h has it, or NULL; whoever tells owns it.
	 */
	const char *altnames;
};

struct netdev_listed {
	struct netdev netdev; /* whose altnames are */
	char *altnames;
	size_t order; /* in which it was added */
};

/* Owns its members; { 0 } is empty. */
struct netdev_list {
	struct netdev_listed *member;
	size_t count, capacity;
};

/* Appends a copy. 0 or -ENOMEM. */
int netdev_list_add(struct netdev_list *list, const struct netdev *netdev);

/*
 * Each ifIndex and each name is there once from now on, as it was added last, for no two interfaces
 * have the same at any time; and members are in the order of their ifIndex.
 */
void netdev_list_settle(struct netdev_list *list);

/* The member of this name, its own or an alternative one; or NULL. It belongs to the list. */
const struct netdev *netdev_list_find(const struct netdev_list *list, const char *name);

/* The list is empty afterwards. */
void netdev_list_free(struct netdev_list *list);

#endif
