/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capabilities of this process (capabilities(7)). */
#ifndef XDP_AGENTX_KERNEL_CAPABILITY_H
#define XDP_AGENTX_KERNEL_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/* Sets of capabilities, of each bit 1 << CAP_... of linux/capability.h. */
#define CAPABILITY_SET(capability) (UINT64_C(1) << (capability))

/* Whether a capability is in the effective set. */
bool capability_is_effective(int capability);

/* The permitted set. 0 or -errno; *permitted is then unchanged. */
int capability_get_permitted(uint64_t *permitted);

/* Has just these, permitted and effective; inheritable and ambient ones are gone. 0 or -errno. */
int capability_set(uint64_t capabilities);

#endif
