/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/pin_tree.h"

#include <errno.h>
#include <stdio.h>

int pin_tree_set(struct pins *pins, uintmax_t cookie)
{
	int length = snprintf(pins->path, sizeof(pins->path), "%s/%ju", pins->dir.path, cookie);

	pins->lock_fd = -1;
	return (size_t)length < sizeof(pins->path) ? 0 : -ENAMETOOLONG;
}

int pin_tree_check_namespace(const struct pins *pins, struct reason *reason)
{
	int err = pin_dir_check(pins->dir.path, pins->dir.owner, reason);

	return err ? err : pin_dir_check(pins->path, pins->dir.owner, reason);
}

int pin_tree_make_namespace(const struct pins *pins, struct reason *reason)
{
	struct pin_dir found;
	int err = pin_tree_check_namespace(pins, reason);

	if (err != -ENOENT)
		return err;
	/* The file system may be another one since. */
	err = pin_dir_find(&found, pins->dir.path, reason);
	if (!err)
		err = pin_dir_make(pins->dir.path, 0755, pins->dir.owner, reason);
	return err ? err : pin_dir_make(pins->path, 0755, pins->dir.owner, reason);
}

const char *pin_tree_path(const struct pins *pins, unsigned int ifindex, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u%s%s", pins->path, ifindex, *name ? "/" : "", name);
	return path;
}

/* From below, for most often nothing is there. */
int pin_tree_check(const struct pins *pins, unsigned int ifindex, struct reason *reason)
{
	int err = pin_dir_check(pin_tree_path(pins, ifindex, ""), pins->dir.owner, reason);

	return err ? err : pin_tree_check_namespace(pins, reason);
}

int pin_tree_make(const struct pins *pins, unsigned int ifindex, struct reason *reason)
{
	int err = pin_tree_check(pins, ifindex, reason);

	if (err != -ENOENT)
		return err;
	err = pin_tree_make_namespace(pins, reason);
	return err ? err
		   : pin_dir_make(pin_tree_path(pins, ifindex, ""), 0755, pins->dir.owner, reason);
}
