/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories that pins are in. Whoever may write to one can put things of his own in the place
 * of ours, or take ours away, and our programs with them. So each is looked at before each use: it
 * has to belong to root or to its owner, and nobody else may write to it.
 */
#ifndef XDP_AGENTX_KERNEL_PIN_DIR_H
#define XDP_AGENTX_KERNEL_PIN_DIR_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/reason.h"

/* Where all pins are. */
struct pin_dir {
	char path[PATH_MAX]; /* without symbolic links on the way to it */
	uid_t owner;         /* whom root gave it to, as the packaged service does; or we */
};

/*
 * Finds the directory, which may be missing yet; what it is in has to be there. Nobody but root and
 * us may be able to rename what leads to it. 0; -EINVAL: it is in no bpffs; or another -errno. The
 * reason says why, as what comes after the name of the directory.
 */
int pin_dir_find(struct pin_dir *dir, const char *directory, struct reason *reason);

/* 0 if this directory can be trusted; -ENOENT; or another -errno with the reason, which names it.
 */
int pin_dir_check(const char *path, uid_t owner, struct reason *reason);

/* The same, and it is made if it is missing, for the owner, with mode less the umask. */
int pin_dir_make(const char *path, mode_t mode, uid_t owner, struct reason *reason);

/*
 * To the end of the scope we may do to files what the owner may, and no more (setfsuid(2)): he can
 * put a symbolic link in the place of anything here at any time, and would have root follow it.
 * What is made is his.
 */
#define AS_OWNER(owner)                                                                            \
	__attribute__((cleanup(pin_dir_back), unused)) const uid_t fsuid_before =                  \
		pin_dir_become(owner)
uid_t pin_dir_become(uid_t owner);
void pin_dir_back(const uid_t *before);

#endif
