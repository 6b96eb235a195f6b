/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The function whose return value is the verdict of an XDP hook. */
#ifndef XDP_AGENTX_SOURCE_TARGET_H
#define XDP_AGENTX_SOURCE_TARGET_H

#include <stdint.h>

#include "kernel/freplace.h"
#include "lib/reason.h"

struct target {
	int prog_fd;       /* owned by whoever holds the struct; -1 if there is none */
	uint32_t prog_id;  /* of the program that the function belongs to */
	uint32_t function; /* BTF id of its entry function, as attach_btf_id wants it */
};

/*
 * The program with this id, which is at a hook. On success the caller owns *target and gives it to
 * target_close(). Else reason says why it cannot be observed, and what to do about it:
 * -EPERM       the kernel does not hand it out (CAP_SYS_ADMIN)
 * -ENOENT      it is gone
 * -EPROTOTYPE  it is no XDP program
 * -EOPNOTSUPP  it runs on the NIC; one that is only bound to a device runs on the CPU and is fine
 * -ENODATA     it has no BTF
 * -ENOEXEC     it is not JIT-compiled
 * or what else the kernel said.
 */
int target_open(struct target *target, uint32_t prog_id, struct reason *reason);

/*
 * What runs instead of the entry function of a target, the lone component of a dispatcher, say:
 * then the kernel answers EBUSY to whoever wants to trace the target itself. A replacement cannot
 * be replaced in turn. Returns, and owns, as target_open(); -ENOENT: nothing replaces it (any
 * more).
 */
int target_replacement(struct target *replacement, const struct target *target,
		       struct freplace_cache *cache, struct reason *reason);

void target_close(struct target *target);

#endif
