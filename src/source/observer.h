/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The observers of this process: one for each program that is observed, shared by the interfaces
 * that have it. It is gone when its last user is and nothing pins its links.
 */
#ifndef XDP_AGENTX_SOURCE_OBSERVER_H
#define XDP_AGENTX_SOURCE_OBSERVER_H

#include "bpf/observe.h"
#include "source/common.h"

struct observer;

/*
 * An observer of the program that gives the verdicts at the hook that key names; a new one finds
 * the frames of key without a look-up and counts them in map_fd, see observer_finds(). After
 * common_need_observe(). 0: *observer is to be given to observer_release(); or -errno with the
 * reason why it cannot be observed.
 */
int observer_open(struct common *common, struct observer **observer,
		  const struct xdp_observe_key *key, int map_fd, struct reason *reason);

/*
 * The same with links that an earlier run left; they stay the caller's. 0; -ESTALE: they observe
 * something else, or are another version's; or another -errno: they are no links of ours.
 */
int observer_adopt(struct common *common, struct observer **observer, int in_fd, int out_fd,
		   const struct netdev *netdev);
void observer_release(struct common *common, struct observer *observer);

/* As observer_open() would answer, as far as that can be told without touching anything. */
int observer_check(struct common *common, uint32_t hook_id, struct reason *reason);

/* Pins its links, and the map of its key, where there are none yet. 0 or -errno, with the pin named
 * in reason. */
int observer_pin(const struct observer *observer, const struct pins *pins, unsigned int ifindex,
		 struct reason *reason);

/* Pins again what somebody has unpinned of that. 0 or -errno with the reason. */
int observer_repin(const struct observer *observer, const struct pins *pins, unsigned int ifindex,
		   struct reason *reason);

/* Takes these pins away. False: there was no link. */
bool observer_unpin(const struct pins *pins, unsigned int ifindex);

/*
 * Whether it finds the frames of key without a look-up and counts them in map_fd. There is one such
 * key for each observer, which costs less than one in a map of maps: for every frame, and because
 * the kernel has whoever changes a map of maps wait for 10 ms and more (maybe_wait_bpf_programs()
 * in its kernel/bpf/syscall.c).
 */
bool observer_finds(const struct observer *observer, const struct xdp_observe_key *key, int map_fd);

/* From now on it does not; by observer, or by link. */
void observer_clear_first(const struct observer *observer, unsigned int ifindex);
void observer_clear_first_of(const struct pins *pins, unsigned int ifindex, int out_fd);

/* Whether an observer, by its link, finds the frames of key without a look-up. */
bool observer_has_first(const struct pins *pins, int out_fd, const struct xdp_observe_key *key);

/* Whether they are of this version, and use the maps that it uses; after common_need_observe(). */
bool observer_is_current(const struct common *common, int in_fd, int out_fd);

/* Whether these are the links of an observer, of whatever version; -ENOENT stands for none. */
bool observer_is_ours(int in_fd, int out_fd);

#endif
