/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What errors.bpf.c counts, as both sides see it. */
#ifndef XDP_AGENTX_XDP_ERRORS_H
#define XDP_AGENTX_XDP_ERRORS_H

#include <linux/types.h>

/* What goes wrong with the frames of one interface, after the verdict. */
struct xdp_errors {
	__u64 exceptions;
	__u64 redirects;      /* of frames that came in there */
	__u64 transmit_drops; /* of frames that were to go out there */
};

#endif
