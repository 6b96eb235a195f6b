/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sources share among their own files. */
#ifndef XDP_AGENTX_SOURCE_PRIVATE_H
#define XDP_AGENTX_SOURCE_PRIVATE_H

#include "source/count.h"
#include "source/observation.h"
#include "source/record.h"

struct source {
	unsigned int ifindex;
	const struct pins *pins;   /* NULL: nothing of this source is pinned */
	const struct pins *common; /* the same, but NULL only if nothing is pinned at all */
	int map_fd, state_fd;      /* state_fd is -1 without pins */
	unsigned int map_values;   /* that it has for each verdict */
	bool foreign;              /* it is somebody else's */
	bool others_counted;       /* in which frames of other interfaces are, too */
	uint32_t map_prog_id;      /* the program that counts in it; 0: it is not read any more */
	uint32_t programs_seen;    /* no other one up to this id does */
	bool reopened;             /* it is in the state in which an earlier run left it */
	struct source_state state, saved; /* saved is as the record has it */
	struct cpu_counters *last_each;   /* the last reading by CPU of this map, or NULL */
	struct count_attachment writer;   /* link_fd is -1 while there is none */
	struct observation observation;   /* at most one of the two is in use */
	bool link_pinned, observation_pinned;
	bool resumed; /* the writer is one that an earlier run left, and missed nothing */
	char remark[PINS_ERROR_MAX]; /* why something is not pinned, or empty */
	bool refused;                /* the remark is about a pin that is there */
};

/*
 * The pinned counter map of an interface, ours or that of a program which counts by itself: a
 * descriptor that the caller owns, and in *values as source_check_foreign_map(); -ENOENT if nothing
 * is pinned, or another -errno with what is wrong with the pin in error.
 */
int source_pinned_map(const struct pins *pins, unsigned int ifindex, unsigned int *values,
		      char error[static PINS_ERROR_MAX]);

/* Writes the record. */
void source_save(struct source *source);

/*
 * Goes over to another map, which is the source's from then on; the last values of the present one
 * are carried over. 0 or -errno; the descriptor then stays the caller's.
 */
int source_switch_map(struct source *source, int map_fd, unsigned int values, bool foreign);

/* Whether a foreign map is still that of one program only; once it is not, it is not read again. */
bool source_map_is_its_own(struct source *source);

/* Has a source that reads somebody else's map go over to one of ours. 0 or -errno with text. */
int source_own_map(struct source *source, char text[static STATUS_TEXT_MAX]);

#endif
