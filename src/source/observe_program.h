/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The observer of bpf/observe.bpf.c: two tracing programs, loaded once as a template and copied for
 * each program that is observed; and the maps that all copies have in common.
 */
#ifndef XDP_AGENTX_SOURCE_OBSERVE_PROGRAM_H
#define XDP_AGENTX_SOURCE_OBSERVE_PROGRAM_H

#include "bpf/observe.h"
#include "source/source.h"
#include "source/target.h"

/* The names of the two programs and of the map behind tracers.first_fd, as the kernel keeps them.
 */
#define TRACER_IN "xdp_observe_in"
#define TRACER_OUT "xdp_observe_out"
#define TRACER_FIRST "xdp_first"

/* The programs for one target; all three descriptors are owned by whoever holds the struct. */
struct tracers {
	int in_fd, out_fd; /* on the entry to its function, on the return */
	int first_fd;      /* array of one struct xdp_observe_key: found without a look-up */
};

/*
 * Loads the template, once; the maps in common are those that are pinned, else they are made, and
 * pinned where pins is not NULL. 0 or -errno with the reason in text; that one is remembered for a
 * minute, so that not each interface waits for the same refusal.
 */
int tracing_open(const struct pins *pins, char text[static STATUS_TEXT_MAX]);
void tracing_close(void);

/* Pins again what somebody has unpinned of the maps in common. */
void tracing_keep(const struct pins *pins);

/*
 * Loads a copy for the target, attached to nothing yet, after tracing_open(): frames of first are
 * counted in map_fd. 0; or -errno with the reason in text; *tracers is set on success only.
 */
int tracing_load(struct tracers *tracers, const struct target *target, int map_fd,
		 const struct xdp_observe_key *first, char text[static STATUS_TEXT_MAX]);

/* Whether programs are copies of this version's template, and use its maps. */
bool tracing_is_current(int in_fd, int out_fd);

/* Whether a program refers to a map. */
bool tracing_uses_map(int prog_fd, int map_fd);

/* The template's own counter map: for a copy that is never attached. */
int tracing_template_map_fd(void);

/* The maps in common; they belong to this module. -1 before tracing_open(). */
int tracing_observed_fd(void); /* struct xdp_observe_key -> counter map */
int tracing_invalid_fd(void);  /* ifIndex -> __u64 for each possible CPU */

#endif
