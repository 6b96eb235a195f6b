/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that are sorted by a number, of count elements of size octets each. */
#ifndef XDP_AGENTX_LIB_SORTED_H
#define XDP_AGENTX_LIB_SORTED_H

#include <stddef.h>

/* The position of the first element whose number is at least that; count if there is none. */
size_t sorted_position(const void *array, size_t count, size_t size, unsigned long number,
		       unsigned long (*number_of)(const void *element));

/*
 * Makes room for one more at a position, in an array of malloc(3) with room for *capacity. Returns
 * the array, which may have moved; or NULL without memory, all is unchanged then.
 */
void *sorted_make_room(void *array, size_t count, size_t *capacity, size_t size, size_t at);

/* Moves what is behind a position into its place. */
void sorted_close_gap(void *array, size_t count, size_t size, size_t at);

#endif
