/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue, the bucket and what becomes of both when connections end. Connections are announced to
 * net-snmp's library, and what is sent to the master ends here; the test answers.
 */
#include "unit.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include <string.h>

#include "lib/log.h"
#include "snmp/agentx.h"
#include "snmp/mib.h"
#include "snmp/notify.h"

#define FIRST_IFINDEX 100

static const oid root[] = { MIB_DEFAULT_ROOT };
static netsnmp_session master = { .sessid = 77 };

/* What the master got and has not answered, and how many that were. */
static struct {
	bool fails; /* the socket is gone */
	netsnmp_pdu *pdu;
	snmp_callback callback;
	unsigned int count;
} sent;

static unsigned int next_ifindex = FIRST_IFINDEX; /* of the event to come */
static unsigned long suppressed;                  /* when the test began */

unsigned long __wrap_netsnmp_get_agent_uptime(void);
unsigned long __wrap_netsnmp_get_agent_uptime(void)
{
	return 100;
}

int __wrap_snmp_async_send(netsnmp_session *session, netsnmp_pdu *pdu, snmp_callback callback,
			   void *magic);
int __wrap_snmp_async_send(netsnmp_session *session, netsnmp_pdu *pdu, snmp_callback callback,
			   void *magic)
{
	assert_ptr_equal(session, &master);
	assert_null(sent.pdu); /* never two at a time */
	assert_int_equal(pdu->command, 12);
	assert_int_equal(pdu->sessid, 77);
	/* No repetition, and none by the session's timeout. */
	assert_true(pdu->flags & UCD_MSG_FLAG_PDU_TIMEOUT);
	assert_int_equal(pdu->time, 86400);
	if (sent.fails) {
		callback(NETSNMP_CALLBACK_OP_SEND_FAILED, session, (int)pdu->reqid, pdu, magic);
		return 0;
	}
	sent.pdu = pdu;
	sent.callback = callback;
	sent.count++;
	return (int)pdu->reqid;
}

/* The library's end of a request. */
static void end_request(int operation, long errstat)
{
	netsnmp_pdu *pdu = sent.pdu;

	assert_non_null(pdu);
	sent.pdu = NULL;
	pdu->errstat = errstat;
	assert_int_equal(sent.callback(operation, &master, (int)pdu->reqid, pdu, NULL), 1);
	snmp_free_pdu(pdu);
}

static void answer(void)
{
	end_request(NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE, 0);
}

static void connect_to_master(void)
{
	snmp_call_callbacks(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, &master);
}

/* As the library does it: the requests of the session end after it. */
static void disconnect(void)
{
	snmp_call_callbacks(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, &master);
	if (sent.pdu)
		end_request(NETSNMP_CALLBACK_OP_TIMED_OUT, 0);
}

static void happen(unsigned int times)
{
	struct event event = { .kind = EVENT_DETACHED, .time = unit_now };

	while (times--) {
		event.ifindex = next_ifindex++;
		notify_event(&event);
	}
}

/* The interface that the notification on its way is about. */
static unsigned int ifindex_sent(void)
{
	const netsnmp_variable_list *value = sent.pdu->variables;

	for (int i = 0; i < 2; i++)
		value = value->next_variable;
	return (unsigned int)value->name[value->name_length - 1];
}

/* Answers as fast as it can be; returns how many were sent until there was nothing to send. */
static unsigned int drain(int64_t *wait)
{
	unsigned int before = sent.count;

	for (;;) {
		*wait = notify_step();
		if (!sent.pdu)
			return sent.count - before;
		assert_int_equal(*wait, INT64_MAX);
		answer();
	}
}

static void connected(void *context)
{
	(void)context;
}

static int start(void **state)
{
	(void)state;
	unit_now = 5000000;
	if (agentx_init(NULL, connected, NULL))
		return -1;
	log_set_sink(unit_log);
	netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_OID_OUTPUT_FORMAT,
			   NETSNMP_OID_OUTPUT_NUMERIC);
	notify_open();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	agentx_close();
	return 0;
}

