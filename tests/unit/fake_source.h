/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources and pins that are no more than notes, for tests of what decides on them: what they are
 * asked for is written down, and what they answer is said by the test.
 */
#ifndef XDP_AGENTX_FAKE_SOURCE_H
#define XDP_AGENTX_FAKE_SOURCE_H

#include "unit.h"

#include <net/if.h>
#include <stdbool.h>

#include "source/foreign_map.h"
#include "source/pinned.h"
#include "source/source.h"

#define FIRST_PROG_ID 1000 /* of ours; what the tests attach themselves has smaller numbers */

struct source {
	unsigned int ifindex;
	uint32_t prog_id; /* of our program */
	enum xdp_mode mode;
	uint32_t observed; /* the program whose verdicts are counted */
	uint32_t map_of;   /* the program whose map is read */
	char map_path[64]; /* where it is pinned, or "" */
	bool reopened;     /* nothing was asked of it yet */
	struct port_list ports;
	bool resumed;
	enum source_kind kind;
	char name[IFNAMSIZ]; /* of the interface that it was opened for */
	int64_t discontinuity, last_change;
	struct reason note;
};

/* What is pinned, by ifIndex, as an earlier run left it and ours go on with it. */
struct pins {
	struct fake_pinned {
		uint32_t prog_id;       /* on the interface, by a link of ours */
		const char *why;        /* what is wrong with the pinned link, or NULL */
		uint32_t observed;      /* by the observer that is pinned */
		bool kept;              /* there are counters */
		bool released, foreign; /* the marks */
		enum source_kind kind;
		int64_t discontinuity, last_change;
	} at[16];
};

extern struct pins fake_pins;
extern struct common fake_common; /* pinned there */

/* What was asked of the sources. */
extern char fake_calls[1024];
extern unsigned int fake_keeps, fake_traces; /* too many to be recorded */
extern int fake_open_sources;

/* Whose errors are counted, whether there were any, and whose are its bond's, by ifIndex. */
extern struct fake_errors {
	bool counted, had;
	unsigned int bond;
} fake_errors[16];

/* What they answer. */
extern struct fake_answer {
	int open_err, attach_err, trace_err, observe_err, map_err, read_err, mark_err;
	const char *text, *map_text;
	enum xdp_mode mode;
	uint32_t next_prog_id;
	bool nameless;             /* the kernel does not tell what programs are called */
	bool missed;               /* an observer that was left has missed frames */
	bool map_shared;           /* another program has come to use the map that is read */
	uint32_t held;             /* somebody's program that is in our link */
	int64_t folded;            /* a reading found a reset at that time */
	struct cpu_counters *each; /* by CPU; NULL: that is not known */
	unsigned int gone;         /* there is no interface with this ifIndex any more */
	uint32_t latest_map;       /* the id of the last map that was made */
	uint32_t elsewhere;        /* a program of ours that no pin leads to */
	bool stale;                /* a source whose interface was called otherwise has none */
} fake_answer;

/* Nothing is pinned and nothing was asked; everything works, natively. */
void fake_source_reset(void);

#endif
