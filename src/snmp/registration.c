/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snmp/registration.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_sysORTable.h>

#include <stdio.h>
#include <string.h>

#include "lib/log.h"

/* Seconds until the next attempt. */
#define FIRST_INTERVAL 1
#define REFUSED_INTERVAL 5 /* net-snmp's master logs each registration that it refuses */

#define DUPLICATE_REGISTRATION 263 /* RFC 2741, 6.2.16 */

#define SYS_OR_DESCRIPTION "XDP-STATS-MIB: what XDP programs do with frames"

/* Static, for the library is one for the process, and its log callback gets no context. */
static struct {
	netsnmp_session *session; /* NULL: there is no master */
	struct mib *mib;          /* NULL: nothing is to be served */
	oid root[MAX_OID_LEN];
	size_t root_len;
	bool added;            /* to the library, which then has tried to register it */
	long refused;          /* what the master has said to that; 0: nothing against it */
	unsigned int refusals; /* in a row */
	unsigned int alarm;    /* that is to register it, or 0 */
} registration;

void registration_mute(bool mute)
{
	for (netsnmp_log_handler *log = get_logh_head(); log; log = log->next) {
		if (log->type == NETSNMP_LOGHANDLER_CALLBACK)
			continue;
		if (!mute)
			netsnmp_enable_this_loghandler(log);
		else if (!snmp_get_do_debugging())
			netsnmp_disable_this_loghandler(log);
	}
}

/* The library tells of a refused registration in its log, and nowhere else. */
static int note_refusal(int major, int minor, void *message, void *argument)
{
	const struct snmp_log_message *line = message;

	(void)major;
	(void)minor;
	(void)argument;
	sscanf(line->msg, "registering pdu failed: %ld", &registration.refused);
	return SNMP_ERR_NOERROR;
}

void registration_init(void)
{
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, note_refusal, NULL);
}

/*
 * The master is not told if it has refused what is withdrawn: net-snmp's does not look whose it is
 * (unregister_agentx_list() in master_admin.c), and would withdraw that of the other subagent. The
 * library sends nothing in a session that is not AgentX's.
 */
static void withdraw(bool tell)
{
	netsnmp_session *session = registration.session;
	long version = session ? session->version : 0;

	if (!registration.added)
		return;
	if (session && !tell)
		session->version = SNMP_DEFAULT_VERSION;
	unregister_sysORTable(registration.root, registration.root_len);
	mib_unregister(registration.mib);
	registration.added = false;
	if (session)
		session->version = version;
}

static void log_refusal(void)
{
	if (registration.refused == DUPLICATE_REGISTRATION)
		log_error(0,
			  "the AgentX master refuses XDP-STATS-MIB: another subagent serves it; "
			  "stop that one, or set another xdpRootOid; trying again every %d s",
			  REFUSED_INTERVAL);
	else
		log_error(0,
			  "the AgentX master refuses XDP-STATS-MIB: error %ld (RFC 2741, 6.2.16); "
			  "trying again every %d s",
			  registration.refused, REFUSED_INTERVAL);
}

static void settle(unsigned int alarm, void *argument);

static void settle_after(unsigned int seconds)
{
	if (registration.alarm)
		snmp_alarm_unregister(registration.alarm);
	registration.alarm = snmp_alarm_register(seconds, 0, settle, NULL);
}

/* Registers what is served, time and again while the master refuses it. */
static void settle(unsigned int alarm, void *argument)
{
	int err;

	(void)alarm;
	(void)argument;
	registration.alarm = 0;
	withdraw(!registration.refused);
	if (!registration.session || !registration.mib)
		return;
	registration.refused = 0;
	registration_mute(true);
	err = mib_register(registration.mib, registration.root, registration.root_len);
	registration_mute(false);
	if (err) {
		log_error(err, "cannot register XDP-STATS-MIB with net-snmp's library");
		return;
	}
	registration.added = true;
	if (registration.refused) {
		/* The first time it may be a session of ours that the master has yet to end. */
		if (++registration.refusals == 2)
			log_refusal();
		settle_after(registration.refusals == 1 ? FIRST_INTERVAL : REFUSED_INTERVAL);
		return;
	}
	if (registration.refusals > 1)
		log_info("the AgentX master does not refuse XDP-STATS-MIB any more");
	registration.refusals = 0;
	register_sysORTable(registration.root, registration.root_len, SYS_OR_DESCRIPTION);
}

void registration_serve(struct mib *mib, const oid *root, size_t root_len)
{
	withdraw(!registration.refused);
	registration.mib = mib;
	memcpy(registration.root, root, root_len * sizeof(*root));
	registration.root_len = root_len;
	registration.refused = 0;
	registration.refusals = 0;
	settle_after(0);
}

void registration_open(netsnmp_session *session)
{
	registration.session = session;
	settle_after(0);
}

void registration_close(void)
{
	withdraw(false);
	registration.session = NULL;
	registration.refused = 0;
}
