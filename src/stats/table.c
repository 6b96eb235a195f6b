/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

enum column { PACKETS, BYTES, PPS, BITS, COLUMNS };

static const char *const titles[COLUMNS] = { "PACKETS", "BYTES", "PPS", "BIT/S" };

/* The widths in a pipe, where they stay what they are. */
static const int fixed_width[COLUMNS] = { 16, 18, 12, 14 };

struct row {
	const struct view *view;
	unsigned int action, cpu;
	const struct xdp_stats_rec *rec, *before; /* before is NULL where there is no rate */
};

struct table {
	struct screen *screen;
	bool by_cpu, grouped;
	int columns; /* as many of them are shown */
	int width[COLUMNS];
	struct row *row; /* in the order of the views */
	size_t rows;
};

/* --- numbers --- */

#define CELL_MAX 40

/* 1234567 becomes 1,234,567. */
static void group(char cell[static CELL_MAX])
{
	size_t first = *cell == '-';

	for (size_t at = strlen(cell); at > first + 3;) {
		at -= 3;
		memmove(cell + at + 1, cell + at, strlen(cell + at) + 1);
		cell[at] = ',';
	}
}

static void format_cell(const struct table *table, const struct row *row, enum column column,
			char cell[static CELL_MAX])
{
	*cell = '\0';
	if (column == PACKETS)
		snprintf(cell, CELL_MAX, "%llu", (unsigned long long)row->rec->rx_packets);
	else if (column == BYTES)
		snprintf(cell, CELL_MAX, "%llu", (unsigned long long)row->rec->rx_bytes);
	else if (row->before && column == PPS)
		snprintf(cell, CELL_MAX, "%.0f",
			 look_per_second(row->view, row->rec->rx_packets, row->before->rx_packets));
	else if (row->before)
		snprintf(cell, CELL_MAX, "%.0f",
			 8 * look_per_second(row->view, row->rec->rx_bytes, row->before->rx_bytes));
	if (table->grouped)
		group(cell);
}

/* --- rows --- */

static void add_sums(struct table *table, const struct view *view)
{
	for (unsigned int i = 0; view->read && i < XDP_STATS_ACTIONS; i++)
		table->row[table->rows++] = (struct row){
			.view = view,
			.action = i,
			.rec = &view->counters.action[i],
			.before = view->before ? &view->before->counters.action[i] : NULL,
		};
}

/* Of 64 CPUs and 5 verdicts few have counted anything: the others would hide them. */
static void add_cpus(struct table *table, const struct view *view)
{
	const struct cpu_counters *each = view->each;
	const struct cpu_counters *before = view->before ? view->before->each : NULL;

	for (unsigned int i = 0; each && i < XDP_STATS_ACTIONS * each->cpus; i++)
		if (each->slot[i].rx_packets || each->slot[i].rx_bytes)
			table->row[table->rows++] = (struct row){
				.view = view,
				.action = i / each->cpus,
				.cpu = each->number[i % each->cpus],
				.rec = &each->slot[i],
				.before = before ? &before->slot[i] : NULL,
			};
}

static int add_rows(struct table *table, const struct look *look)
{
	size_t most = 1;

	for (size_t i = 0; i < look->count; i++)
		most += XDP_STATS_ACTIONS * (look->view[i].each ? look->view[i].each->cpus : 1);
	table->row = calloc(most, sizeof(*table->row));
	for (size_t i = 0; table->row && i < look->count; i++)
		if (table->by_cpu)
			add_cpus(table, &look->view[i]);
		else
			add_sums(table, &look->view[i]);
	return table->row ? 0 : -ENOMEM;
}

/* --- what fits --- */

#define NAME_SIZE TEXT_SIZE(sizeof(((struct view *)0)->name))

/* The first field of what a pipe gets. */
static const char *escape_name(const struct table *table, const struct view *view,
			       char name[static NAME_SIZE])
{
	if (table->screen->terminal)
		text_escape(name, NAME_SIZE, view->name);
	else
		text_escape_field(name, NAME_SIZE, view->name);
	return name;
}

/* What is in front of the numbers: on a terminal the head line has the name. */
static int write_label(const struct table *table, char *line, size_t size, const char *name,
		       const char *action, const char *cpu)
{
	int used = table->screen->terminal ? snprintf(line, size, "  %-8s", action)
					   : snprintf(line, size, "%-16s %-8s", name, action);

	if (table->by_cpu)
		used += snprintf(line + used, size - (size_t)used, " %5s", cpu);
	return used;
}

static int measure(struct table *table)
{
	char cell[CELL_MAX], label[64];
	int total = write_label(table, label, sizeof(label), "", "", "");

	for (int column = 0; column < table->columns; column++) {
		table->width[column] = (int)strlen(titles[column]);
		for (size_t i = 0; i < table->rows; i++) {
			int width;

			format_cell(table, &table->row[i], (enum column)column, cell);
			width = (int)strlen(cell);
			if (width > table->width[column])
				table->width[column] = width;
		}
		total += 2 + table->width[column];
	}
	return total;
}

