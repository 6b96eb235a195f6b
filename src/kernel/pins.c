/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/pins.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/bpf_info.h"
#include "kernel/broker.h"
#include "kernel/netns.h"
#include "kernel/pin_dir.h"
#include "kernel/pin_lock.h"
#include "kernel/pin_tree.h"
#include "lib/log.h"
#include "lib/util.h"

/* Directories, for bpffs has no plain files. */
static const char *const mark_names[] = {
	[MARK_RELEASED] = "released",
	[MARK_FOREIGN] = "foreign",
};

static const struct {
	const char *name;
	const char *object; /* what the kernel calls the thing that has to be pinned there */
} kinds[] = {
	[PIN_MAP] = { "xdp_stats_map", BPF_MAP_OBJECT },
	[PIN_STATE] = { "state", BPF_MAP_OBJECT },
	[PIN_LINK] = { "link", BPF_LINK_OBJECT },
	[PIN_PROGRAM] = { "program", BPF_PROG_OBJECT },
	[PIN_PROGRAM_NEW] = { "program_new", BPF_PROG_OBJECT },
	[PIN_IN] = { "in", BPF_LINK_OBJECT },
	[PIN_OUT] = { "out", BPF_LINK_OBJECT },
	[PIN_FIRST] = { "first", BPF_MAP_OBJECT },
	[PIN_OBSERVED] = { "observed", BPF_MAP_OBJECT },
	[PIN_INVALID] = { "invalid", BPF_MAP_OBJECT },
	[PIN_BONDS] = { "bonds", BPF_MAP_OBJECT },
	[PIN_ERRORS] = { "errors", BPF_MAP_OBJECT },
	[PIN_NEWS] = { "news", BPF_MAP_OBJECT },
	[PIN_EXCEPTION] = { "exception", BPF_LINK_OBJECT },
	[PIN_REDIRECT] = { "redirect", BPF_LINK_OBJECT },
	[PIN_TRANSMIT] = { "transmit", BPF_LINK_OBJECT },
	[PIN_EXCEPTION_PROGRAM] = { "exception_program", BPF_PROG_OBJECT },
	[PIN_REDIRECT_PROGRAM] = { "redirect_program", BPF_PROG_OBJECT },
	[PIN_TRANSMIT_PROGRAM] = { "transmit_program", BPF_PROG_OBJECT },
	[PIN_MAPS_READ] = { "maps_read", BPF_MAP_OBJECT },
};

/* --- the directories --- */

static int check_directories(const struct pins *pins, bool make, struct reason *reason)
{
	AS_OWNER(pins->dir.owner);

	return make ? pin_tree_make_namespace(pins, reason)
		    : pin_tree_check_namespace(pins, reason);
}

static int open_directories(struct pins *pins, const char *directory, bool make,
			    struct reason *reason)
{
	uint64_t cookie = 0;
	int err = netns_cookie(&cookie);

	if (err)
		return reason_set(reason, err, "%s", strerror(-err));
	err = pin_dir_find(&pins->dir, directory, reason);
	if (err)
		return err;
	err = pin_tree_set(pins, cookie);
	if (err)
		return reason_set(reason, err, "%s", strerror(-err));
	return check_directories(pins, make, reason);
}

int pins_open(struct pins **out, const char *directory, bool make, struct reason *reason)
{
	struct pins *pins = calloc(1, sizeof(*pins));
	struct reason why;
	int err;

	if (!pins)
		return reason_set(reason, -ENOMEM, "no pins in %s: out of memory", directory);
	err = open_directories(pins, directory, make, &why);
	if (err) {
		free(pins);
		return reason_set(reason, err, "no pins in %s: %s", directory, why.text);
	}
	*out = pins;
	return 0;
}

void pins_close(struct pins *pins)
{
	if (!pins)
		return;
	close_fd_at(&pins->lock_fd);
	free(pins);
}

int pins_lock(struct pins *pins, struct reason *reason)
{
	AS_OWNER(pins->dir.owner);
	int fd, err;

	if (pins->lock_fd >= 0 && pin_lock_is_in(pins->path, pins->lock_fd))
		return 0;
	err = pin_tree_make_namespace(pins, reason);
	if (err)
		return err;
	fd = pin_lock_take(pins->path, pins->dir.owner, reason);
	if (fd < 0)
		return fd;
	close_fd_at(&pins->lock_fd);
	pins->lock_fd = fd;
	return 0;
}

