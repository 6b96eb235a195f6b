/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of the master's PDUs, which are handed to the session as the library does: answered
 * at once, or left to the library. The module that is asked has three objects.
 */
#include "unit.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include <stdio.h>
#include <string.h>

#include "snmp/mib.h"
#include "snmp/requests.h"

/* RFC 2741, 6.1 and 6.2.16 */
enum { GET = 5, GETNEXT, GETBULK, TESTSET, RESPONSE = 18 };
#define NON_DEFAULT_CONTEXT 0x08
#define NETWORK_BYTE_ORDER 0x10

#define AGENTX_VERSION 0xC0
#define SESSION 7
#define TRANSACTION 4242
#define PACKET 99
#define PING 17

static netsnmp_session session;
static int magic;
static netsnmp_handler_registration registration;
static struct mib mib;
static bool sending_fails;
static unsigned int left_to_library, pings_put_off;
static char sent[1024]; /* the variables of the last response, "" if there was none */

/* The objects 1.3.1, 1.3.2 and 1.3.3 have 1, 2 and 3 as their values. */
static const oid root[] = { 1, 3 };
#define OBJECTS 3

static void check_request(const struct mib_request *request)
{
	assert_ptr_equal(request->mib, &mib);
	assert_int_equal(request->session, SESSION);
	assert_int_equal(request->transaction, TRANSACTION);
}

int mib_get(const struct mib_request *request, netsnmp_variable_list *value)
{
	check_request(request);
	if (value->name_length != 3 || value->name[2] < 1 || value->name[2] > OBJECTS)
		return SNMP_NOSUCHOBJECT;
	snmp_set_var_typed_integer(value, ASN_INTEGER, (long)value->name[2]);
	return 0;
}

bool mib_get_next(const struct mib_request *request, netsnmp_variable_list *value)
{
	check_request(request);
	for (oid i = 1; i <= OBJECTS; i++) {
		const oid name[] = { root[0], root[1], i };

		if (snmp_oid_compare(name, LENGTH(name), value->name, value->name_length) <= 0)
			continue;
		snmp_set_var_objid(value, name, LENGTH(name));
		snmp_set_var_typed_integer(value, ASN_INTEGER, (long)i);
		return true;
	}
	return false;
}

int __wrap_snmp_send(netsnmp_session *to, netsnmp_pdu *pdu);
int __wrap_snmp_send(netsnmp_session *to, netsnmp_pdu *pdu)
{
	char line[256];

	assert_ptr_equal(to, &session);
	if (sending_fails)
		return 0;
	assert_int_equal(pdu->command, RESPONSE);
	assert_int_equal(pdu->version, AGENTX_VERSION);
	assert_int_equal(pdu->sessid, SESSION);
	assert_int_equal(pdu->transid, TRANSACTION);
	assert_int_equal(pdu->reqid, PACKET);
	assert_int_equal(pdu->errstat, 0);
	assert_int_equal(pdu->errindex, 0);
	assert_true(pdu->flags & NETWORK_BYTE_ORDER);
	for (netsnmp_variable_list *value = pdu->variables; value; value = value->next_variable) {
		snprint_variable(line, sizeof(line), value->name, value->name_length, value);
		strcat(strcat(sent, sent[0] ? "; " : ""), line);
	}
	snmp_free_pdu(pdu);
	return 1;
}

int __wrap_snmp_alarm_reset(unsigned int alarm);
int __wrap_snmp_alarm_reset(unsigned int alarm)
{
	assert_int_equal(alarm, PING);
	pings_put_off++;
	return 0;
}

static int library(int operation, netsnmp_session *of, int reqid, netsnmp_pdu *pdu, void *argument)
{
	assert_ptr_equal(of, &session);
	assert_ptr_equal(argument, &magic);
	if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE) {
		assert_int_equal(reqid, PACKET);
		assert_non_null(pdu);
	}
	left_to_library++;
	return 42;
}

/* A search range as the library parses it, from one name to another; "" is the null one, 0.0. */
static void add_range(netsnmp_pdu *pdu, const char *from, bool included, const char *to)
{
	oid begin[MAX_OID_LEN], end[MAX_OID_LEN] = { 0, 0 };
	size_t begin_len = MAX_OID_LEN, end_len = MAX_OID_LEN;

	assert_true(read_objid(from, begin, &begin_len));
	if (*to)
		assert_true(read_objid(to, end, &end_len));
	else
		end_len = 2;
	assert_non_null(snmp_pdu_add_variable(pdu, begin, begin_len,
					      included ? ASN_PRIV_INCL_RANGE : ASN_PRIV_EXCL_RANGE,
					      end, end_len * sizeof(oid)));
}

static netsnmp_pdu *pdu_of(int command)
{
	netsnmp_pdu *pdu = snmp_pdu_create(command);

	pdu->sessid = SESSION;
	pdu->transid = TRANSACTION;
	pdu->reqid = PACKET;
	pdu->flags |= NETWORK_BYTE_ORDER;
	return pdu;
}

static int receive(netsnmp_pdu *pdu)
{
	int result = session.callback(NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE, &session, PACKET, pdu,
				      &magic);

	snmp_free_pdu(pdu); /* as the library does after its callback */
	return result;
}

