/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links of the programs of bpf/errors.bpf.c to their tracepoints. */
#ifndef XDP_AGENTX_SOURCE_ERROR_LINKS_H
#define XDP_AGENTX_SOURCE_ERROR_LINKS_H

#include "kernel/pins.h"

/* xdp_exception, xdp_redirect_err, xdp_devmap_xmit, in this order here and below. */
#define ERROR_LINKS 3

/* All that each of these programs uses. */
#define ERROR_MAPS 3

struct error_link {
	int fd, prog_fd;
};

/*
 * Takes the links that an earlier run has pinned, if they are this version's and use these maps,
 * else makes and pins new ones of these programs. pins may be NULL. 0: the caller owns all links,
 * and gives them to error_links_close(); or -errno: there are none. A pin that is something else is
 * logged and left alone.
 */
int error_links_open(struct error_link links[static ERROR_LINKS],
		     const int prog_fd[static ERROR_LINKS], const int map_fd[static ERROR_MAPS],
		     const struct pins *pins);
void error_links_close(const struct error_link links[static ERROR_LINKS]);

/* Pins again those that somebody has unpinned. 0 or -errno with the reason. */
int error_links_repin(const struct error_link links[static ERROR_LINKS], const struct pins *pins,
		      struct reason *reason);

#endif