/* Where it is narrow, numbers are not grouped; then columns are left out, for half a number is
 * wrong. */
static void fit(struct table *table)
{
	memcpy(table->width, fixed_width, sizeof(fixed_width));
	table->grouped = table->screen->terminal;
	if (!table->screen->terminal || measure(table) <= table->screen->columns)
		return;
	table->grouped = false;
	while (measure(table) > table->screen->columns && table->columns > 1)
		table->columns--;
}

/* --- lines --- */

/* The longest one: a name, and a reason or a program's name. */
#define LINE_MAX_LENGTH 3072

static void print_header(const struct table *table)
{
	char line[LINE_MAX_LENGTH];
	int used = write_label(table, line, sizeof(line), "INTERFACE", "ACTION", "CPU");

	for (int column = 0; column < table->columns; column++)
		used += snprintf(line + used, sizeof(line) - (size_t)used, "%s%*s",
				 table->screen->terminal ? "  " : " ", table->width[column],
				 titles[column]);
	screen_line(table->screen, false, line);
}

static void print_row(const struct table *table, const struct row *row)
{
	char line[LINE_MAX_LENGTH], name[NAME_SIZE], cpu[16], cell[CELL_MAX];
	int used;

	snprintf(cpu, sizeof(cpu), "%u", row->cpu);
	used = write_label(table, line, sizeof(line), escape_name(table, row->view, name),
			   look_action(row->action), cpu);
	for (int column = 0; column < table->columns; column++) {
		format_cell(table, row, (enum column)column, cell);
		if (*cell)
			used += snprintf(line + used, sizeof(line) - (size_t)used, "%s%*s",
					 table->screen->terminal ? "  " : " ", table->width[column],
					 cell);
	}
	screen_line(table->screen, false, line);
}

/* All that is known but the counters. */
static void describe(const struct view *view, char *text, size_t size)
{
	int used;

	if (!view->read) {
		snprintf(text, size, "%s", view->error.text);
	} else if (!view->netdev.prog_id) {
		snprintf(text, size, "%s, %s", view->status, view->text);
	} else {
		used = snprintf(text, size, "%s, %s, %s", xdp_mode_name(view->netdev.mode),
				view->source, view->status);
		used += snprintf(text + used, size - (size_t)used, "%s%s", *view->text ? ", " : "",
				 view->text);
		snprintf(text + used, size - (size_t)used, ", program %u %s", view->netdev.prog_id,
			 view->program.name);
	}
}

static void print_head(const struct table *table, const struct view *view)
{
	char line[LINE_MAX_LENGTH], name[NAME_SIZE], text[512], escaped[TEXT_SIZE(sizeof(text))];

	describe(view, text, sizeof(text));
	text_escape(escaped, sizeof(escaped), text);
	snprintf(line, sizeof(line), "%s%s: %s", table->screen->terminal ? "" : "# ",
		 escape_name(table, view, name), escaped);
	screen_line(table->screen, true, line);
}

static void print_hidden(const struct table *table, size_t count, size_t all)
{
	char line[LINE_MAX_LENGTH];

	snprintf(line, sizeof(line), "no room for %zu of %zu interfaces", count, all);
	screen_line(table->screen, false, line);
}

static size_t rows_of(const struct table *table, const struct view *view, size_t first)
{
	size_t last = first;

	while (last < table->rows && table->row[last].view == view)
		last++;
	return last - first;
}

/* Of an interface that cannot be read a terminal that is redrawn tells here, and nowhere else. */
static void print_views(const struct table *table, const struct look *look)
{
	int left = table->screen->rows - 1; /* below the header */
	size_t next = 0;

	for (size_t i = 0; i < look->count; i++) {
		const struct view *view = &look->view[i];
		size_t rows = rows_of(table, view, next);
		int needed = (int)rows + 1;

		if (!view->read && !table->screen->redraw)
			continue;
		if (needed + (i + 1 < look->count) > left) {
			print_hidden(table, look->count - i, look->count);
			return;
		}
		left -= needed;
		print_head(table, view);
		while (rows--)
			print_row(table, &table->row[next++]);
	}
}

int table_print(const struct look *look, bool by_cpu, bool rates, struct screen *screen)
{
	struct table table = {
		.screen = screen,
		.by_cpu = by_cpu,
		.columns = rates ? COLUMNS : PPS,
	};
	int err = add_rows(&table, look);

	if (err)
		return err;
	screen_begin(screen);
	fit(&table);
	print_header(&table);
	print_views(&table, look);
	free(table.row);
	return screen_end(screen);
}
