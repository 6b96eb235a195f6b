/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is asked about what is somebody else's. For a program, a map, a link or BTF by its id, and
 * for the next id, the kernel wants CAP_SYS_ADMIN (kernel/bpf/syscall.c). A child process keeps
 * that capability and nothing else, and answers these questions over a socketpair; the rest of us
 * can then do without it.
 *
 * The child has its socket and standard error open, and may ask bpf(2) what is listed in
 * broker_child.c and nothing else (seccomp(2)). It hands out programs of type XDP, what replaces a
 * function of a program or traces a program, the maps of these for reading, and BTF other than the
 * kernel's. Of a link it gives the information: LINK_DETACH on a descriptor needs no right at all.
 * A refusal is told once on standard error. It ends with its parent; asked what it cannot
 * understand, it ends.
 *
 * There is one for the process, as there is one set of capabilities. All descriptors that are
 * returned are the caller's.
 */
#ifndef XDP_AGENTX_KERNEL_BROKER_H
#define XDP_AGENTX_KERNEL_BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/broker_child.h"

struct btf;

/*
 * Starts it, before anything is opened that it must not have. 0, also without CAP_SYS_ADMIN, when
 * none is started; or -errno, which has been logged. Call privileges_drop() next.
 */
int broker_open(void);

/* It ends, without a message. */
void broker_close(void);

/* To be waited on for reading, and broker_check() to be called then: it has ended. -1: none. */
int broker_fd(void);
void broker_check(void);

/*
 * NULL while it answers; else what is lacking, for "observing takes ...": the capability, or the
 * broker, which has ended and cannot be started again, or is slow. The end and a delay have been
 * logged.
 */
const char *broker_lacks(void);

/*
 * What all of these return for want of an answer, within 1.5 s: -EPERM without CAP_SYS_ADMIN;
 * -EPIPE: the broker has ended; -ETIMEDOUT: it is slow, and until it has answered all that follow
 * return this at once. -EPROTOTYPE: it refuses. Else what the kernel says: -ENOENT, it is gone.
 */
int broker_program(uint32_t prog_id);
int broker_map(uint32_t prog_id, uint32_t map_id); /* of a program; for reading */

/* The caller gives it to btf__free(); NULL: it cannot be had. */
struct btf *broker_btf(uint32_t btf_id);

/*
 * The next one after an id, 0 for the first: *next is 0 after the last, and for want of an answer.
 * What is returned is about that one: -ENOENT if it has gone.
 */
int broker_next_program(uint32_t prog_id, uint32_t *next, struct map_ids *maps);

/*
 * Looks at links after an id, up to *next: replacement->link_id is 0 if none of them replaces a
 * function, else *next. 0; -ENOENT: there are no more; or another -errno, of the link *next; for
 * want of an answer *next is the id that was given.
 */
int broker_next_link(uint32_t link_id, uint32_t *next, struct freplace *replacement);

/* One of these again: 0; -ENOENT if it is gone; or another -errno if that is not known. */
int broker_link(uint32_t link_id, struct freplace *replacement);

/* False also if that cannot be known. */
bool broker_program_is_gone(uint32_t prog_id);
bool broker_map_is_gone(uint32_t map_id);

#endif