/* Connected, with an empty queue and a full bucket. */
static int setup(void **state)
{
	int64_t wait;

	(void)state;
	sent.fails = false;
	connect_to_master();
	notify_set(false, root, OID_LENGTH(root));
	if (sent.pdu)
		answer();
	notify_set(true, root, OID_LENGTH(root));
	unit_now += 60000;
	assert_int_equal(drain(&wait), 0);
	assert_int_equal(wait, INT64_MAX);
	suppressed = notify_suppressed();
	next_ifindex = FIRST_IFINDEX;
	unit_log_clear();
	return 0;
}

static void assert_suppressed(unsigned long wanted)
{
	assert_int_equal(notify_suppressed() - suppressed, wanted);
}

static void test_one(void **state)
{
	(void)state;
	happen(1);
	assert_int_equal(notify_step(), INT64_MAX);
	assert_int_equal(ifindex_sent(), FIRST_IFINDEX);
	answer();
	assert_int_equal(notify_step(), INT64_MAX);
	assert_null(sent.pdu);
	assert_suppressed(0);
}

static void test_the_next_waits_for_the_answer(void **state)
{
	(void)state;
	happen(3);
	for (unsigned int i = 0; i < 3; i++) {
		for (int again = 0; again < 3; again++)
			assert_int_equal(notify_step(), INT64_MAX);
		assert_int_equal(ifindex_sent(), FIRST_IFINDEX + i);
		unit_now += 60000; /* however long that takes */
		answer();
	}
	assert_int_equal(notify_step(), INT64_MAX);
	assert_null(sent.pdu);
}

static void test_bucket(void **state)
{
	int64_t wait;

	(void)state;
	happen(NOTIFY_BURST + 5);
	assert_int_equal(drain(&wait), NOTIFY_BURST);
	assert_int_equal(wait, NOTIFY_INTERVAL_MS);
	unit_now += NOTIFY_INTERVAL_MS - 1;
	assert_int_equal(drain(&wait), 0);
	assert_int_equal(wait, 1);
	unit_now += 1;
	assert_int_equal(drain(&wait), 1);
	assert_int_equal(wait, NOTIFY_INTERVAL_MS);
	unit_now += 3 * NOTIFY_INTERVAL_MS + NOTIFY_INTERVAL_MS / 2;
	assert_int_equal(drain(&wait), 3);
	assert_int_equal(wait, NOTIFY_INTERVAL_MS / 2);
	unit_now += NOTIFY_INTERVAL_MS;
	assert_int_equal(drain(&wait), 1);
	assert_int_equal(wait, INT64_MAX);

	/* It does not hold more than a burst, whatever the time. */
	unit_now += INT64_C(86400000);
	happen(NOTIFY_BURST + 5);
	assert_int_equal(drain(&wait), NOTIFY_BURST);
	assert_suppressed(0);
}

static void test_full_queue(void **state)
{
	unsigned int expected = FIRST_IFINDEX;
	int64_t wait;

	(void)state;
	happen(NOTIFY_QUEUE);
	assert_suppressed(0);
	assert_string_equal(unit_logged, "");
	happen(1000);
	assert_suppressed(1000);
	assert_string_equal(unit_logged,
			    "warning: 256 notifications wait to be sent; those that do "
			    "not fit are counted by xdpNotificationsSuppressed\n");

	/* The first come, in order; said once, until the queue has been empty. */
	notify_step();
	assert_int_equal(ifindex_sent(), expected++);
	answer();
	happen(2);
	assert_suppressed(1001);
	for (; expected < FIRST_IFINDEX + NOTIFY_QUEUE; expected++) {
		unit_now += NOTIFY_INTERVAL_MS;
		notify_step();
		assert_int_equal(ifindex_sent(), expected);
		answer();
	}
	unit_now += NOTIFY_INTERVAL_MS;
	notify_step();
	assert_int_equal(ifindex_sent(), FIRST_IFINDEX + NOTIFY_QUEUE + 1000);
	answer();
	assert_int_equal(drain(&wait), 0);
	unit_log_clear();
	happen(NOTIFY_QUEUE + 1);
	assert_contains(unit_logged, "256 notifications wait");
	assert_suppressed(1002);
}

