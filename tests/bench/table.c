/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#define ACTIONS 5
#define FIRST_COLUMN 2
#define COLUMNS 2

size_t table_rows(const struct table *table)
{
	return table->interfaces * ACTIONS * COLUMNS;
}

void table_name(const struct table *table, size_t row, unsigned long *name)
{
	size_t column_rows = table->interfaces * ACTIONS;

	name[0] = 1;
	name[1] = 3;
	name[2] = 1;
	name[3] = FIRST_COLUMN + row / column_rows;
	name[4] = 1 + row % column_rows / ACTIONS;
	name[5] = row % ACTIONS;
}

/* As RFC 3416 orders names: a name comes before those that begin with it. */
static int compare(const unsigned long *name, const unsigned long *other, size_t other_len)
{
	for (size_t i = 0; i < TABLE_DEPTH && i < other_len; i++)
		if (name[i] != other[i])
			return name[i] < other[i] ? -1 : 1;
	return other_len < TABLE_DEPTH ? 1 : other_len > TABLE_DEPTH ? -1 : 0;
}

size_t table_find(const struct table *table, const unsigned long *name, size_t len, bool included)
{
	size_t low = 0, high = table_rows(table);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		unsigned long there[TABLE_DEPTH];
		int order;

		table_name(table, middle, there);
		order = compare(there, name, len);
		if (order < 0 || (order == 0 && !included))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t table_value(size_t row)
{
	return (UINT64_C(1) << 40) + row;
}
