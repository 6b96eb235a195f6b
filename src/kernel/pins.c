/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "kernel/bpf_info.h"
#include "kernel/netns.h"
#include "lib/log.h"
#include "lib/util.h"

struct pins {
	char path[PATH_MAX - 64]; /* DIRECTORY/COOKIE */
	uid_t owner;              /* of DIRECTORY, if that is trusted; else we */
};

/* Directories, for bpffs has no plain files. */
static const char *const mark_names[] = {
	[MARK_RELEASED] = "released",
	[MARK_FOREIGN] = "foreign",
};

#define OBJECT_MAX 64
#define MAP_OBJECT "anon_inode:bpf-map"
#define LINK_OBJECT "anon_inode:bpf-link"

static const struct {
	const char *name;
	const char *object; /* what the kernel calls the thing that has to be pinned there */
} kinds[] = {
	[PIN_MAP] = { "xdp_stats_map", MAP_OBJECT },
	[PIN_STATE] = { "state", MAP_OBJECT },
	[PIN_LINK] = { "link", LINK_OBJECT },
	[PIN_IN] = { "in", LINK_OBJECT },
	[PIN_OUT] = { "out", LINK_OBJECT },
	[PIN_OBSERVED] = { "observed", MAP_OBJECT },
	[PIN_INVALID] = { "invalid", MAP_OBJECT },
	[PIN_BONDS] = { "bonds", MAP_OBJECT },
	[PIN_ERRORS] = { "errors", MAP_OBJECT },
	[PIN_NEWS] = { "news", MAP_OBJECT },
	[PIN_EXCEPTION] = { "exception", LINK_OBJECT },
	[PIN_REDIRECT] = { "redirect", LINK_OBJECT },
	[PIN_TRANSMIT] = { "transmit", LINK_OBJECT },
	[PIN_MAPS_READ] = { "maps_read", MAP_OBJECT },
};

static int give(const char *path, uid_t owner)
{
	return owner != geteuid() && chown(path, owner, (gid_t)-1) ? -errno : 0;
}

static int make_directory(const char *path, uid_t owner)
{
	if (mkdir(path, 0755))
		return errno == EEXIST ? 0 : -errno;
	return give(path, owner);
}

/* The directory is there, or has been made. */
static int want_directory(const char *path, bool make, uid_t owner)
{
	if (make)
		return make_directory(path, owner);
	return access(path, F_OK) ? -errno : 0;
}

/* What the directory is in. */
static const char *parent_of(const char *directory, char path[static PATH_MAX])
{
	char *slash;

	snprintf(path, PATH_MAX, "%s", directory);
	slash = strrchr(path, '/');
	if (slash == path)
		slash++; /* the root */
	if (slash)
		*slash = '\0';
	return path;
}

/* 0 if the directory is in a bpffs, or would be if it were made; -EINVAL if not; or -errno. */
static int check_bpffs(const char *directory)
{
	char path[PATH_MAX];
	struct statfs status;

	if (statfs(directory, &status) && statfs(parent_of(directory, path), &status))
		return -errno;
	return status.f_type == BPF_FS_MAGIC ? 0 : -EINVAL;
}

/*
 * Whom root gave the directory to, as in the packaged service; or we. A directory that anybody
 * could have made is nobody's.
 */
static uid_t owner_of(const char *directory)
{
	char path[PATH_MAX];
	struct stat status;

	if (geteuid() || stat(parent_of(directory, path), &status) || status.st_uid ||
	    status.st_mode & (S_IWGRP | S_IWOTH) || stat(directory, &status))
		return geteuid();
	return status.st_uid;
}

static int set_path(struct pins *pins, const char *directory, uintmax_t cookie)
{
	int length = snprintf(pins->path, sizeof(pins->path), "%s/%ju", directory, cookie);

	pins->owner = owner_of(directory);
	return (size_t)length < sizeof(pins->path) ? 0 : -ENAMETOOLONG;
}

