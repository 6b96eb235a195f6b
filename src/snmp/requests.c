/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snmp/requests.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include <stdbool.h>

/* RFC 2741, 6.1 */
#define AGENTX_GET 5
#define AGENTX_GETNEXT 6
#define AGENTX_RESPONSE 18
#define NON_DEFAULT_CONTEXT 0x08

/* Static, for the session's callback gets the library's context and none of ours. */
static struct {
	const struct mib *mib;
	snmp_callback library; /* what handles all else */
} requests;

static void answer_get(const struct mib_request *request, netsnmp_variable_list *value)
{
	int exception = mib_get(request, value);

	if (exception)
		snmp_set_var_typed_value(value, (u_char)exception, NULL, 0);
}

/* An end of a range that stands for none (RFC 2741, 5.1), as the library parses it. */
static bool is_null(const oid *name, size_t len)
{
	return !snmp_oid_compare(name, len, nullOid, (size_t)nullOidLen / sizeof(oid));
}

/* The range begins at the variable's name, behind it or with it, and ends before its value. */
static void answer_next(const struct mib_request *request, const netsnmp_variable_list *range,
			netsnmp_variable_list *value)
{
	size_t end_len = range->val_len / sizeof(oid);
	bool found = (range->type == ASN_PRIV_INCL_RANGE && !mib_get(request, value)) ||
		     mib_get_next(request, value);

	if (found &&
	    (is_null(range->val.objid, end_len) ||
	     snmp_oid_compare(value->name, value->name_length, range->val.objid, end_len) < 0))
		return;
	snmp_set_var_objid(value, range->name, range->name_length);
	snmp_set_var_typed_value(value, SNMP_ENDOFMIBVIEW, NULL, 0);
}

static void answer(const struct mib_request *request, netsnmp_session *session,
		   const netsnmp_pdu *pdu)
{
	netsnmp_pdu *response = snmp_clone_pdu((netsnmp_pdu *)pdu);

	if (!response)
		return;
	for (netsnmp_variable_list *asked = pdu->variables, *value = response->variables; value;
	     asked = asked->next_variable, value = value->next_variable) {
		if (pdu->command == AGENTX_GET)
			answer_get(request, value);
		else
			answer_next(request, asked, value);
	}
	response->command = AGENTX_RESPONSE;
	response->version = session->version;
	response->errstat = SNMP_ERR_NOERROR;
	response->errindex = 0;
	if (!snmp_send(session, response))
		snmp_free_pdu(response);
}

/* A master that asks is alive: it need not be pinged. The session keeps the alarm's number here. */
static void put_ping_off(const netsnmp_session *session)
{
	if (session->securityModel != SNMP_DEFAULT_SECMODEL)
		snmp_alarm_reset((unsigned int)session->securityModel);
}

static void take(netsnmp_session *session, const netsnmp_pdu *pdu)
{
	const struct mib_request request = {
		.mib = requests.mib,
		.session = (uint32_t)pdu->sessid,
		.transaction = (uint32_t)pdu->transid,
	};

	put_ping_off(session);
	answer(&request, session, pdu);
}

static int received(int operation, netsnmp_session *session, int reqid, netsnmp_pdu *pdu,
		    void *magic)
{
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE ||
	    (pdu->command != AGENTX_GET && pdu->command != AGENTX_GETNEXT) ||
	    pdu->flags & NON_DEFAULT_CONTEXT || !requests.mib->registration)
		return requests.library(operation, session, reqid, pdu, magic);
	take(session, pdu);
	return 1;
}

static int connected(int major, int minor, void *opened, void *argument)
{
	netsnmp_session *session = opened;

	(void)major;
	(void)minor;
	(void)argument;
	requests.library = session->callback;
	session->callback = received;
	return SNMP_ERR_NOERROR;
}

void requests_open(const struct mib *mib)
{
	requests.mib = mib;
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, connected,
			       NULL);
}
