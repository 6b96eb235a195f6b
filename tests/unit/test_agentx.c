/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The master's clock. Connections are announced to net-snmp's library; there is no master here. */
#include "unit.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include "snmp/agentx.h"
#include "snmp/registration.h"

/* In the library's unit, 10 ms. */
static unsigned long master_uptime;
static int connections;
static int context;

static netsnmp_session master;
static bool registered, muted;

void registration_init(void)
{
}

void registration_open(netsnmp_session *session)
{
	assert_ptr_equal(session, &master);
	registered = true;
}

void registration_close(void)
{
	registered = false;
}

void registration_mute(bool mute)
{
	muted = mute;
}

unsigned long __wrap_netsnmp_get_agent_uptime(void);
unsigned long __wrap_netsnmp_get_agent_uptime(void)
{
	return master_uptime;
}

/* Where a master was looked for. Each attempt takes longer than the time between two. */
static int attempts;

netsnmp_transport *__wrap_netsnmp_transport_open_client(const char *application,
							const char *address);
netsnmp_transport *__wrap_netsnmp_transport_open_client(const char *application,
							const char *address)
{
	struct timespec time = { .tv_sec = 1, .tv_nsec = 200000000 };

	assert_string_equal(application, "agentx");
	assert_string_equal(address, "unix:" NETSNMP_AGENTX_SOCKET);
	if (++attempts > 3)
		fail_msg("the library goes on trying, and nothing else gets its turn");
	while (nanosleep(&time, &time))
		;
	return NULL;
}

static void connected(void *argument)
{
	assert_ptr_equal(argument, &context);
	connections++;
}

static int start(void **state)
{
	(void)state;
	return agentx_init(NULL, connected, &context);
}

static int stop(void **state)
{
	(void)state;
	agentx_close();
	return 0;
}

static void test_one_attempt_in_a_turn(void **state)
{
	(void)state;
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	agentx_connect();
	assert_int_equal(attempts, 1);
	for (int expected = 2; expected <= 3; expected++) {
		while (attempts < expected)
			agentx_run_alarms();
		assert_int_equal(attempts, expected);
	}
}

/* What the library does when a master has answered that is up for so long. */
static void connect_to_master(int64_t uptime_ms)
{
	int before = connections;

	master_uptime = (unsigned long)uptime_ms / 10;
	snmp_call_callbacks(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, &master);
	assert_int_equal(connections, before + 1);
	assert_true(registered);
}

#define EPOCH 5000000 /* when the first master started */

static int setup(void **state)
{
	(void)state;
	unit_now = EPOCH + 60000;
	connect_to_master(60000);
	return 0;
}

static void test_no_event(void **state)
{
	(void)state;
	assert_int_equal(agentx_timestamp(0), 0);
}

static void test_events_in_hundredths_of_a_second(void **state)
{
	static const struct {
		int64_t event;
		unsigned long timestamp;
	} events[] = {
		{ EPOCH - 1000000, 0 },
		{ EPOCH - 1, 0 },
		{ EPOCH, 0 },
		{ EPOCH + 9, 0 },
		{ EPOCH + 10, 1 },
		{ EPOCH + 19, 1 },
		{ EPOCH + 60000, 6000 },
		{ EPOCH + INT64_C(497) * 86400 * 1000, 497 * 8640000UL }, /* fills 32 bits */
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(events); i++)
		assert_int_equal(agentx_timestamp(events[i].event), events[i].timestamp);
}

/* Two readings of the master's clock differ by a tick or two; that must not show. */
static void test_reconnect_to_the_same_master(void **state)
{
	static const int64_t jitter[] = { 10, -10, 20, 200, -200, 500, -500, 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(jitter); i++) {
		unit_now += 10000;
		connect_to_master(unit_now - EPOCH + jitter[i]);
		assert_int_equal(agentx_timestamp(EPOCH + 30000), 3000);
	}
}

static void test_master_restarted(void **state)
{
	int64_t before = unit_now, between;

	(void)state;
	assert_int_equal(agentx_timestamp(before), 6000);
	between = unit_now += 7000;
	assert_int_equal(agentx_timestamp(between), 6700);

	unit_now += 5000;
	connect_to_master(2000);
	assert_int_equal(agentx_timestamp(before), 0);
	assert_int_equal(agentx_timestamp(between), 0);
	assert_int_equal(agentx_timestamp(0), 0);
	unit_now += 1000;
	assert_int_equal(agentx_timestamp(unit_now), 300);
}

/* A master that has just started over is told apart from jitter from here on. */
static void test_master_restarted_within_seconds(void **state)
{
	(void)state;
	unit_now = EPOCH + 2010;
	connect_to_master(0);
	assert_int_equal(agentx_timestamp(EPOCH + 2000), 0);
	assert_int_equal(agentx_timestamp(EPOCH + 2020), 1);
}

/* In another time namespace its clock is ahead of ours (time_namespaces(7)). */
static void test_master_is_older_than_our_clock(void **state)
{
	(void)state;
	unit_now = 5000;
	connect_to_master(100000);
	assert_int_equal(agentx_timestamp(1000), 9600);
	assert_int_equal(agentx_timestamp(0), 0);
}

static void disconnect(netsnmp_session *session)
{
	snmp_call_callbacks(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, session);
}

static void test_connection_lost(void **state)
{
	(void)state;
	muted = false;
	disconnect(&master);
	assert_false(registered);
	assert_false(muted);
}

static void test_connection_broken_off_while_opened(void **state)
{
	netsnmp_session other;

	(void)state;
	disconnect(&other);
	assert_true(registered);
	assert_true(muted);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_attempt_in_a_turn),
		TEST(test_no_event),
		TEST(test_events_in_hundredths_of_a_second),
		TEST(test_reconnect_to_the_same_master),
		TEST(test_master_restarted),
		TEST(test_master_restarted_within_seconds),
		TEST(test_master_is_older_than_our_clock),
		TEST(test_connection_lost),
		TEST(test_connection_broken_off_while_opened),
	};

	return cmocka_run_group_tests_name("agentx", tests, start, stop);
}