pid_t pins_holder(const struct pins *pins)
{
	AS_OWNER(pins->dir.owner);

	return pin_lock_holder(pins->path);
}

const char *pins_path(const struct pins *pins, unsigned int ifindex, enum pin pin)
{
	return pin_tree_path(pins, ifindex, kinds[pin].name);
}

/* --- pins --- */

static int check_object(int fd, enum pin pin, const char *path, struct reason *reason)
{
	char object[BPF_OBJECT_MAX];

	bpf_info_object(fd, object);
	if (!strcmp(object, kinds[pin].object))
		return 0;
	return reason_set(reason, -EINVAL, "pin %s is left alone: it is %s, expected %s", path,
			  object, kinds[pin].object);
}

/* 0, -ENOENT if there is nothing, or another -errno with the reason why it is not to be used. */
static int check_owner(const char *path, uid_t owner, struct reason *reason)
{
	struct stat status;

	if (lstat(path, &status))
		return reason_set(reason, -errno, "%s", strerror(errno));
	if (status.st_uid && status.st_uid != owner)
		return reason_set(reason, -EPERM, "it belongs to uid %u, expected 0 or %u",
				  status.st_uid, owner);
	return 0;
}

int pins_get(const struct pins *pins, unsigned int ifindex, enum pin pin, struct reason *reason)
{
	AS_OWNER(pins->dir.owner);
	_cleanup_close_ int fd = -1;
	struct reason why;
	int err = pin_tree_check(pins, ifindex, &why);
	const char *path = pins_path(pins, ifindex, pin);

	if (!err)
		err = check_owner(path, pins->dir.owner, &why);
	if (err == -EPERM)
		return reason_set(reason, err, "pin %s is left alone: %s", path, why.text);
	if (err)
		return reason_set(reason, err, "cannot open pin %s: %s", path, why.text);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return reason_set(reason, fd, "cannot open pin %s: %s", path, strerror(-fd));
	err = check_object(fd, pin, path, reason);
	return err ? err : take_fd(&fd);
}

int pins_get_program(const struct pins *pins, unsigned int ifindex, enum pin pin, uint32_t prog_id)
{
	struct reason reason;
	_cleanup_close_ int fd = pins_get(pins, ifindex, pin, &reason);
	struct bpf_prog_info info;

	if (fd >= 0 && !bpf_info_of_prog(fd, &info) && info.id == prog_id)
		return take_fd(&fd);
	return broker_program(prog_id);
}

static int pin_at(const char *path, int fd, struct reason *reason)
{
	int err = bpf_obj_pin(fd, path);

	return err ? reason_set(reason, err, "%s", strerror(-err)) : 0;
}

static int cannot_pin(const char *path, int err, struct reason *reason)
{
	struct reason why = *reason;

	return reason_set(reason, err, "cannot pin %s: %s", path, why.text);
}

int pins_put(const struct pins *pins, unsigned int ifindex, enum pin pin, int fd,
	     struct reason *reason)
{
	AS_OWNER(pins->dir.owner);
	int err = pin_tree_make(pins, ifindex, reason);
	const char *path = pins_path(pins, ifindex, pin);

	if (!err)
		err = pin_at(path, fd, reason);
	return err ? cannot_pin(path, err, reason) : 0;
}

/* Where a pin is made before it takes the place of another; for messages, it is that other one. */
#define NEXT "next"

int pins_replace(const struct pins *pins, unsigned int ifindex, enum pin pin, int fd,
		 struct reason *reason)
{
	AS_OWNER(pins->dir.owner);
	char next[PATH_MAX];
	const char *path;
	int err = pin_tree_make(pins, ifindex, reason);

	snprintf(next, sizeof(next), "%s", pin_tree_path(pins, ifindex, NEXT));
	path = pins_path(pins, ifindex, pin);
	if (!err) {
		unlink(next); /* of a crash */
		err = pin_at(next, fd, reason);
	}
	if (!err && rename(next, path))
		err = reason_set(reason, -errno, "%s", strerror(errno));
	return err ? cannot_pin(path, err, reason) : 0;
}

