/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sorted.h"

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
