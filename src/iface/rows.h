/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the interfaces that are watched have a row in xdpIfTable, and which have counters. */
#ifndef XDP_AGENTX_IFACE_ROWS_H
#define XDP_AGENTX_IFACE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "iface/altnames.h"
#include "iface/iface_set.h"
#include "iface/rules.h"

/* { 0 } has none. */
struct rows {
	struct iface_set watched;        /* owns the interfaces; the other two are parts of it */
	struct iface_set shown, counted; /* rows of xdpIfTable; those with counters to read */
	int64_t last_change;             /* of a row: CLOCK_MONOTONIC in ms, 0 for never */
	uint64_t generation; /* grows by one when the set of rows or of counted ones changes */
};

/*
 * Brings the sets up to date with an interface that has changed, as the MIB shows it, or has not.
 * True: it has become a row or counted, or is so no longer.
 */
bool rows_update(struct rows *rows, struct iface *iface, bool changed);

/* How many of the rows are failed. */
unsigned int rows_failed(const struct rows *rows);

/*
 * How many interfaces the rules name that do not exist. An interface that is not watched, though a
 * rule has one of its names, has others, too, and is known by altnames.
 */
unsigned int rows_missing(const struct rows *rows, const struct rules *rules,
			  const struct altnames *altnames);

/* The interface is in none of the sets any more. */
void rows_remove(struct rows *rows, struct iface *iface);

/* Frees the sets, once they are empty. */
void rows_free(struct rows *rows);

#endif
