/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of one interface and the writer that keeps them: a map that belongs to the
 * interface, and at times a program that counts in it. The writer may come and go; the map, and
 * with it the values, stays until source_close().
 */
#ifndef XDP_AGENTX_SOURCE_H
#define XDP_AGENTX_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/observe.h"
#include "kernel/pins.h"
#include "kernel/program_name.h"
#include "kernel/rtnl.h"
#include "kernel/xdp.h"
#include "lib/if_map.h"
#include "lib/reason.h"
#include "source/counters.h"
#include "source/record.h"

struct source;

/*
 * Takes the pinned map of an interface into use, or makes one, and pins it; without a writer. pins
 * may be NULL, and has to outlive the source: nothing is pinned then. What is in the way of pinning
 * is logged and remembered for the text of source_attach(). On success *source is owned by the
 * caller, who gives it to source_close(). On failure, -errno, text says what could not be done and
 * why.
 */
int source_open(struct source **source, const struct pins *pins, const struct link *link,
		char text[static STATUS_TEXT_MAX]);

/*
 * Has our counter program at the hook of the interface, writing into the map of the source: the one
 * that an earlier run left there, brought up to date if need be, else a new one. A writer that the
 * source had before is let go. text is empty, or says what the operator should know (why generic,
 * why not pinned); on failure, -errno, it holds the kernel's reason for each way that was tried.
 */
int source_attach(struct source *source, const struct link *link, enum xdp_hook hook,
		  char text[static STATUS_TEXT_MAX]);

/*
 * Counts the verdicts of the program at the hook, which is not ours and stays untouched, on frames
 * of the interface and of its ports: by the observer that an earlier run left there, if it is the
 * right one, else by a new one. A writer that the source had before is let go. text is empty, or
 * says what the operator should know; on failure, -errno, why the program cannot be observed.
 */
int source_observe(struct source *source, const struct link *link, const struct port_list *ports,
		   char text[static STATUS_TEXT_MAX]);

/*
 * Reads, from now on, the map in which the program at the hook counts by itself: the one pinned at
 * path, or, if path is NULL, the one that is found among the program's. A writer that the source
 * had before is let go, and its values are carried over; to a first map belongs all that is in it,
 * unless others_counted: frames of other interfaces are known to be in it. On failure, -errno, text
 * says what is wrong.
 */
int source_use_map(struct source *source, const struct link *link, const char *path,
		   bool others_counted, char text[static STATUS_TEXT_MAX]);

/* Whether it still is that program's, and still that map. */
bool source_uses_map(struct source *source, uint32_t prog_id, const char *path);

/* What source_use_map() would answer, without touching anything. */
int source_can_use_map(uint32_t prog_id, const char *path, char text[static STATUS_TEXT_MAX]);

/* Whether that is the program that is observed; and to have frames of other ports counted. */
bool source_observes(const struct source *source, uint32_t prog_id);
void source_set_ports(struct source *source, const struct port_list *ports);

/* Whether anything can be observed here: 0; or -errno with why not in text. */
int source_can_trace(const struct pins *pins, char text[static STATUS_TEXT_MAX]);

/* What source_observe() would answer, as far as that can be told without touching anything. */
int source_can_observe(uint32_t prog_id, char text[static STATUS_TEXT_MAX]);

/* Whether the writer is one that an earlier run left, and has missed no frame since. */
bool source_resumed(const struct source *source);

/* Who counted last, in whatever run; SOURCE_NONE if nobody has. */
enum source_kind source_last_kind(const struct source *source);

/* What is wrong with a pin that was found and refused, or "". It belongs to the source. */
const char *source_refusal(const struct source *source);

/* Lets the writer go. The values stay. */
void source_detach(struct source *source);

/* Ends the use of a source and leaves what is pinned as it is. NULL is ignored. */
void source_close(struct source *source);

/* Takes everything away: writer, map and pins. NULL is ignored. */
void source_discard(struct source *source);

/* Our program: its id, 0 while there is none; where it was attached; what it is called. */
uint32_t source_prog_id(const struct source *source);
enum xdp_mode source_mode(const struct source *source);
struct program_info source_program(const struct source *source);

