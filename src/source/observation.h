/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Somebody else's program, whose verdicts on the frames of one interface are counted. Interfaces
 * with the same program share one observer of it (source_tracing.h), which goes with the last of
 * them; what it counts for whom is said by keys in a map (observe.h).
 */
#ifndef XDP_AGENTX_SOURCE_OBSERVATION_H
#define XDP_AGENTX_SOURCE_OBSERVATION_H

#include "bpf/observe.h"
#include "kernel/rtnl.h"
#include "lib/if_map.h"
#include "source/common.h"
#include "source/observer.h"

struct observation {
	struct observer *observer; /* NULL while nothing is observed */
	struct xdp_observe_key key;
	bool found;             /* by the observer without a look-up: see observer_finds() */
	struct port_list ports; /* whose frames count as those of the interface */
	int port_err;           /* the last failure to count those of a port, or 0 */
};

/*
 * common_need_observe(); and the first time, observers of other versions that are pinned end,
 * before one of this version counts the same frames.
 */
int observation_prepare(struct common *common, struct reason *reason);

/*
 * Counts in map_fd, from now on, what the program at the hook of the interface decides on its
 * frames and on those of its ports; after observation_prepare(). 0; or -errno with the reason why
 * it cannot be observed and what to do.
 */
int observation_start(struct common *common, struct observation *observation, int map_fd,
		      const struct netdev *netdev, const struct port_list *ports,
		      struct reason *reason);

/*
 * The same with the links that an earlier run pinned. *complete: no frame was missed since. Returns
 * 0; -ENOENT: nothing is pinned; -ESTALE: they observe another program, or are another version's;
 * or another -errno: they are no links of ours, as the reason says.
 */
int observation_adopt(struct common *common, struct observation *observation, int map_fd,
		      const struct netdev *netdev, const struct port_list *ports, bool *complete,
		      struct reason *reason);

/* Takes other ports into account. */
void observation_set_ports(const struct common *common, struct observation *observation, int map_fd,
			   const struct port_list *ports);

/* Ends it; the program is untouched from now on, unless it is observed for other interfaces. */
void observation_end(struct common *common, struct observation *observation);

/* Leaves it as it is; what is pinned goes on counting. */
void observation_close(struct common *common, struct observation *observation);

/*
 * Ends what these links, -ENOENT for none, and the pins do for an interface, whoever pinned them,
 * if they are ours. True if there was something.
 */
bool observation_forget(const struct pins *pins, unsigned int ifindex, int in_fd, int out_fd);

/* Whether the links count what this program at the hook of the interface decides on its frames. */
bool observation_counts(const struct pins *pins, unsigned int ifindex, int in_fd, int out_fd,
			uint32_t prog_id);

/*
 * How many verdicts were none. 0; -ENOENT if the interface was never observed; or -errno. Where
 * nothing is observed by this process, the map that is pinned knows.
 */
int observation_read_invalid(const struct common *common, const struct pins *pins,
			     unsigned int ifindex, uint64_t *count);
void observation_forget_invalid(const struct common *common, const struct pins *pins,
				unsigned int ifindex);

#endif