static void test_kept_while_disconnected(void **state)
{
	int64_t wait;

	(void)state;
	disconnect();
	happen(5);
	assert_int_equal(notify_step(), INT64_MAX);
	assert_null(sent.pdu);
	connect_to_master();
	assert_int_equal(notify_step(), INT64_MAX);
	assert_int_equal(ifindex_sent(), FIRST_IFINDEX);
	answer();
	assert_int_equal(drain(&wait), 4);
	assert_suppressed(0);
}

static void test_sent_again_after_a_disconnect(void **state)
{
	int64_t wait;

	(void)state;
	happen(3);
	notify_step();
	answer();
	notify_step();
	assert_int_equal(ifindex_sent(), FIRST_IFINDEX + 1);
	disconnect();
	connect_to_master();
	notify_step();
	assert_int_equal(ifindex_sent(), FIRST_IFINDEX + 1);
	answer();
	assert_int_equal(drain(&wait), 1);
	assert_suppressed(0);
}

/* The old session may be closed only when there is a new one: that is no word on the new request.
 */
static void test_late_end_of_an_old_request(void **state)
{
	netsnmp_pdu *old;

	(void)state;
	happen(1);
	notify_step();
	old = sent.pdu;
	snmp_call_callbacks(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, &master);
	sent.pdu = NULL;
	connect_to_master();
	notify_step();
	assert_non_null(sent.pdu);
	sent.callback(NETSNMP_CALLBACK_OP_TIMED_OUT, &master, (int)old->reqid, old, NULL);
	assert_int_equal(notify_step(), INT64_MAX);
	answer();
	assert_int_equal(notify_step(), INT64_MAX);
	assert_null(sent.pdu);
	snmp_free_pdu(old);
}

/* The master is gone, and the library has not noticed. */
static void test_sending_fails(void **state)
{
	unsigned int tries = 0;
	int64_t wait;

	(void)state;
	sent.fails = true;
	happen(1);
	while (!notify_step())
		tries++;
	assert_int_equal(tries, NOTIFY_BURST);
	disconnect();
	sent.fails = false;
	connect_to_master();
	unit_now += NOTIFY_INTERVAL_MS;
	assert_int_equal(drain(&wait), 1);
	assert_suppressed(0);
}

static void test_refused(void **state)
{
	int64_t wait;

	(void)state;
	happen(2);
	notify_step();
	end_request(NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE, 257);
	assert_string_equal(unit_logged,
			    "warning: the master refused a notification: AgentX error 257\n");
	assert_suppressed(1);
	assert_int_equal(drain(&wait), 1);
}

static void test_switched_off(void **state)
{
	int64_t wait;

	(void)state;
	assert_true(notify_enabled());
	happen(4);
	notify_step();
	notify_set(false, root, OID_LENGTH(root));
	assert_false(notify_enabled());
	assert_suppressed(3); /* the first is on its way */
	happen(10);
	assert_suppressed(3); /* these were not due */
	answer();
	assert_int_equal(drain(&wait), 0);
	notify_set(true, root, OID_LENGTH(root));
	happen(1);
	assert_int_equal(drain(&wait), 1);
	assert_suppressed(3);
}

/* --- what they carry */

static void assert_varbinds(const struct event *event, const char *wanted)
{
	netsnmp_variable_list *list = mib_notification(event, root, OID_LENGTH(root));
	char text[2048] = "", line[512];

	for (const netsnmp_variable_list *value = list; value; value = value->next_variable) {
		snprint_variable(line, sizeof(line), value->name, value->name_length, value);
		strncat(text, line, sizeof(text) - strlen(text) - 2);
		strcat(text, "\n");
	}
	snmp_free_varbind(list);
	assert_string_equal(text, wanted);
}

#define HEAD(time, kind)                                                                           \
	".1.3.6.1.2.1.1.3.0 = Timeticks: (" time "\n"                                              \
	".1.3.6.1.6.3.1.1.4.1.0 = OID: " ROOT ".0." kind "\n"                                      \
	".1.3.6.1.2.1.31.1.1.1.1.7 = STRING: \"eth0\"\n"
#define ROOT ".1.3.6.1.4.1.8072.9999.9999.48620"

