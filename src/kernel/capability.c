/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/capability.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static int get(struct __user_cap_data_struct sets[static _LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, sets) ? -errno : 0;
}

bool capability_is_effective(int capability)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	return !get(sets) && sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

int capability_get_permitted(uint64_t *permitted)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	int err = get(sets);

	if (!err)
		*permitted = sets[0].permitted | (uint64_t)sets[1].permitted << 32;
	return err;
}

int capability_set(uint64_t capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	sets[0].permitted = sets[0].effective = (uint32_t)capabilities;
	sets[1].permitted = sets[1].effective = (uint32_t)(capabilities >> 32);
	return syscall(SYS_capset, &header, sets) ? -errno : 0;
}