/* Whether our link is on the interface with this program, which somebody has put into it. */
bool source_holds(const struct source *source, uint32_t prog_id);

/* True: its interface is gone, and link is another one with the same ifIndex. */
bool source_is_stale(const struct source *source, const struct link *link);

/*
 * Reads the whole map with one system call, adds the CPUs up and what is carried over. Returns 0 or
 * -errno, *served is then unchanged; -EBUSY: another program has begun to use somebody else's map.
 *
 * each may be NULL; else *each gets the addends of *served, which are the caller's to free, or NULL
 * where they are not known: what is carried over is known as a sum only, and a plain array has one
 * value for all CPUs.
 */
int source_read(struct source *source, struct counters *served, struct cpu_counters **each);

/* How many verdicts were none. 0; -ENOENT: the interface was never observed; or -errno. */
int source_read_invalid(const struct source *source, uint64_t *count);

/*
 * While there is a writer: pins again what somebody has unpinned, and notes the interface's name
 * and what was last read in the record.
 */
void source_keep(struct source *source, const struct link *link);

/* When the program or its state last changed: CLOCK_MONOTONIC in ms, kept over restarts by the
 * pins. */
int64_t source_last_change(const struct source *source);
void source_set_last_change(struct source *source, int64_t when);

/* When frames were last lost to the counters: CLOCK_MONOTONIC in ms, kept over restarts by the
 * pins. */
int64_t source_discontinuity(const struct source *source);

/*
 * Whether this program sits on the interface by a pinned link of ours. If not, why says what is
 * wrong with the pin, or is empty where there is none.
 */
bool source_left_behind(const struct pins *pins, unsigned int ifindex, uint32_t prog_id,
			char why[static PINS_ERROR_MAX]);

/* Whether counters of the interface are pinned. */
bool source_is_kept(const struct pins *pins, unsigned int ifindex);

/* Takes a pinned program of ours off an interface; the values stay pinned. True if there was one.
 */
bool source_take_off(const struct pins *pins, unsigned int ifindex);

/* Whether an earlier run left an observer there; and to end it. True if there was one. */
bool source_was_observed(const struct pins *pins, unsigned int ifindex);
bool source_unobserve(const struct pins *pins, unsigned int ifindex);

/* source_last_kind() of what is pinned. */
enum source_kind source_kept_kind(const struct pins *pins, unsigned int ifindex);

/* Takes away all that is pinned for an interface. True if there was something. */
bool source_forget(const struct pins *pins, unsigned int ifindex);

/*
 * The same for xdp-stats, and the operator's mark with it. 0, *kind says who counted; or -errno
 * with what was in the way in why, -ENOENT if there was nothing.
 */
int source_unload(const struct pins *pins, unsigned int ifindex, enum source_kind *kind,
		  char why[static PINS_ERROR_MAX]);

/*
 * Makes the operator's mark and ends what is pinned; the values stay. 0, *kind says what was ended;
 * or -errno with the reason in why: the mark may have been made then, and the rest is left to the
 * agent.
 */
int source_release(const struct pins *pins, unsigned int ifindex, enum source_kind *kind,
		   char why[static PINS_ERROR_MAX]);

/*
 * What source_read() would serve, from the pins alone; for readers beside the agent. Returns 0 or
 * -errno with the reason in text; -ENOENT: nothing is pinned. Where *each is NULL, text says why.
 */
int source_peek(const struct pins *pins, unsigned int ifindex, struct counters *served,
		struct cpu_counters **each, char text[static STATUS_TEXT_MAX]);

/*
 * Who counts at present what the program at the hook decides, from the pins alone; SOURCE_NONE:
 * nobody. 0; or -EPERM: that takes CAP_SYS_ADMIN to know.
 */
int source_who_counts(const struct pins *pins, const struct link *link, enum source_kind *kind);

/*
 * Asks the kernel what the map fd is and compares type, key size, value size and number of entries
 * with the layout of xdp_stats.h; a map is read only after this. Returns 0, or -EINVAL with what
 * was found and what is expected in text, or another -errno with what could not be asked.
 */
int source_check_map(int map_fd, char text[static STATUS_TEXT_MAX]);

/* Frees what all sources share. Every source has to be closed. */
void source_cleanup(void);

#endif