static void test_varbinds(void **state)
{
	struct event event = {
		.time = unit_now - 400, /* the master is up for 1 s */
		.ifindex = 7,
		.ifname = "eth0",
		.mode = XDP_MODE_GENERIC,
		.prog_id = 4000000000,
		.old_prog_id = 41,
		.prog_name = "new",
		.old_prog_name = "old",
		.status = IFACE_FAILED,
		.reason = { "because" },
	};

	(void)state;
	connect_to_master();
	event.kind = EVENT_ATTACHED;
	assert_varbinds(&event, HEAD("60) 0:00:00.60", "1") ROOT
			".1.2.1.1.7 = INTEGER: 3\n" ROOT ".1.2.1.5.7 = Gauge32: 4000000000\n" ROOT
			".1.2.1.6.7 = STRING: \"new\"\n");
	event.kind = EVENT_DETACHED;
	assert_varbinds(&event, HEAD("60) 0:00:00.60", "2") ROOT ".1.6.1.0 = Gauge32: 41\n" ROOT
								 ".1.6.2.0 = STRING: \"old\"\n");
	event.kind = EVENT_REPLACED;
	assert_varbinds(&event, HEAD("60) 0:00:00.60", "3") ROOT
			".1.2.1.1.7 = INTEGER: 3\n" ROOT ".1.2.1.5.7 = Gauge32: 4000000000\n" ROOT
			".1.2.1.6.7 = STRING: \"new\"\n" ROOT ".1.6.1.0 = Gauge32: 41\n" ROOT
			".1.6.2.0 = STRING: \"old\"\n");
	event.kind = EVENT_STATUS;
	assert_varbinds(&event, HEAD("60) 0:00:00.60", "4") ROOT
			".1.2.1.3.7 = INTEGER: 3\n" ROOT ".1.2.1.4.7 = STRING: \"because\"\n");

	event.time = unit_now - 60000; /* before the master started */
	assert_varbinds(&event, HEAD("0) 0:00:00.00", "4") ROOT
			".1.2.1.3.7 = INTEGER: 3\n" ROOT ".1.2.1.4.7 = STRING: \"because\"\n");
}

/* --- names that are no text */

static void assert_string(const netsnmp_variable_list *list, unsigned int position,
			  const char *wanted)
{
	while (position--)
		list = list->next_variable;
	assert_int_equal(list->type, ASN_OCTET_STR);
	assert_int_equal(list->val_len, strlen(wanted));
	assert_memory_equal(list->val.string, wanted, list->val_len);
}

/* As much as the object may have, and no escape in part. */
static void test_odd_names(void **state)
{
	struct event event = {
		.kind = EVENT_DETACHED,
		.ifindex = 7,
		.ifname = "\033]0;\xff\xe2\x80\xae",
	};
	char names[128] = "", reasons[256] = "";
	netsnmp_variable_list *list;

	(void)state;
	memset(event.old_prog_name, '\xe9', sizeof(event.old_prog_name) - 1);
	for (unsigned int i = 0; i < 127 / 4; i++)
		strcat(names, "\\xe9");
	list = mib_notification(&event, root, OID_LENGTH(root));
	assert_string(list, 2, "\\x1b]0;\\xff\\xe2\\x80\\xae");
	assert_string(list, 4, names);
	snmp_free_varbind(list);

	event.kind = EVENT_STATUS;
	memset(event.reason.text, '\n', sizeof(event.reason.text) - 1);
	for (unsigned int i = 0; i < 255 / 4; i++)
		strcat(reasons, "\\x0a");
	list = mib_notification(&event, root, OID_LENGTH(root));
	assert_string(list, 4, reasons);
	snmp_free_varbind(list);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one),
		TEST(test_the_next_waits_for_the_answer),
		TEST(test_bucket),
		TEST(test_full_queue),
		TEST(test_kept_while_disconnected),
		TEST(test_sent_again_after_a_disconnect),
		TEST(test_late_end_of_an_old_request),
		TEST(test_sending_fails),
		TEST(test_refused),
		TEST(test_switched_off),
		TEST(test_varbinds),
		TEST(test_odd_names),
	};

	return cmocka_run_group_tests_name("notify", tests, start, stop);
}
