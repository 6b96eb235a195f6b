/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When our subtree is registered, and what is said of it. The library's alarms are run by hand. */
#include "unit.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "snmp/registration.h"

static const oid root[] = { 1, 3, 6, 1, 3, 1 }, other_root[] = { 1, 3, 6, 1, 3, 2 };
static netsnmp_session session;
static struct mib mib;

#define AGENTX_VERSION 0xC0 /* agentx/protocol.h, which net-snmp does not install */

/* The alarm that is waiting. */
static SNMPAlarmCallback *alarm_callback;
static unsigned int alarm_seconds;

/* What the master answers; what it has; what it was told. */
static long answer;
static bool held;
static oid held_root;
static unsigned int registers, unregisters;
static char said[256];
static unsigned int lines;

unsigned int __wrap_snmp_alarm_register(unsigned int when, unsigned int flags,
					SNMPAlarmCallback *callback, void *argument);
unsigned int __wrap_snmp_alarm_register(unsigned int when, unsigned int flags,
					SNMPAlarmCallback *callback, void *argument)
{
	assert_int_equal(flags, 0);
	assert_null(argument);
	assert_null(alarm_callback);
	alarm_seconds = when;
	alarm_callback = callback;
	return 1;
}

void __wrap_snmp_alarm_unregister(unsigned int alarm);
void __wrap_snmp_alarm_unregister(unsigned int alarm)
{
	assert_int_equal(alarm, 1);
	alarm_callback = NULL;
}

int mib_register(struct mib *of, const oid *at, size_t at_len)
{
	assert_ptr_equal(of, &mib);
	assert_int_equal(at_len, LENGTH(root));
	if (session.version != AGENTX_VERSION)
		return 0;
	registers++;
	if (answer)
		snmp_log(LOG_ERR, "registering pdu failed: %ld!\n", answer);
	held = !answer;
	held_root = at[at_len - 1];
	return 0;
}

void mib_unregister(struct mib *of)
{
	assert_ptr_equal(of, &mib);
	if (session.version == AGENTX_VERSION) {
		unregisters++;
		held = false;
	}
}

static void note_line(int priority, const char *token, const char *message)
{
	(void)priority;
	(void)token;
	lines++;
	snprintf(said, sizeof(said), "%s", message);
}

/* The alarm goes off, which is due after so many seconds. */
static void pass(unsigned int seconds)
{
	SNMPAlarmCallback *callback = alarm_callback;

	assert_non_null(callback);
	assert_int_equal(alarm_seconds, seconds);
	alarm_callback = NULL;
	callback(1, NULL);
}

static void connect_to_master(void)
{
	registration_open(&session);
	pass(0);
}

static int start(void **state)
{
	(void)state;
	init_agent("test_registration");
	registration_init();
	log_set_sink(note_line);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	registration_close();
	answer = 0;
	session.version = AGENTX_VERSION;
	alarm_callback = NULL;
	registration_serve(&mib, root, LENGTH(root));
	pass(0);
	registers = unregisters = lines = 0;
	held = false;
	return 0;
}

static void test_accepted(void **state)
{
	(void)state;
	connect_to_master();
	assert_true(held);
	assert_null(alarm_callback);
	assert_int_equal(registers, 1);
	assert_int_equal(unregisters, 0);
	assert_int_equal(lines, 0);
}

/* A master that comes and goes gets it anew each time; one that is gone is told nothing. */
static void test_again_at_each_connection(void **state)
{
	(void)state;
	for (unsigned int i = 1; i <= 3; i++) {
		connect_to_master();
		assert_int_equal(registers, i);
		registration_close();
	}
	assert_int_equal(unregisters, 0);
	assert_int_equal(session.version, AGENTX_VERSION);
}

static void test_refused_once(void **state)
{
	(void)state;
	answer = 263;
	connect_to_master();
	answer = 0;
	pass(1);
	assert_true(held);
	assert_int_equal(lines, 0);
	assert_null(alarm_callback);
}

static void test_refused_for_long(void **state)
{
	(void)state;
	answer = 263;
	connect_to_master();
	pass(1);
	for (unsigned int i = 0; i < 10; i++)
		pass(5);
	assert_int_equal(registers, 12);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said, "another subagent serves it"));
	/* Or the master would take that of the other one out. */
	assert_int_equal(unregisters, 0);

	answer = 0;
	pass(5);
	assert_true(held);
	assert_int_equal(lines, 2);
	assert_non_null(strstr(said, "does not refuse"));
	assert_null(alarm_callback);
	assert_int_equal(unregisters, 0);
}

static void test_refused_for_another_reason(void **state)
{
	(void)state;
	answer = 266;
	connect_to_master();
	pass(1);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said, "error 266"));
}

static void test_another_root(void **state)
{
	(void)state;
	connect_to_master();
	registration_serve(&mib, other_root, LENGTH(other_root));
	pass(0);
	assert_int_equal(unregisters, 1);
	assert_true(held);
	assert_int_equal(held_root, 2);
}

static void test_another_root_while_refused(void **state)
{
	(void)state;
	answer = 263;
	connect_to_master();
	answer = 0;
	registration_serve(&mib, other_root, LENGTH(other_root));
	pass(0);
	assert_int_equal(unregisters, 0);
	assert_int_equal(held_root, 2);
	assert_true(held);
}

static void test_connection_lost_while_refused(void **state)
{
	(void)state;
	answer = 263;
	connect_to_master();
	registration_close();
	pass(1);
	assert_int_equal(registers, 1);
	assert_null(alarm_callback);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_accepted),
		TEST(test_again_at_each_connection),
		TEST(test_refused_once),
		TEST(test_refused_for_long),
		TEST(test_refused_for_another_reason),
		TEST(test_another_root),
		TEST(test_another_root_while_refused),
		TEST(test_connection_lost_while_refused),
	};

	return cmocka_run_group_tests_name("registration", tests, start, NULL);
}
