/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/pin_dir.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

static int say(int err, struct reason *reason)
{
	return reason_set(reason, err, "%s", strerror(-err));
}

/* --- on the way to it --- */

/* Nobody but root and us may put something else in the place of what is in this directory. */
static int check_ancestor(const char *path, struct reason *reason)
{
	struct stat status;

	if (lstat(path, &status))
		return say(-errno, reason);
	if (status.st_uid && status.st_uid != geteuid())
		return reason_set(reason, -EPERM,
				  "%s belongs to uid %u, who may rename what is in it", path,
				  status.st_uid);
	if (status.st_mode & OTHERS_WRITE && !(status.st_mode & S_ISVTX))
		return reason_set(reason, -EPERM, "others may rename what is in %s (mode %04o)",
				  path, status.st_mode & ALLPERMS);
	return 0;
}

/* The path is absolute and has no symbolic links in it. */
static int check_ancestors(const char *path, struct reason *reason)
{
	char ancestor[PATH_MAX];
	int err = check_ancestor("/", reason);

	for (size_t length = 1; !err && path[length]; length += path[length] == '/') {
		length += strcspn(path + length, "/");
		snprintf(ancestor, sizeof(ancestor), "%.*s", (int)length, path);
		err = check_ancestor(ancestor, reason);
	}
	return err;
}

/* Splits the path into what the directory is in, with links resolved, and its name. */
static int split(const char *directory, char parent[static PATH_MAX], const char **name)
{
	char path[PATH_MAX];
	char *slash;

	if (strlen(directory) >= sizeof(path))
		return -ENAMETOOLONG;
	strcpy(path, directory);
	while ((slash = strrchr(path, '/')) && slash > path && !slash[1])
		*slash = '\0'; /* at the end */
	slash = strrchr(path, '/');
	*name = directory + (slash ? slash + 1 - path : 0);
	if (slash)
		slash[slash == path] = '\0';
	return realpath(slash ? path : ".", parent) ? 0 : -errno;
}

/*
 * Whom root gave the directory to. One that anybody could have made in the place where it is, is
 * nobody's.
 */
static uid_t owner_of(const char *path, const char *parent)
{
	struct stat status;

	if (geteuid() || stat(parent, &status) || status.st_uid || status.st_mode & OTHERS_WRITE ||
	    lstat(path, &status))
		return geteuid();
	return status.st_uid;
}

/* 0 if the directory is in a bpffs, or would be if it were made. */
static int check_bpffs(const char *path, const char *parent, struct reason *reason)
{
	struct statfs status;

	if (statfs(path, &status) && statfs(parent, &status))
		return say(-errno, reason);
	if (status.f_type == BPF_FS_MAGIC)
		return 0;
	return reason_set(reason, -EINVAL,
			  "that is in no bpffs (mount -t bpf -o mode=0700 bpf /sys/fs/bpf)");
}

/* setfsuid(2) does not say whether it has worked. */
static int check_becoming(uid_t owner, struct reason *reason)
{
	AS_OWNER(owner);

	return pin_dir_become(owner) == owner ? 0
					      : reason_set(reason, -EPERM,
							   "it belongs to uid %u, and to act as "
							   "that user takes CAP_SETUID",
							   owner);
}

int pin_dir_find(struct pin_dir *dir, const char *directory, struct reason *reason)
{
	char parent[PATH_MAX];
	const char *name;
	int err = split(directory, parent, &name);

	if (err)
		return say(err, reason);
	if ((size_t)snprintf(dir->path, sizeof(dir->path), "%s/%.*s", parent[1] ? parent : "",
			     (int)strcspn(name, "/"), name) >= sizeof(dir->path))
		return say(-ENAMETOOLONG, reason);
	err = check_bpffs(dir->path, parent, reason);
	if (err)
		return err;
	dir->owner = owner_of(dir->path, parent);
	err = check_ancestors(parent, reason);
	return err ? err : check_becoming(dir->owner, reason);
}

/* --- each of them --- */

int pin_dir_check(const char *path, uid_t owner, struct reason *reason)
{
	struct stat status;

	if (lstat(path, &status))
		return say(-errno, reason);
	if (!S_ISDIR(status.st_mode))
		return reason_set(reason, -ENOTDIR, "%s is no directory; remove it", path);
	if (status.st_uid && status.st_uid != owner)
		return reason_set(reason, -EPERM,
				  "%s belongs to uid %u, expected 0 or %u; remove it", path,
				  status.st_uid, owner);
	if (status.st_mode & OTHERS_WRITE)
		return reason_set(reason, -EPERM,
				  "others may write to %s (mode %04o); see what is in it, then "
				  "chmod it to 0755",
				  path, status.st_mode & ALLPERMS);
	return 0;
}

uid_t pin_dir_become(uid_t owner)
{
	return (uid_t)setfsuid(owner);
}

void pin_dir_back(const uid_t *before)
{
	setfsuid(*before);
}

int pin_dir_make(const char *path, mode_t mode, uid_t owner, struct reason *reason)
{
	int err = pin_dir_check(path, owner, reason);

	if (err != -ENOENT)
		return err;
	err = mkdir(path, mode) ? -errno : 0;
	/* Somebody else may have been faster. */
	return err && err != -EEXIST ? say(err, reason) : pin_dir_check(path, owner, reason);
}
