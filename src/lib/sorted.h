/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that are sorted by a number. */
#ifndef XDP_AGENTX_LIB_SORTED_H
#define XDP_AGENTX_LIB_SORTED_H

#include <stddef.h>

/*
 * The position of the first of count elements, of size octets each, whose number is at least that;
 * count if there is none.
 */
size_t sorted_position(const void *array, size_t count, size_t size, unsigned long number,
		       unsigned long (*number_of)(const void *element));

#endif
