/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of one interface: the map in which somebody counts, the record beside it, and what
 * is carried over from maps that came before. Both are pinned where that is possible. Who writes
 * into the map is nobody's business here; the map is ours, or, where a program counts by itself,
 * that program's.
 */
#ifndef XDP_AGENTX_SOURCE_COUNTER_MAP_H
#define XDP_AGENTX_SOURCE_COUNTER_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/rtnl.h"
#include "source/common.h"
#include "source/counters.h"
#include "source/foreign_map.h"
#include "source/record.h"

struct counter_map {
	unsigned int ifindex;
	const struct pins *pins; /* NULL: nothing of it is pinned */
	int fd, record_fd;       /* record_fd is negative without pins */
	unsigned int values;     /* that the map has for each verdict */
	bool foreign;            /* it is somebody else's */
	uint32_t prog_id;        /* that counts in a foreign one; 0: it is not read any more */
	uint32_t user;           /* the program that uses that, see struct foreign_map */
	struct map_users *users; /* of the system's maps */
	bool untouched; /* since it was opened, in the state in which an earlier run left it */
	struct record record, saved;    /* saved is as the pinned record has it */
	struct cpu_counters *last_each; /* the last reading by CPU of this map, or NULL */
	struct reason remark;           /* why something is not pinned, or empty */
	bool is_new;                    /* nothing was pinned when it was opened */
	bool refused;                   /* the remark is about a pin that is there */
	bool unpinned;                  /* something is not pinned that may be later */
	int save_err, own_err;          /* the last failures, which have been logged, or 0 */
};

/*
 * Takes what is pinned for an interface into use, makes what is missing, and pins it. What is in
 * the way of pinning is logged and becomes the remark. Returns 0: *map is the caller's, who gives
 * it to counter_map_close(); or -errno with the reason.
 */
int counter_map_open(struct counter_map *map, struct common *common, const struct netdev *netdev,
		     struct reason *reason);

/* Ends its use, with the last reading in the record; what is pinned stays. */
void counter_map_close(struct counter_map *map);

/* Takes its pins away. */
void counter_map_unpin(struct counter_map *map);

/*
 * Reads the whole map with one system call, adds the CPUs up and what is carried over: as
 * source_read().
 */
int counter_map_read(struct counter_map *map, struct counters *served, struct cpu_counters **each);

/* Writes the record. */
void counter_map_save(struct counter_map *map);

/* Frames may have been missed up to now. */
void counter_map_discontinue(struct counter_map *map);

/*
 * Notes the interface's name and what was last read in the record, and pins again what somebody
 * has unpinned: 0 or -errno with what is in the way in reason.
 */
int counter_map_refresh(struct counter_map *map, const struct netdev *netdev,
			struct reason *reason);

/*
 * Something of it, or of its writer, is not pinned: what is in the way is logged the first time and
 * becomes the remark. To be called with 0 when all is pinned: it then is no remark any more.
 */
void counter_map_note_pins(struct counter_map *map, const struct netdev *netdev, int err,
			   const struct reason *reason);

/* A pin that is there and not what it should be: it becomes the remark, and is logged. */
void counter_map_refuse(struct counter_map *map, const struct netdev *netdev,
			const struct reason *reason);

/* Whether an earlier run read this very map of somebody else, and nothing was done since. */
bool counter_map_resumes(const struct counter_map *map, uint32_t map_id);

/*
 * Goes over to somebody else's map, in which the program at the hook of netdev counts; foreign->fd
 * becomes the map's on success only. What was served is carried over. What is in a first map is
 * the interface's own if its id is above after and it was read for no other interface; else it
 * begins at 0. Returns 0 or -errno.
 */
int counter_map_use_foreign(struct counter_map *map, struct common *common,
			    struct foreign_map *foreign, const struct netdev *netdev,
			    uint32_t after);

/* Goes back from somebody else's map to one of ours. 0 or -errno with the reason. */
int counter_map_use_own(struct counter_map *map, const struct common *common,
			struct reason *reason);

/*
 * Stops the reading of a foreign map once another program has begun to use it. Returns whether it
 * is read.
 */
bool counter_map_still_read(struct counter_map *map);

#endif
