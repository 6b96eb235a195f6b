/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snmp/notify.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include <string.h>

#include "lib/log.h"
#include "lib/util.h"
#include "snmp/mib.h"

#define AGENTX_NOTIFY 12 /* RFC 2741, 6.1 */

/*
 * A master that does not answer is hung or gone, and it is for the ping to find out: as long as the
 * connection lives, what was written to it is not written again.
 */
#define ANSWER_TIMEOUT 86400 /* seconds */

static struct {
	bool enabled;
	oid root[MAX_OID_LEN];
	size_t root_len;
	struct event queue[NOTIFY_QUEUE]; /* a ring */
	size_t first, count;
	bool overflow; /* has been logged; until the queue is empty */
	unsigned long suppressed;
	netsnmp_session *session; /* NULL: not connected */
	long unanswered;          /* the request id of what the master has not answered, or 0 */
	int64_t credit;           /* the bucket, in ms of NOTIFY_INTERVAL_MS a token */
	int64_t credit_at;        /* CLOCK_MONOTONIC, ms */
} notify;

static int connected(int major, int minor, void *session, void *argument)
{
	(void)major;
	(void)minor;
	(void)argument;
	notify.session = session;
	notify.unanswered = 0;
	return SNMP_ERR_NOERROR;
}

static int disconnected(int major, int minor, void *session, void *argument)
{
	(void)major;
	(void)minor;
	(void)session;
	(void)argument;
	notify.session = NULL;
	notify.unanswered = 0;
	return SNMP_ERR_NOERROR;
}

void notify_open(void)
{
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, connected,
			       NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, disconnected,
			       NULL);
	notify.credit = NOTIFY_BURST * NOTIFY_INTERVAL_MS;
	notify.credit_at = monotonic_ms();
}

static void take_first(void)
{
	notify.first = (notify.first + 1) % NOTIFY_QUEUE;
	notify.count--;
	notify.overflow &= notify.count != 0;
}

void notify_set(bool enabled, const oid *root, size_t root_len)
{
	notify.enabled = enabled;
	memcpy(notify.root, root, root_len * sizeof(*root));
	notify.root_len = root_len;
	/* What the master has been handed already is not suppressed any more. */
	while (!enabled && notify.count > (notify.unanswered != 0)) {
		notify.count--;
		notify.suppressed++;
	}
}

void notify_event(const struct event *event)
{
	if (!notify.enabled)
		return;
	if (notify.count == NOTIFY_QUEUE) {
		notify.suppressed++;
		if (!notify.overflow)
			log_warning(0,
				    "%d notifications wait to be sent; those that do not fit are "
				    "counted by xdpNotificationsSuppressed",
				    NOTIFY_QUEUE);
		notify.overflow = true;
		return;
	}
	notify.queue[(notify.first + notify.count++) % NOTIFY_QUEUE] = *event;
}

/* The library's word on a notification. Without an answer it stays the first of the queue. */
static int answered(int operation, netsnmp_session *session, int reqid, netsnmp_pdu *pdu,
		    void *magic)
{
	(void)session;
	(void)magic;
	if (!notify.unanswered || reqid != notify.unanswered)
		return 1;
	notify.unanswered = 0;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE)
		return 1;
	if (pdu->errstat) {
		log_warning(0, "the master refused a notification: AgentX error %ld", pdu->errstat);
		notify.suppressed++;
	}
	take_first();
	return 1;
}

static void send_first(void)
{
	netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_NOTIFY);

	if (pdu)
		pdu->variables =
			mib_notification(&notify.queue[notify.first], notify.root, notify.root_len);
	if (!pdu || !pdu->variables) {
		snmp_free_pdu(pdu);
		return;
	}
	pdu->sessid = notify.session->sessid;
	pdu->flags |= UCD_MSG_FLAG_PDU_TIMEOUT;
	pdu->time = ANSWER_TIMEOUT;
	notify.unanswered = pdu->reqid;
	if (!snmp_async_send(notify.session, pdu, answered, NULL)) {
		notify.unanswered = 0;
		snmp_free_pdu(pdu);
	}
}

static void fill_bucket(void)
{
	int64_t now = monotonic_ms();

	notify.credit += now - notify.credit_at;
	notify.credit_at = now;
	if (notify.credit > NOTIFY_BURST * NOTIFY_INTERVAL_MS)
		notify.credit = NOTIFY_BURST * NOTIFY_INTERVAL_MS;
}

int64_t notify_step(void)
{
	if (!notify.count || !notify.session || notify.unanswered)
		return INT64_MAX;
	fill_bucket();
	if (notify.credit < NOTIFY_INTERVAL_MS)
		return NOTIFY_INTERVAL_MS - notify.credit;
	/* An attempt that fails costs as much: there is no hurry to repeat it. */
	notify.credit -= NOTIFY_INTERVAL_MS;
	send_first();
	return notify.unanswered ? INT64_MAX : 0;
}

bool notify_enabled(void)
{
	return notify.enabled;
}

unsigned long notify_suppressed(void)
{
	return notify.suppressed;
}
