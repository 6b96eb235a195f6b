/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes wrong with frames after the verdict: the kernel's tracepoints of XDP, counted by
 * bpf/errors.bpf.c for each interface that asks for it, whatever program it has. Map and links are
 * pinned, so that nothing is missed while no agent runs.
 */
#ifndef XDP_AGENTX_SOURCE_ERROR_COUNTERS_H
#define XDP_AGENTX_SOURCE_ERROR_COUNTERS_H

#include <stdbool.h>

#include "bpf/xdp_errors.h"
#include "kernel/pins.h"

/*
 * Takes what an earlier run has pinned into use, or loads and attaches; the first call does it, the
 * next ones tell what came of it. pins may be NULL: nothing is pinned then; else it has to outlive
 * errors_close(). 0 or -errno: there are no maps; what is in the way of counting is logged.
 */
int errors_open(const struct pins *pins);

/* What is pinned goes on counting. */
void errors_close(void);

/* Counts the errors of an interface, from 0 on if they are not counted yet; as errors_open(). */
void errors_add(const struct pins *pins, unsigned int ifindex);

/* Forgets them; without errors_open(), too. */
void errors_forget(const struct pins *pins, unsigned int ifindex);

/* Forgets those of all interfaces but the wanted ones; without errors_open(), too. */
void errors_sweep(const struct pins *pins, bool (*wanted)(unsigned int ifindex, void *context),
		  void *context);

/* From now on errors on a port, which runs the program of its bond, are the bond's; or not. */
void errors_set_bond(unsigned int port, unsigned int bond);
void errors_unset_bond(unsigned int port);

/* What was counted. 0; -ENOENT: nothing is counted there; or another -errno. */
int errors_read(unsigned int ifindex, struct xdp_errors *errors);

/* The map from a port's ifIndex to that of its bond; it belongs to this module. -1: there is none.
 */
int errors_bonds_fd(void);

/* Pins again what somebody has unpinned. */
void errors_keep(void);

#endif
