/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of iface share. */
#ifndef XDP_AGENTX_IFACE_PRIVATE_H
#define XDP_AGENTX_IFACE_PRIVATE_H

#include "iface/iface.h"

/* What the MIB shows from now on; a failure that is news is logged. */
void iface_set_state(struct iface *iface, enum source_kind kind, enum iface_status status,
		     const char *text);

/* What is attached from now on, whether the kernel said so or we did it. */
void iface_set_program(struct iface *iface, uint32_t prog_id, enum xdp_mode mode);

/* Somebody else's program is there: failed, "program 'NAME' (id N, MODE) WHAT: WHY". */
void iface_fail_foreign(struct iface *iface, const char *what, const char *why);
const char *iface_failure_of(enum source_kind wanted);

/* For auto: text says why the program cannot be observed, why why its map cannot be read. */
void iface_add_reason(char text[static STATUS_TEXT_MAX], const char *why);

/* Whether the program's own map can be of this interface alone: 0, or -EBUSY with why not. */
int iface_check_sharing(const struct iface *iface, char why[static STATUS_TEXT_MAX]);

#endif
