/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames that dispatcher_fates.c sends and the components of dispatcher.bpf.c decide about. */
#ifndef DISPATCHER_H
#define DISPATCHER_H

#include <linux/if_ether.h>
#include <linux/types.h>

#define ETHERTYPE_LOCAL_EXPERIMENTAL 0x88b5 /* IEEE Std 802: nobody answers */
#define COMPONENTS 3

struct verdicts {
	struct ethhdr header;
	__u8 verdict[COMPONENTS]; /* what each component has to return */
	__u8 triple;              /* the number of this combination of verdicts */
	__u32 redirect_to;        /* ifIndex, if that is XDP_REDIRECT */
	__u32 round;              /* the frames of a combination are numbered from 1 */
} __attribute__((packed));

#endif