/* What a request with one range is answered. */
static const char *answer(int command, const char *from, bool included, const char *to)
{
	netsnmp_pdu *pdu = pdu_of(command);

	sent[0] = '\0';
	add_range(pdu, from, included, to);
	assert_int_equal(receive(pdu), 1);
	return sent;
}

static int start(void **state)
{
	(void)state;
	setenv("MIBS", "", 1);
	init_snmp("test_requests");
	netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_OID_OUTPUT_FORMAT,
			   NETSNMP_OID_OUTPUT_NUMERIC);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_QUICK_PRINT, 1);
	requests_open(&mib);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	session = (netsnmp_session){ .callback = library,
				     .version = AGENTX_VERSION,
				     .securityModel = PING };
	snmp_call_callbacks(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, &session);
	mib.registration = &registration;
	sending_fails = false;
	left_to_library = 0;
	pings_put_off = 0;
	sent[0] = '\0';
	return 0;
}

static void test_get(void **state)
{
	(void)state;
	assert_string_equal(answer(GET, ".1.3.2", false, ""), ".1.3.2 2");
	assert_string_equal(answer(GET, ".1.3.4", false, ""),
			    ".1.3.4 No Such Object available on this agent at this OID");
	assert_int_equal(left_to_library, 0);
}

static void test_getnext(void **state)
{
	static const struct {
		const char *from;
		bool included;
		const char *to, *answer;
	} cases[] = {
		{ ".1.3", false, "", ".1.3.1 1" },
		{ ".1.3", true, "", ".1.3.1 1" },
		{ ".1.3.1", false, "", ".1.3.2 2" },
		{ ".1.3.1", true, "", ".1.3.1 1" },
		{ ".1.3.1.0", true, "", ".1.3.2 2" },
		/* The end is outside of the range. */
		{ ".1.3.1", false, ".1.3.3", ".1.3.2 2" },
		{ ".1.3.1", false, ".1.3.2.0", ".1.3.2 2" },
		{ ".1.3.1", false, ".1.3.2",
		  ".1.3.1 No more variables left in this MIB View "
		  "(It is past the end of the MIB tree)" },
		{ ".1.3.2", true, ".1.3.2",
		  ".1.3.2 No more variables left in this MIB View "
		  "(It is past the end of the MIB tree)" },
		{ ".1.3.3", false, "",
		  ".1.3.3 No more variables left in this MIB View "
		  "(It is past the end of the MIB tree)" },
		{ ".1.4", true, "",
		  ".1.4 No more variables left in this MIB View "
		  "(It is past the end of the MIB tree)" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(answer(GETNEXT, cases[i].from, cases[i].included, cases[i].to),
				    cases[i].answer);
	assert_int_equal(left_to_library, 0);
}

static void test_several_variables(void **state)
{
	netsnmp_pdu *pdu = pdu_of(GETNEXT);

	(void)state;
	add_range(pdu, ".1.3.2", false, "");
	add_range(pdu, ".1.3.3", false, "");
	add_range(pdu, ".1.3.1", true, ".1.4");
	receive(pdu);
	assert_string_equal(sent, ".1.3.3 3; .1.3.3 No more variables left in this MIB View "
				  "(It is past the end of the MIB tree); .1.3.1 1");
	receive(pdu_of(GET));
	assert_int_equal(left_to_library, 0);
}

static void test_ping_is_put_off(void **state)
{
	(void)state;
	answer(GET, ".1.3.2", false, "");
	assert_int_equal(pings_put_off, 1);
	session.securityModel = SNMP_DEFAULT_SECMODEL; /* there is no ping */
	answer(GETNEXT, ".1.3.2", false, "");
	assert_int_equal(pings_put_off, 1);
}

static void test_all_else_is_for_the_library(void **state)
{
	static const int commands[] = { GETBULK, TESTSET, RESPONSE };
	netsnmp_pdu *pdu;

	(void)state;
	for (size_t i = 0; i < LENGTH(commands); i++)
		assert_int_equal(receive(pdu_of(commands[i])), 42);
	pdu = pdu_of(GET);
	pdu->flags |= NON_DEFAULT_CONTEXT;
	assert_int_equal(receive(pdu), 42);
	mib.registration = NULL;
	assert_int_equal(receive(pdu_of(GET)), 42);
	assert_int_equal(
		session.callback(NETSNMP_CALLBACK_OP_DISCONNECT, &session, 0, NULL, &magic), 42);
	assert_int_equal(left_to_library, LENGTH(commands) + 3);
	assert_string_equal(sent, "");
	assert_int_equal(pings_put_off, 0);
}

/* The sanitizers would tell of what is not freed. */
static void test_answer_cannot_be_sent(void **state)
{
	(void)state;
	sending_fails = true;
	assert_string_equal(answer(GET, ".1.3.2", false, ""), "");
}

/* Each connection is a session of its own. */
static void test_next_session(void **state)
{
	setup(state);
	assert_string_equal(answer(GET, ".1.3.1", false, ""), ".1.3.1 1");
	assert_int_equal(receive(pdu_of(GETBULK)), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_get, setup),
		cmocka_unit_test_setup(test_getnext, setup),
		cmocka_unit_test_setup(test_several_variables, setup),
		cmocka_unit_test_setup(test_ping_is_put_off, setup),
		cmocka_unit_test_setup(test_all_else_is_for_the_library, setup),
		cmocka_unit_test_setup(test_answer_cannot_be_sent, setup),
		cmocka_unit_test_setup(test_next_session, setup),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
