/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Somebody else's program, whose verdicts on the frames of one interface are counted. Interfaces
 * with the same program share one observer of it (source_tracing.h), which goes with the last of
 * them; what it counts for whom is said by keys in a map (observe.h).
 */
#ifndef XDP_AGENTX_SOURCE_OBSERVATION_H
#define XDP_AGENTX_SOURCE_OBSERVATION_H

#include "bpf/observe.h"
#include "kernel/pins.h"
#include "lib/if_map.h"
#include "source/observer.h"
#include "source/source.h"

struct observation {
	struct observer *observer; /* NULL while nothing is observed */
	struct xdp_observe_key key;
	bool found;             /* by the observer without a look-up: see observer_finds() */
	struct port_list ports; /* whose frames count as those of the interface */
};

/*
 * tracing_open(); and the first time, observers of other versions that are pinned end, before one
 * of this version counts the same frames.
 */
int observe_open(const struct pins *pins, char text[static STATUS_TEXT_MAX]);

/*
 * Counts in map_fd, from now on, what the program at the hook of the interface decides on its
 * frames and on those of its ports; after observe_open(). 0; or -errno with, in text, why it cannot
 * be observed and what to do.
 */
int observe_attach(struct observation *observation, int map_fd, const struct link *link,
		   const struct port_list *ports, char text[static STATUS_TEXT_MAX]);

/*
 * The same with the links that an earlier run pinned. *complete: no frame was missed since. Returns
 * 0; -ENOENT: nothing is pinned; -ESTALE: they observe another program, or are another version's;
 * or another -errno: they are no links of ours, as text says.
 */
int observe_adopt(struct observation *observation, const struct pins *pins, int map_fd,
		  const struct link *link, const struct port_list *ports, bool *complete,
		  char text[static STATUS_TEXT_MAX]);

/* Takes other ports into account. */
void observe_set_ports(struct observation *observation, int map_fd, const struct port_list *ports);

/* Ends it; the program is untouched from now on, unless it is observed for other interfaces. */
void observe_detach(struct observation *observation);

/* Leaves it as it is; what is pinned goes on counting. */
void observe_close(struct observation *observation);

/*
 * Ends what the pins say of an interface, whoever pinned it, if it is ours. True if there was
 * something.
 */
bool observe_forget(const struct pins *pins, unsigned int ifindex);

/* 0 if the links that are pinned are ours, or none is; else -errno, with what they are in why. */
int observe_check(const struct pins *pins, unsigned int ifindex, char why[static PINS_ERROR_MAX]);

/* Whether the links are pinned for an interface. */
bool observe_is_pinned(const struct pins *pins, unsigned int ifindex);

/* Whether they count what this program at the hook of the interface decides on its frames. */
bool observe_counts(const struct pins *pins, unsigned int ifindex, uint32_t prog_id);

/* How many verdicts were none. 0; -ENOENT if the interface was never observed; or -errno. */
int observe_read_invalid(const struct pins *pins, unsigned int ifindex, uint64_t *count);
void observe_forget_invalid(const struct pins *pins, unsigned int ifindex);

#endif
