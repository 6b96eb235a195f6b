/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats/screen.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ECMA-48, as every terminal that is not dumb has it. */
#define CLEAR "\033[H\033[2J"
#define HOME "\033[H"
#define CLEAR_REST_OF_LINE "\033[K"
#define CLEAR_REST "\033[J"
#define BOLD "\033[1m"
#define PLAIN "\033[m"

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

void screen_open(struct screen *screen, bool pages)
{
	bool terminal = isatty(STDOUT_FILENO);
	bool clever = terminal && is_set("TERM") && strcmp(getenv("TERM"), "dumb") != 0;

	*screen = (struct screen){
		.terminal = terminal,
		.redraw = clever && pages,
		.bold = clever && !is_set("NO_COLOR"),
	};
}

/* It may be another one each time. */
static void measure(struct screen *screen)
{
	struct winsize size = { 0 };

	screen->columns = screen->rows = INT_MAX;
	if (!screen->terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return;
	if (size.ws_col)
		screen->columns = size.ws_col;
	/* The cursor is below the last line. */
	if (screen->redraw && size.ws_row)
		screen->rows = size.ws_row - 1;
}

void screen_begin(struct screen *screen)
{
	measure(screen);
	if (screen->redraw)
		fputs(screen->page ? HOME : CLEAR, stdout);
	else if (screen->page)
		putchar('\n');
	screen->page++;
}

int screen_end(struct screen *screen)
{
	if (screen->redraw)
		fputs(CLEAR_REST, stdout);
	return fflush(stdout) ? -errno : 0;
}

void screen_line(struct screen *screen, bool bold, const char *text)
{
	static const char dots[] = "...";
	int length = (int)strlen(text);

	if (!screen->terminal) {
		puts(text);
		return;
	}
	if (bold && screen->bold)
		fputs(BOLD, stdout);
	if (length <= screen->columns)
		fputs(text, stdout);
	else if (screen->columns < (int)strlen(dots))
		printf("%.*s", screen->columns, dots);
	else
		printf("%.*s%s", screen->columns - (int)strlen(dots), text, dots);
	if (bold && screen->bold)
		fputs(PLAIN, stdout);
	/* A line that ends at the edge has nothing to clear, and some would clear its last
	 * character. */
	if (screen->redraw && length < screen->columns)
		fputs(CLEAR_REST_OF_LINE, stdout);
	putchar('\n');
}
