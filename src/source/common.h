/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all sources share: the templates of our programs, the counters of errors, the observers, and
 * what is known of the system's links and programs. Whoever has a main() owns one and hands it
 * down. It loads a part when that is first needed: that takes rights and milliseconds, and
 * xdp-stats and -t need few. common.c alone says in which order the parts are opened and closed.
 */
#ifndef XDP_AGENTX_SOURCE_COMMON_H
#define XDP_AGENTX_SOURCE_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/freplace.h"
#include "kernel/map_users.h"
#include "kernel/pins.h"
#include "source/count_program.h"
#include "source/error_counters.h"
#include "source/maps_read.h"
#include "source/observe_program.h"

struct observer;

struct common {
	const struct pins *pins; /* where what we make is pinned; NULL: nothing is */
	struct freplace_cache freplace;
	struct map_users map_users;
	struct count_program count;
	struct error_counters errors;
	struct maps_read maps_read;
	struct observe_program observe;
	struct observer *observers; /* those of this process: see observer.h */

	/*
	 * Whether a program is at the hook of another interface; set by whoever knows all
	 * interfaces. NULL: that is not known.
	 */
	bool (*is_elsewhere)(uint32_t prog_id, unsigned int ifindex, void *context);
	void *elsewhere_context;

	bool unpinned; /* something of it could not be pinned, which has been logged */
	int *closing;  /* descriptors that are closed later, closing_count of them */
	size_t closing_count, closing_capacity;

	/* The last attempt to open observe, and what came of it. */
	int64_t observe_tried_at; /* CLOCK_MONOTONIC, ms; 0: never */
	int observe_err;
	struct reason observe_reason;
};

/* pins may be NULL, and has to outlive *common, which the caller gives to common_close(). */
void common_open(struct common *common, const struct pins *pins);

/*
 * Closes a link whose interface is gone, later: the kernel has whoever closes one wait for its lock
 * (rtnl_lock()), which it may hold for seconds while many interfaces go. common_close_links()
 * closes one or more of them, until the time is over (CLOCK_MONOTONIC, ms). True: there are more.
 */
void common_close_later(struct common *common, int link_fd);
bool common_close_links(struct common *common, int64_t until);

/* What is pinned goes on counting. Every source has to be closed. */
void common_close(struct common *common);

/* The counter program is there from now on. 0 or -errno with the reason. */
int common_need_count(struct common *common, struct reason *reason);

/*
 * The observer's programs are there from now on. 0; or -errno with the reason, which is remembered
 * for a minute, so that not each interface waits for the same refusal.
 */
int common_need_observe(struct common *common, struct reason *reason);

/* It is known from now on which maps of others are read. */
void common_need_maps_read(struct common *common);

/*
 * Pins again what somebody has unpinned, and what could not be pinned yet. What is in the way is
 * logged once.
 */
void common_repin(struct common *common);

/* Errors are counted from now on, as far as that is possible: error_counters_open(). */
int common_need_errors(struct common *common);

#endif