/* Whether a name is there, in a directory that can be trusted. */
static bool has(const struct pins *pins, unsigned int ifindex, const char *name)
{
	AS_OWNER(pins->dir.owner);
	struct reason reason;

	return !pin_tree_check(pins, ifindex, &reason) &&
	       !access(pin_tree_path(pins, ifindex, name), F_OK);
}

bool pins_exists(const struct pins *pins, unsigned int ifindex, enum pin pin)
{
	return has(pins, ifindex, kinds[pin].name);
}

int pins_repin(const struct pins *pins, unsigned int ifindex, enum pin pin, int fd,
	       struct reason *reason)
{
	int err;

	if (pins_exists(pins, ifindex, pin))
		return 0;
	err = pins_put(pins, ifindex, pin, fd, reason);
	if (!err)
		log_info("pin %s was missing and is back", pins_path(pins, ifindex, pin));
	return err;
}

/* What cannot be opened for want of descriptors, say, is not somebody else's for that. */
static bool may_be_removed(const struct pins *pins, unsigned int ifindex, enum pin pin)
{
	struct reason reason;
	_cleanup_close_ int fd = pins_get(pins, ifindex, pin, &reason);

	return fd != -ENOENT && fd != -EINVAL && fd != -EPERM;
}

bool pins_remove(const struct pins *pins, unsigned int ifindex, enum pin pin)
{
	AS_OWNER(pins->dir.owner);

	return may_be_removed(pins, ifindex, pin) && !unlink(pins_path(pins, ifindex, pin));
}

void pins_remove_interface(const struct pins *pins, unsigned int ifindex)
{
	AS_OWNER(pins->dir.owner);
	struct reason reason;

	if (pin_tree_check(pins, ifindex, &reason))
		return;
	unlink(pin_tree_path(pins, ifindex, NEXT));
	rmdir(pin_tree_path(pins, ifindex, ""));
}

static const char *epoch_path(const struct pins *pins)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/epoch", pins->path);
	return path;
}

void pins_remove_namespace(const struct pins *pins)
{
	AS_OWNER(pins->dir.owner);
	struct reason reason;

	if (pin_tree_check_namespace(pins, &reason))
		return;
	unlink(epoch_path(pins));
	for (enum pin pin = PIN_OBSERVED; pin < PINS; pin++)
		pins_remove(pins, PINS_IN_COMMON, pin);
	pins_remove_interface(pins, PINS_IN_COMMON);
	pin_lock_remove(pins->path);
	rmdir(pins->path);
}

static const uint32_t epoch_key;

int64_t pins_get_epoch(const struct pins *pins)
{
	AS_OWNER(pins->dir.owner);
	struct reason reason;
	_cleanup_close_ int fd =
		pin_tree_check_namespace(pins, &reason) ? -1 : bpf_obj_get(epoch_path(pins));
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
	AS_OWNER(pins->dir.owner);
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_epoch", sizeof(epoch_key),
						sizeof(epoch), 1, NULL);
	struct reason reason;

	if (fd < 0 || bpf_map_update_elem(fd, &epoch_key, &epoch, BPF_ANY) ||
	    pin_tree_check_namespace(pins, &reason))
		return;
	unlink(epoch_path(pins));
	pin_at(epoch_path(pins), fd, &reason);
}

bool pins_is_marked(const struct pins *pins, unsigned int ifindex, enum pins_mark mark)
{
	return has(pins, ifindex, mark_names[mark]);
}

int pins_mark(const struct pins *pins, unsigned int ifindex, enum pins_mark mark,
	      struct reason *reason)
{
	AS_OWNER(pins->dir.owner);
	int err = pin_tree_make(pins, ifindex, reason);

	return err ? err
		   : pin_dir_make(pin_tree_path(pins, ifindex, mark_names[mark]), 0755,
				  pins->dir.owner, reason);
}

int pins_unmark(const struct pins *pins, unsigned int ifindex, enum pins_mark mark,
		struct reason *reason)
{
	AS_OWNER(pins->dir.owner);
	int err = pin_tree_check(pins, ifindex, reason);

	if (!err && rmdir(pin_tree_path(pins, ifindex, mark_names[mark])))
		err = reason_set(reason, -errno, "%s", strerror(errno));
	if (!err)
		pins_remove_interface(pins, ifindex);
	return err;
}
