/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories of the pins of a network namespace: DIRECTORY/COOKIE, with one for each interface
 * in it. For pins.c and pins_each.c; what is in them, others ask pins.h.
 */
#ifndef XDP_AGENTX_KERNEL_PIN_TREE_H
#define XDP_AGENTX_KERNEL_PIN_TREE_H

#include <limits.h>
#include <stdint.h>

#include "kernel/pin_dir.h"
#include "lib/reason.h"

struct pins {
	struct pin_dir dir;
	char path[PATH_MAX - 64]; /* DIRECTORY/COOKIE */
	int lock_fd;              /* -1: we do not have it */
};

/* Takes the namespace with this cookie, in a directory that was found. 0 or -ENAMETOOLONG. */
int pin_tree_set(struct pins *pins, uintmax_t cookie);

/*
 * Whether nobody but who may can change what is in the directory of the namespace, or of an
 * interface: 0; -ENOENT if it is missing; or another -errno with the reason. The second of each
 * makes what is missing.
 */
int pin_tree_check_namespace(const struct pins *pins, struct reason *reason);
int pin_tree_make_namespace(const struct pins *pins, struct reason *reason);
int pin_tree_check(const struct pins *pins, unsigned int ifindex, struct reason *reason);
int pin_tree_make(const struct pins *pins, unsigned int ifindex, struct reason *reason);

/* DIRECTORY/COOKIE/IFINDEX and, unless it is empty, /NAME. The result is good until the next call.
 */
const char *pin_tree_path(const struct pins *pins, unsigned int ifindex, const char *name);

#endif
