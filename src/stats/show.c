/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"
#include "stats/json.h"
#include "stats/look.h"
#include "stats/table.h"

/* A page that is drawn in place has them itself. */
static void report_errors(struct stats *stats, const struct look *look, bool on_page)
{
	for (size_t i = 0; i < look->count; i++) {
		if (!*look->view[i].error.text)
			continue;
		if (on_page)
			stats->failures++;
		else
			stats_fail(stats, look->view[i].name, look->view[i].error.text);
	}
}

static int show(struct stats *stats, const struct look *look, bool rates, struct screen *screen)
{
	int err = stats->json ? json_print(look) : table_print(look, stats->by_cpu, rates, screen);

	if (err)
		text_fprintf(stderr, "xdp-stats: cannot write: %s\n", strerror(-err));
	report_errors(stats, look, screen->redraw);
	return err;
}

int show_counters(struct stats *stats, char **names)
{
	bool again = stats->seconds && stats->count != 1;
	struct look look = { .count = 0 }, before = { .count = 0 };
	struct screen screen;
	int err = stats_open_pins(stats);

	screen_open(&screen, again && !stats->json);
	for (unsigned long i = 1; !err; i++) {
		err = look_open(&look, &before, stats, names);
		if (!err)
			err = show(stats, &look, i > 1, &screen);
		look_free(&before);
		before = look;
		if (err || !again || i == stats->count)
			break;
		sleep((unsigned int)stats->seconds);
	}
	look_free(&before);
	return err || stats->failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
