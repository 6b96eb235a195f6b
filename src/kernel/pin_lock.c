/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/pin_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kernel/pin_dir.h"
#include "lib/util.h"

/* Whoever removes the directory holds the lock, so that it is gone once is an accident. */
#define TRIES 10

struct lock_path {
	char text[PATH_MAX];
};

static struct lock_path path_in(const char *directory)
{
	struct lock_path path;

	snprintf(path.text, sizeof(path.text), "%s/lock", directory);
	return path;
}

bool pin_lock_is_in(const char *directory, int fd)
{
	struct lock_path path = path_in(directory);
	struct stat here, ours;

	return !lstat(path.text, &here) && !fstat(fd, &ours) && here.st_dev == ours.st_dev &&
	       here.st_ino == ours.st_ino;
}

/* Lines such as "1: FLOCK  ADVISORY  WRITE 715 00:1c:8 0 EOF" (locks_show() in fs/locks.c). */
static pid_t find_holder(FILE *locks, const struct stat *status)
{
	char line[256];

	while (fgets(line, sizeof(line), locks)) {
		unsigned int dev_major, dev_minor;
		uintmax_t inode;
		int pid;

		if (sscanf(line, "%*u: FLOCK %*s WRITE %d %x:%x:%ju", &pid, &dev_major, &dev_minor,
			   &inode) == 4 &&
		    makedev(dev_major, dev_minor) == status->st_dev && inode == status->st_ino)
			return pid;
	}
	return 0;
}

pid_t pin_lock_holder(const char *directory)
{
	struct lock_path path = path_in(directory);
	struct stat status;
	FILE *locks;
	pid_t pid;

	if (lstat(path.text, &status))
		return 0;
	locks = fopen("/proc/locks", "re");
	if (!locks)
		return 0;
	pid = find_holder(locks, &status);
	fclose(locks);
	return pid;
}

static int refuse(const char *directory, struct reason *reason)
{
	pid_t pid = pin_lock_holder(directory);

	return pid ? reason_set(reason, -EBUSY, "process %d uses the pins in %s", (int)pid,
				directory)
		   : reason_set(reason, -EBUSY,
				"a process of another PID namespace uses the pins in %s",
				directory);
}

/* A descriptor; -EAGAIN if the directory was just taken away; or another -errno. */
static int try_to_take(const char *directory, uid_t owner, struct reason *reason)
{
	struct lock_path path = path_in(directory);
	_cleanup_close_ int fd = -1;
	int err = pin_dir_make(path.text, 0700, owner, reason);

	if (err)
		return err;
	fd = open(path.text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -EAGAIN;
	if (fd < 0)
		return reason_set(reason, -errno, "cannot open %s: %s", path.text, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? refuse(directory, reason)
					    : reason_set(reason, -errno, "cannot lock %s: %s",
							 path.text, strerror(errno));
	return pin_lock_is_in(directory, fd) ? take_fd(&fd) : -EAGAIN;
}

int pin_lock_take(const char *directory, uid_t owner, struct reason *reason)
{
	for (unsigned int i = 0; i < TRIES; i++) {
		int fd = try_to_take(directory, owner, reason);

		if (fd != -EAGAIN)
			return fd;
	}
	return reason_set(reason, -ENOENT, "the lock in %s goes away again and again", directory);
}

void pin_lock_remove(const char *directory)
{
	struct lock_path path = path_in(directory);

	rmdir(path.text);
}