int pins_open(struct pins **out, const char *directory, bool make, struct reason *reason)
{
	struct pins *pins = calloc(1, sizeof(*pins));
	uint64_t cookie = 0;
	int err = pins ? netns_cookie(&cookie) : -ENOMEM;

	if (!err)
		err = check_bpffs(directory);
	if (!err)
		err = want_directory(directory, make, geteuid());
	if (!err)
		err = set_path(pins, directory, cookie);
	if (!err)
		err = want_directory(pins->path, make, pins->owner);
	if (err) {
		free(pins);
		return reason_set(reason, err, "no pins in %s: %s", directory,
				  err == -EINVAL
					  ? "that is in no bpffs (mount -t bpf bpf /sys/fs/bpf)"
					  : strerror(-err));
	}
	*out = pins;
	return 0;
}

void pins_close(struct pins *pins)
{
	free(pins);
}

/* DIRECTORY/COOKIE/IFINDEX, and what follows. */
static const char *path_of(const struct pins *pins, unsigned int ifindex, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u%s%s", pins->path, ifindex, *name ? "/" : "", name);
	return path;
}

const char *pins_path(const struct pins *pins, unsigned int ifindex, enum pin pin)
{
	return path_of(pins, ifindex, kinds[pin].name);
}

/*
 * What the kernel calls the object behind a descriptor. It gives information about any object that
 * is asked for any other: this tells them apart.
 */
static void read_object(int fd, char object[static OBJECT_MAX])
{
	char descriptor[32];
	ssize_t length;

	snprintf(descriptor, sizeof(descriptor), "/proc/self/fd/%d", fd);
	length = readlink(descriptor, object, OBJECT_MAX - 1);
	object[length < 0 ? 0 : length] = '\0';
}

bool pins_is_map(int fd)
{
	char object[OBJECT_MAX];

	read_object(fd, object);
	return !strcmp(object, MAP_OBJECT);
}

static int check_object(int fd, enum pin pin, const char *path, struct reason *reason)
{
	char object[OBJECT_MAX];

	read_object(fd, object);
	if (!strcmp(object, kinds[pin].object))
		return 0;
	return reason_set(reason, -EINVAL, "pin %s is left alone: it is %s, expected %s", path,
			  object, kinds[pin].object);
}

int pins_get(const struct pins *pins, unsigned int ifindex, enum pin pin, struct reason *reason)
{
	const char *path = pins_path(pins, ifindex, pin);
	_cleanup_close_ int fd = -1;
	struct stat status;
	int err;

	if (lstat(path, &status))
		fd = -errno;
	else if (status.st_uid && status.st_uid != pins->owner)
		return reason_set(reason, -EPERM,
				  "pin %s is left alone: it belongs to uid %u, expected 0 or %u",
				  path, status.st_uid, pins->owner);
	else
		fd = bpf_obj_get(path);
	if (fd < 0)
		return reason_set(reason, fd, "cannot open pin %s: %s", path, strerror(-fd));
	err = check_object(fd, pin, path, reason);
	return err ? err : take_fd(&fd);
}

/* Somebody may have removed the namespace's directory, too. */
static int make_interface(const struct pins *pins, unsigned int ifindex)
{
	int err = make_directory(pins->path, pins->owner);

	return err ? err : make_directory(path_of(pins, ifindex, ""), pins->owner);
}

int pins_put(const struct pins *pins, unsigned int ifindex, enum pin pin, int fd,
	     struct reason *reason)
{
	int err = make_interface(pins, ifindex);
	const char *path = pins_path(pins, ifindex, pin);

	if (!err)
		err = bpf_obj_pin(fd, path);
	if (!err)
		err = give(path, pins->owner);
	return err ? reason_set(reason, err, "cannot pin %s: %s", path, strerror(-err)) : 0;
}

/* Where a pin is made before it takes the place of another; for messages, it is that other one. */
#define NEXT "next"

int pins_replace(const struct pins *pins, unsigned int ifindex, enum pin pin, int fd,
		 struct reason *reason)
{
	char next[PATH_MAX];
	const char *path;
	int err = make_interface(pins, ifindex);

	snprintf(next, sizeof(next), "%s", path_of(pins, ifindex, NEXT));
	path = pins_path(pins, ifindex, pin);
	unlink(next); /* of a crash */
	if (!err)
		err = bpf_obj_pin(fd, next);
	if (!err)
		err = give(next, pins->owner);
	if (!err && rename(next, path))
		err = -errno;
	return err ? reason_set(reason, err, "cannot pin %s: %s", path, strerror(-err)) : 0;
}

