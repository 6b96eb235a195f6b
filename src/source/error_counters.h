/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes wrong with frames after the verdict: the kernel's tracepoints of XDP, counted by
 * bpf/errors.bpf.c for each interface that has them, whatever program it has, or none. Maps and
 * links are pinned, so that nothing is missed while no agent runs.
 */
#ifndef XDP_AGENTX_SOURCE_ERROR_COUNTERS_H
#define XDP_AGENTX_SOURCE_ERROR_COUNTERS_H

#include <stdbool.h>

#include "bpf/xdp_errors.h"
#include "kernel/pins.h"
#include "source/error_links.h"

struct errors;
struct ring_buffer;

/* { 0 } is one that is not open. */
struct error_counters {
	bool tried; /* to open it; err is what came of that */
	int err;
	struct errors *object;    /* NULL: there are no maps */
	const struct pins *pins;  /* NULL: nothing is pinned */
	struct ring_buffer *news; /* of interfaces that had none */
	bool counting;
	struct error_link links[ERROR_LINKS]; /* while counting */
};

/*
 * Takes what an earlier run has pinned into use, or loads and attaches; the first call does it, the
 * next ones tell what came of it. pins may be NULL: nothing is pinned then; else it has to outlive
 * error_counters_close(). 0 or -errno: there are no maps; what is in the way of counting is logged.
 */
int error_counters_open(struct error_counters *errors, const struct pins *pins);

/* What is pinned goes on counting. */
void error_counters_close(struct error_counters *errors);

/* Counts the errors of an interface: from 0 on, if it had none. */
void error_counters_add(const struct error_counters *errors, unsigned int ifindex);

/* Forgets them; where they are not open, in the map that is pinned. True if they were counted. */
bool error_counters_forget(const struct error_counters *errors, const struct pins *pins,
			   unsigned int ifindex);

/* Forgets those of all interfaces but the wanted ones, in the same way. */
void error_counters_sweep(const struct error_counters *errors, const struct pins *pins,
			  bool (*wanted)(unsigned int ifindex, void *context), void *context);

/* From now on errors on a port, which runs the program of its bond, are the bond's; or not. */
void error_counters_set_bond(const struct error_counters *errors, unsigned int port,
			     unsigned int bond);
void error_counters_unset_bond(const struct error_counters *errors, unsigned int port);

/* What was counted. 0; -ENOENT: nothing is counted there; or another -errno. */
int error_counters_read(const struct error_counters *errors, unsigned int ifindex,
			struct xdp_errors *sum);

/* Whether an interface had any. */
bool error_counters_has(const struct error_counters *errors, unsigned int ifindex);

/*
 * The descriptor to wait on for reading: interfaces have their first errors. It belongs to errors.
 * -1: there is none. Taking the news, without blocking, tells whether there was any, and not of
 * whom: the kernel keeps some 250 ifIndexes, and does not say when it drops one.
 */
int error_counters_news_fd(const struct error_counters *errors);
bool error_counters_take_news(const struct error_counters *errors);

/* The map from a port's ifIndex to that of its bond; it belongs to errors. -1: there is none. */
int error_counters_bonds_fd(const struct error_counters *errors);

/* Pins again what somebody has unpinned. 0 or -errno with the reason. */
int error_counters_repin(const struct error_counters *errors, struct reason *reason);

#endif
