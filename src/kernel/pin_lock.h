/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock on the pins of a network namespace: held by the agent while it runs, and by whoever
 * takes pins away. It is flock(2) on a directory beside the pins, which its owner alone may open:
 * so no other user can hold it, and it goes with the process, however that ends.
 */
#ifndef XDP_AGENTX_KERNEL_PIN_LOCK_H
#define XDP_AGENTX_KERNEL_PIN_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/reason.h"

/*
 * Takes the lock in this directory, and makes what it needs for owner. Returns a descriptor, which
 * is the caller's and holds the lock until it is closed; -EBUSY if another process has the lock;
 * -ENOENT if the directory is gone; or another -errno. The reason is set.
 */
int pin_lock_take(const char *directory, uid_t owner, struct reason *reason);

/*
 * The process that has the lock; 0: nobody, or one of a PID namespace that we do not see. It takes
 * no rights to ask.
 */
pid_t pin_lock_holder(const char *directory);

/* Whether the lock that the descriptor holds is the one that others meet in this directory. */
bool pin_lock_is_in(const char *directory, int fd);

/* Takes what the lock needs away; by who holds it. */
void pin_lock_remove(const char *directory);

#endif