bool pins_exists(const struct pins *pins, unsigned int ifindex, enum pin pin)
{
	return !access(pins_path(pins, ifindex, pin), F_OK);
}

void pins_repin(const struct pins *pins, unsigned int ifindex, enum pin pin, int fd)
{
	struct reason reason;

	if (pins_exists(pins, ifindex, pin))
		return;
	if (pins_put(pins, ifindex, pin, fd, &reason))
		log_warning(0, "%s", reason.text);
	else
		log_info("pin %s was missing and is back", pins_path(pins, ifindex, pin));
}

bool pins_remove(const struct pins *pins, unsigned int ifindex, enum pin pin)
{
	return !unlink(pins_path(pins, ifindex, pin));
}

void pins_remove_interface(const struct pins *pins, unsigned int ifindex)
{
	unlink(path_of(pins, ifindex, NEXT));
	rmdir(path_of(pins, ifindex, ""));
}

/* Calls each() for the entries of a directory that are numbers; other ones are nobody's business.
 */
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
	struct each_interface visit = { .each = each, .context = context };

	return each_number(pins->path, visit_interface, &visit);
}

struct each_namespace {
	const char *directory;
	void (*each)(struct pins *pins, void *context);
	void *context;
};

static void visit_namespace(uintmax_t cookie, void *context)
{
	const struct each_namespace *visit = context;
	struct pins pins = { 0 };

	if (!set_path(&pins, visit->directory, cookie))
		visit->each(&pins, visit->context);
}

int pins_each_namespace(const char *directory, void (*each)(struct pins *pins, void *context),
			void *context)
{
	struct each_namespace visit = { .directory = directory, .each = each, .context = context };

	return each_number(directory, visit_namespace, &visit);
}

static const char *epoch_path(const struct pins *pins)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/epoch", pins->path);
	return path;
}

void pins_remove_namespace(const struct pins *pins)
{
	unlink(epoch_path(pins));
	for (enum pin pin = PIN_OBSERVED; pin < PINS; pin++)
		pins_remove(pins, PINS_IN_COMMON, pin);
	pins_remove_interface(pins, PINS_IN_COMMON);
	rmdir(pins->path);
}

static const uint32_t epoch_key;

int64_t pins_get_epoch(const struct pins *pins)
{
	_cleanup_close_ int fd = bpf_obj_get(epoch_path(pins));
	struct bpf_map_info info;
	int64_t epoch = 0;

	if (fd < 0 || bpf_info_of_map(fd, &info) || info.type != BPF_MAP_TYPE_ARRAY ||
	    info.key_size != sizeof(epoch_key) || info.value_size != sizeof(epoch) ||
	    bpf_map_lookup_elem(fd, &epoch_key, &epoch))
		return 0;
	return epoch;
}

void pins_put_epoch(const struct pins *pins, int64_t epoch)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_epoch", sizeof(epoch_key),
						sizeof(epoch), 1, NULL);

	if (fd < 0 || bpf_map_update_elem(fd, &epoch_key, &epoch, BPF_ANY))
		return;
	unlink(epoch_path(pins));
	if (!bpf_obj_pin(fd, epoch_path(pins)))
		give(epoch_path(pins), pins->owner);
}

bool pins_is_marked(const struct pins *pins, unsigned int ifindex, enum pins_mark mark)
{
	return !access(path_of(pins, ifindex, mark_names[mark]), F_OK);
}

int pins_mark(const struct pins *pins, unsigned int ifindex, enum pins_mark mark)
{
	int err = make_interface(pins, ifindex);

	return err ? err : make_directory(path_of(pins, ifindex, mark_names[mark]), pins->owner);
}

int pins_unmark(const struct pins *pins, unsigned int ifindex, enum pins_mark mark)
{
	if (rmdir(path_of(pins, ifindex, mark_names[mark])))
		return -errno;
	pins_remove_interface(pins, ifindex);
	return 0;
}
