/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output: a terminal, with its size and what it can do; or a file or a pipe. */
#ifndef XDP_AGENTX_STATS_SCREEN_H
#define XDP_AGENTX_STATS_SCREEN_H

#include <stdbool.h>

struct screen {
	bool terminal;     /* somebody reads it as it comes */
	bool redraw;       /* one page after another, in place */
	bool bold;         /* it can be used */
	int columns, rows; /* what fits; INT_MAX where that does not matter */
	int page;          /* how many there were */
};

/* pages: there will be several. */
void screen_open(struct screen *screen, bool pages);

/* A page is begun, which sets columns and rows; and written out. 0 or -errno. */
void screen_begin(struct screen *screen);
int screen_end(struct screen *screen);

/*
 * Prints a line of printable ASCII (lib/text.h). On a terminal it ends with dots where it does not
 * fit.
 */
void screen_line(struct screen *screen, bool bold, const char *text);

#endif
