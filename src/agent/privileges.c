/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/privileges.h"

#include <errno.h>
#include <sys/prctl.h>

#include "kernel/broker.h"
#include "kernel/capability.h"
#include "lib/log.h"

/*
 * The last two are for an agent that runs as root: configuration and the socket of snmpd may belong
 * to another user, and so may the directory of the pins, in which it acts as that user (pin_dir.h).
 */
#define NEEDED                                                                                     \
	(CAPABILITY_SET(CAP_BPF) | CAPABILITY_SET(CAP_NET_ADMIN) | CAPABILITY_SET(CAP_PERFMON) |   \
	 CAPABILITY_SET(CAP_DAC_OVERRIDE) | CAPABILITY_SET(CAP_SETUID))

int privileges_drop(void)
{
	uint64_t permitted = 0;
	int err = capability_get_permitted(&permitted);

	if (!err)
		err = capability_set(permitted & NEEDED);
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

	capability_get_permitted(&permitted);
	if (broker_fd() < 0)
		log_warning(0, "CAP_SYS_ADMIN is missing: programs of others are neither observed "
			       "nor named");
	if (!(permitted & CAPABILITY_SET(CAP_BPF)))
		log_warning(0, "CAP_BPF is missing: nothing can be counted");
	if (!(permitted & CAPABILITY_SET(CAP_NET_ADMIN)) && may_attach(rules))
		log_warning(0, "CAP_NET_ADMIN is missing: the counter program cannot be attached");
	if (!(permitted & CAPABILITY_SET(CAP_PERFMON)))
		log_warning(0, "CAP_PERFMON is missing: to count costs more for each frame, "
			       "errors are not counted, and programs attached by bpf_link are "
			       "noticed late");
}
