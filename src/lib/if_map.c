/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/if_map.h"

#include <stdlib.h>
#include <string.h>

/* The position of the first with an ifIndex of at least that. */
static size_t lower_bound(const struct numbers *numbers, unsigned int ifindex)
{
	size_t low = 0, high = numbers->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (numbers->number[middle].ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert_at(struct numbers *numbers, size_t at, struct number number)
{
	if (numbers->count == numbers->capacity) {
		size_t capacity = numbers->capacity ? 2 * numbers->capacity : 16;
		struct number *grown = realloc(numbers->number, capacity * sizeof(*grown));

		if (!grown)
			return;
		numbers->number = grown;
		numbers->capacity = capacity;
	}
	memmove(&numbers->number[at + 1], &numbers->number[at],
		(numbers->count - at) * sizeof(number));
	numbers->number[at] = number;
	numbers->count++;
}

unsigned int numbers_set(struct numbers *numbers, unsigned int ifindex, unsigned int value)
{
	size_t at = lower_bound(numbers, ifindex);
	unsigned int before;

	if (at == numbers->count || numbers->number[at].ifindex != ifindex) {
		if (value)
			insert_at(numbers, at, (struct number){ ifindex, value });
		return 0;
	}
	before = numbers->number[at].value;
	numbers->number[at].value = value;
	if (!value) {
		numbers->count--;
		memmove(&numbers->number[at], &numbers->number[at + 1],
			(numbers->count - at) * sizeof(*numbers->number));
	}
	return before;
}

void numbers_find(const struct numbers *numbers, unsigned int value, struct port_list *list)
{
	list->count = 0;
	for (size_t i = 0; i < numbers->count; i++) {
		if (numbers->number[i].value != value)
			continue;
		if (list->count < PORTS_MAX)
			list->ifindex[list->count] = numbers->number[i].ifindex;
		list->count++;
	}
}

void numbers_free(struct numbers *numbers)
{
	free(numbers->number);
	*numbers = (struct numbers){ 0 };
}
