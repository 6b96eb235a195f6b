/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table that the peers of xdp-agentx in the benchmark serve: xdpStatsTable for the ifIndexes
 * from 1 on, its two columns and five verdicts; a row here is one value there.
 */
#ifndef XDP_AGENTX_BENCH_TABLE_H
#define XDP_AGENTX_BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sub-identifiers below the root: 1.3.1.COLUMN.IFINDEX.ACTION */
#define TABLE_DEPTH 6

struct table {
	size_t interfaces;
};

size_t table_rows(const struct table *table);

/* The name of a row, TABLE_DEPTH sub-identifiers below the root. */
void table_name(const struct table *table, size_t row, unsigned long *name);

/* The first row behind a name below the root, or with that very name; table_rows() if there is
 * none. */
size_t table_find(const struct table *table, const unsigned long *name, size_t len, bool included);

/* A number that takes more than 32 bits. */
uint64_t table_value(size_t row);

#endif
