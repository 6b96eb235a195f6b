/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sorted.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16

size_t sorted_position(const void *array, size_t count, size_t size, unsigned long number,
		       unsigned long (*number_of)(const void *element))
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (number_of((const char *)array + middle * size) < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *sorted_make_room(void *array, size_t count, size_t *capacity, size_t size, size_t at)
{
	char *grown = array;

	if (count == *capacity) {
		size_t more = count ? 2 * count : FIRST_CAPACITY;

		grown = realloc(array, more * size);
		if (!grown)
			return NULL;
		*capacity = more;
	}
	memmove(grown + (at + 1) * size, grown + at * size, (count - at) * size);
	return grown;
}

void sorted_close_gap(void *array, size_t count, size_t size, size_t at)
{
	char *gap = (char *)array + at * size;

	memmove(gap, gap + size, (count - at - 1) * size);
}
