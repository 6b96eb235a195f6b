/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"

#define SET(capability) (UINT64_C(1) << (capability))

/*
 * The last two are for an agent that runs as root: pins, configuration and the socket of snmpd may
 * belong to another user, and what it pins in such a user's directory shall, too.
 */
#define NEEDED                                                                                     \
	(SET(CAP_BPF) | SET(CAP_NET_ADMIN) | SET(CAP_PERFMON) | SET(CAP_SYS_ADMIN) |               \
	 SET(CAP_DAC_OVERRIDE) | SET(CAP_CHOWN))

static struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

static int get_permitted(uint64_t *permitted)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, sets))
		return -errno;
	*permitted = sets[0].permitted | (uint64_t)sets[1].permitted << 32;
	return 0;
}

/* Ambient ones go with the inheritable ones. */
static int set_capabilities(uint64_t capabilities)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	sets[0].permitted = sets[0].effective = (uint32_t)capabilities;
	sets[1].permitted = sets[1].effective = (uint32_t)(capabilities >> 32);
	return syscall(SYS_capset, &header, sets) ? -errno : 0;
}

int privileges_drop(void)
{
	uint64_t permitted = 0;
	int err = get_permitted(&permitted);

	if (!err)
		err = set_capabilities(permitted & NEEDED);
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (err)
		log_error(err, "cannot give up privileges");
	return err;
}

/* Whether an interface can be counted by a program of our own. */
static bool may_attach(const struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->rule[i].source == RULE_COUNT || rules->rule[i].source == RULE_AUTO)
			return true;
	return false;
}

void privileges_report(const struct rules *rules)
{
	uint64_t permitted = 0;

	get_permitted(&permitted);
	if (permitted & SET(CAP_SYS_ADMIN)) /* it includes the others */
		return;
	log_warning(0, "CAP_SYS_ADMIN is missing: programs of others are neither observed nor "
		       "named, and counters will not outlive this process");
	if (!(permitted & SET(CAP_BPF)))
		log_warning(0, "CAP_BPF is missing: nothing can be counted");
	if (!(permitted & SET(CAP_NET_ADMIN)) && may_attach(rules))
		log_warning(0, "CAP_NET_ADMIN is missing: the counter program cannot be attached");
	if (!(permitted & SET(CAP_PERFMON)))
		log_warning(0, "CAP_PERFMON is missing: to count costs more for each frame, "
			       "errors are not counted, and programs attached by bpf_link are "
			       "noticed late");
}
