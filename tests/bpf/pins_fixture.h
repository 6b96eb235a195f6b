/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources that are pinned in a bpffs of the test's own: opened, left behind and looked at. */
#ifndef XDP_AGENTX_PINS_FIXTURE_H
#define XDP_AGENTX_PINS_FIXTURE_H

#include "fixture.h"

#include "kernel/pins.h"
#include "source/pinned.h"
#include "source/record.h"
#include "source/source.h"

/* What the tests play with: the pins, the source on left, and what the kernel tells of left. */
extern struct pins *pins;
extern struct source *source;
extern struct netdev left;
extern const struct fixture_frame frame;

/* At the start of the program, as fixture_enter(); unit_bpffs_end() is for its end. */
void pins_fixture_begin(void);
int pins_fixture_setup(void **state);
int pins_fixture_teardown(void **state);

/* The source; to discard it leaves no pins. */
void open_source(void);
void close_source(void);
void discard_source(void);

/*
 * Has a program of ours count: prog_id is the one that is there, by what the kernel tells. The
 * operator is told these words, or nothing where they are empty.
 */
void attach_with(uint32_t prog_id, const char *wanted);

/* Runs the program that is on left. */
void run(unsigned int repeat);

/* An earlier run: it counted three frames, and is over. Returns the id of the program it left. */
uint32_t leave_behind(void);

/* What is served, and what is seen of the pins alone, as xdp-stats does it. */
void assert_read(uint64_t packets);
void assert_peek(uint64_t packets);
void assert_no_peek(int err, const char *words);
int peek(struct counters *served, struct cpu_counters **each, struct reason *reason);

/* Whether a program that counts was taken off left; its counters stay. */
bool take_off(void);

/* The pins of left, and the record among them. get() returns a descriptor that the caller owns. */
int get(enum pin pin);
void put(enum pin pin, int fd);
void assert_pinned(bool map, bool record, bool link);
void assert_no_pins(void); /* not even a directory for them */
struct record read_record(void);
void write_record(const struct record *record);

/* What a map has counted of XDP_PASS begins anew. */
void reset_map(int fd);

/*
 * What happens next happens in another millisecond. Returns the time of the last discontinuity if
 * there is a source.
 */
int64_t wait_for_the_clock(void);

#endif
