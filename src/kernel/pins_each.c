/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces and namespaces have pins. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "kernel/pin_tree.h"
#include "kernel/pins.h"
#include "lib/util.h"

/* Entries that are no numbers are nobody's business. */
static int each_number(const char *path, void (*each)(uintmax_t number, void *context),
		       void *context)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory))) {
		char *end;
		uintmax_t number = strtoumax(entry->d_name, &end, 10);

		if (number && !*end)
			each(number, context);
	}
	closedir(directory);
	return 0;
}

struct each_interface {
	void (*each)(unsigned int ifindex, void *context);
	void *context;
};

static void visit_interface(uintmax_t number, void *context)
{
	const struct each_interface *visit = context;

	if (number <= INT_MAX)
		visit->each((unsigned int)number, visit->context);
}

int pins_each(const struct pins *pins, void (*each)(unsigned int ifindex, void *context),
	      void *context)
{
	AS_OWNER(pins->dir.owner);
	struct each_interface visit = { .each = each, .context = context };
	struct reason reason;
	int err = pin_tree_check_namespace(pins, &reason);

	return err ? err : each_number(pins->path, visit_interface, &visit);
}

struct each_namespace {
	struct pins pins;
	void (*each)(struct pins *pins, void *context);
	void *context;
};

static void visit_namespace(uintmax_t cookie, void *context)
{
	struct each_namespace *visit = context;

	if (pin_tree_set(&visit->pins, cookie))
		return;
	visit->each(&visit->pins, visit->context);
	close_fd_at(&visit->pins.lock_fd);
}

static int visit_directory(struct each_namespace *visit, struct reason *reason)
{
	const struct pin_dir *dir = &visit->pins.dir;
	AS_OWNER(dir->owner);
	int err = pin_dir_check(dir->path, dir->owner, reason);

	if (err)
		return err;
	err = each_number(dir->path, visit_namespace, visit);
	return err ? reason_set(reason, err, "%s", strerror(-err)) : 0;
}

int pins_each_namespace(const char *directory, void (*each)(struct pins *pins, void *context),
			void *context, struct reason *reason)
{
	struct each_namespace visit = { .each = each, .context = context };
	int err = pin_dir_find(&visit.pins.dir, directory, reason);

	return err ? err : visit_directory(&visit, reason);
}
