/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that replace functions of other programs (freplace): components of a dispatcher. */
#ifndef XDP_AGENTX_KERNEL_FREPLACE_H
#define XDP_AGENTX_KERNEL_FREPLACE_H

#include <stdint.h>

struct replacement {
	uint32_t link_id;   /* the bpf_link that does it */
	uint32_t prog_id;   /* the program that runs instead of the function */
	uint32_t target_id; /* the program that the function belongs to */
	uint32_t function;  /* its BTF id there */
};

/* How many functions of one program are looked at. */
#define REPLACEMENTS_MAX 64

/*
 * The functions of a program that are replaced, REPLACEMENTS_MAX of them at most, in no order.
 * Returns how many; 0, too, without CAP_SYS_ADMIN. The first call looks at every bpf_link of the
 * system, later ones at those that were made since.
 */
unsigned int replacements_find(uint32_t target_id,
			       struct replacement found[static REPLACEMENTS_MAX]);

#endif
