/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The observer of bpf/observe.bpf.c: two tracing programs, loaded once as a template and copied for
 * each program that is observed; and the maps that all copies share.
 */
#ifndef XDP_AGENTX_SOURCE_OBSERVE_PROGRAM_H
#define XDP_AGENTX_SOURCE_OBSERVE_PROGRAM_H

#include "bpf/observe.h"
#include "kernel/pins.h"
#include "lib/reason.h"
#include "source/count_program.h"
#include "source/target.h"

/* The names of the two programs and of the map behind observe_copy.first_fd, as the kernel keeps
 * them.
 */
#define OBSERVE_IN "xdp_observe_in"
#define OBSERVE_OUT "xdp_observe_out"
#define OBSERVE_FIRST "xdp_first"

struct observe;

/* The template. { 0 } is one that is not open. */
struct observe_program {
	struct observe *object; /* NULL: it is not loaded */
	int bonds_fd;           /* the map from ports to bonds; belongs to the error counters */
};

/* A copy for one target; all three descriptors are owned by whoever holds the struct. */
struct observe_copy {
	int in_fd, out_fd; /* programs: on the entry to its function, on the return */
	int first_fd;      /* array of one struct xdp_observe_key: found without a look-up */
};

/*
 * Loads the template; the maps that are shared are those that are pinned, else they are made, and
 * pinned where pins is not NULL. any is an XDP program that is loaded, whichever. 0 or -errno with
 * the reason.
 */
int observe_program_open(struct observe_program *program, const struct count_program *any,
			 const struct pins *pins, int bonds_fd, struct reason *reason);
void observe_program_close(struct observe_program *program);

/*
 * Pins again what somebody has unpinned of the maps that are shared, if it is open; pins may be
 * NULL. 0 or -errno with the reason.
 */
int observe_program_repin(const struct observe_program *program, const struct pins *pins,
			  struct reason *reason);

/* All that follows is for a template that is loaded. */

/*
 * Loads a copy for the target, attached to nothing yet: frames of first are counted in map_fd. 0;
 * or -errno with the reason; *copy is set on success only.
 */
int observe_program_copy(const struct observe_program *program, struct observe_copy *copy,
			 const struct target *target, int map_fd,
			 const struct xdp_observe_key *first, struct reason *reason);
void observe_copy_close(struct observe_copy *copy);

/* Whether programs are copies of this version's template, and use its maps. */
bool observe_program_is_current(const struct observe_program *program, int in_fd, int out_fd);

/* The template's own counter map: for a copy that is never attached. */
int observe_program_map_fd(const struct observe_program *program);

/* The maps that are shared; they belong to the template. -1 before it is loaded. */
int observe_program_observed_fd(const struct observe_program *program); /* xdp_observe_key -> map */
int observe_program_invalid_fd(
	const struct observe_program *program); /* ifIndex -> __u64, per CPU */

#endif
