/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives us: pins in a bpffs, in one directory for each interface,
 *
 *	DIRECTORY/NETNS-COOKIE/IFINDEX/{xdp_stats_map,state,link,program,in,out,first}
 *
 * The cookie of a network namespace is never used again (SO_NETNS_COOKIE, socket(7)), its inode
 * number is. This module knows paths and owners; what a pin holds is judged by who asks for it.
 */
#ifndef XDP_AGENTX_KERNEL_PINS_H
#define XDP_AGENTX_KERNEL_PINS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/reason.h"

/*
 * Of an interface: its counters, the record beside them; the link of our program, the program, and
 * the one that is about to take its place; the links of the two programs that observe somebody
 * else's, and the map that says whose frames these find first. Of PINS_IN_COMMON: two maps of all
 * observers, one that they share with what counts errors, and the two maps of the latter, its links
 * and their programs.
 */
enum pin {
	PIN_MAP,
	PIN_STATE,
	PIN_LINK,
	PIN_PROGRAM,
	PIN_PROGRAM_NEW,
	PIN_IN,
	PIN_OUT,
	PIN_FIRST,
	PIN_OBSERVED,
	PIN_INVALID,
	PIN_BONDS,
	PIN_ERRORS,
	PIN_NEWS,
	PIN_EXCEPTION,
	PIN_REDIRECT,
	PIN_TRANSMIT,
	PIN_EXCEPTION_PROGRAM,
	PIN_REDIRECT_PROGRAM,
	PIN_TRANSMIT_PROGRAM,
	PIN_MAPS_READ,
	PINS
};

/* In the place of an ifIndex: what all interfaces of the namespace have in common. */
#define PINS_IN_COMMON 0

struct pins;

/*
 * The pins of this network namespace below directory, which is made if it is missing and make is
 * true. On success *pins is owned by the caller, who gives it to pins_close(). On failure, -errno,
 * reason says why nothing can be pinned there; -ENOENT: it is missing.
 *
 * Directories that others may write to are not used, here and in all that follows (pin_dir.h): what
 * is in them counts as missing, and is neither opened, made nor removed.
 */
int pins_open(struct pins **pins, const char *directory, bool make, struct reason *reason);
void pins_close(struct pins *pins);

/*
 * Has them used by this process alone until pins_close(), and makes sure of it when it is called
 * again. 0; -EBUSY if another process uses them; or another -errno with the reason. Who that is
 * takes no rights to ask: see pin_lock_holder().
 */
int pins_lock(struct pins *pins, struct reason *reason);
pid_t pins_holder(const struct pins *pins);

/* Where a pin is, for messages. The result is good until the next call. */
const char *pins_path(const struct pins *pins, unsigned int ifindex, enum pin pin);

/*
 * Opens a pin. Returns a descriptor that the caller owns, -ENOENT if there is none, -EPERM if it
 * belongs to neither root nor us nor, if we are root, to whom root gave the directory, or another
 * -errno; reason then names the pin.
 */
int pins_get(const struct pins *pins, unsigned int ifindex, enum pin pin, struct reason *reason);

/*
 * Opens the program that the kernel knows by this id: the pin, if it is that one, or by its id,
 * which takes the broker. Returns a descriptor that the caller owns, or -errno.
 */
int pins_get_program(const struct pins *pins, unsigned int ifindex, enum pin pin, uint32_t prog_id);

/* Whether there is something; it is not looked at. */
bool pins_exists(const struct pins *pins, unsigned int ifindex, enum pin pin);

/*
 * Pins fd again if somebody has unpinned it, which is logged. 0; or -errno with what is in the way
 * in reason: the caller tries again later, and sees to it that this is told once.
 */
int pins_repin(const struct pins *pins, unsigned int ifindex, enum pin pin, int fd,
	       struct reason *reason);

/* Pins fd where there is nothing yet. 0 or -errno, with the pin named in reason. */
int pins_put(const struct pins *pins, unsigned int ifindex, enum pin pin, int fd,
	     struct reason *reason);

/*
 * Pins fd in the place of what is there, if anything is, in one step: a crash leaves the old one or
 * the new one. 0 or -errno, with the pin named in reason.
 */
int pins_replace(const struct pins *pins, unsigned int ifindex, enum pin pin, int fd,
		 struct reason *reason);

/* Takes a pin away. False: it is not there, is something else, or cannot be taken away. */
bool pins_remove(const struct pins *pins, unsigned int ifindex, enum pin pin);

/* Takes the directory of an interface away, once its pins and its marks are. */
void pins_remove_interface(const struct pins *pins, unsigned int ifindex);

/* Calls each() for every interface that has a directory; each() may remove it. 0 or -errno. */
int pins_each(const struct pins *pins, void (*each)(unsigned int ifindex, void *context),
	      void *context);

/*
 * Calls each() for every network namespace that has pins below directory: 0, or -errno with the
 * reason. Takes away what is a namespace's own, once the directories of its interfaces are gone; by
 * who has locked it.
 */
int pins_each_namespace(const char *directory, void (*each)(struct pins *pins, void *context),
			void *context, struct reason *reason);
void pins_remove_namespace(const struct pins *pins);

/*
 * One number for the whole namespace, which outlives us like the counters: when the master agent's
 * sysUpTime was 0 (CLOCK_MONOTONIC, ms). 0 if there is none. Measured anew it would differ by a
 * tick, and each TimeStamp with it.
 */
int64_t pins_get_epoch(const struct pins *pins);
void pins_put_epoch(const struct pins *pins, int64_t epoch);

/*
 * Marks of an interface, beside its pins: an operator asks for the hook to be left free; the source
 * auto has seen somebody else's program there. To be taken away it has to be there, -ENOENT; the
 * directory goes with the last thing in it. 0 or -errno with the reason.
 */
enum pins_mark { MARK_RELEASED, MARK_FOREIGN, MARKS };

bool pins_is_marked(const struct pins *pins, unsigned int ifindex, enum pins_mark mark);
int pins_mark(const struct pins *pins, unsigned int ifindex, enum pins_mark mark,
	      struct reason *reason);
int pins_unmark(const struct pins *pins, unsigned int ifindex, enum pins_mark mark,
		struct reason *reason);

static inline bool pins_is_released(const struct pins *pins, unsigned int ifindex)
{
	return pins_is_marked(pins, ifindex, MARK_RELEASED);
}

static inline int pins_release(const struct pins *pins, unsigned int ifindex, struct reason *reason)
{
	return pins_mark(pins, ifindex, MARK_RELEASED, reason);
}

static inline int pins_retake(const struct pins *pins, unsigned int ifindex, struct reason *reason)
{
	return pins_unmark(pins, ifindex, MARK_RELEASED, reason);
}

#endif
