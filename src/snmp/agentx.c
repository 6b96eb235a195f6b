/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snmp/agentx.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/util.h"
#include "snmp/registration.h"

/* Seconds. */
#define PING_INTERVAL 5  /* while there is a master; net-snmp's own default is 15 */
#define RETRY_INTERVAL 1 /* while there is none */

/*
 * The library waits for the master without serving anybody else. When the master hangs, a ping, a
 * close, a connect and an open follow one another: 1.5 s in all, for there are no retries.
 */
#define ANSWER_TIMEOUT 450000L /* microseconds */
#define CONNECT_TIMEOUT 150000 /* microseconds */

/* A reading of the master's clock is late by as long as its answer took; more is another master. */
#define EPOCH_TOLERANCE_MS 500

static struct {
	char *address; /* of the command line, or NULL */
	void (*on_connect)(void *context);
	void *context;
	netsnmp_session *session; /* NULL: there is no master */
	int ping_interval;        /* seconds */
	int64_t epoch;            /* when the master's sysUpTime was 0: CLOCK_MONOTONIC, ms */
} agentx;

static void log_to_netsnmp(int priority, const char *token, const char *message)
{
	if (priority == LOG_DEBUG)
		DEBUGMSGTL((token, "%s\n", message));
	else
		snmp_log(priority, "%s\n", message);
}

static int limit_waiting(int major, int minor, void *session, void *argument)
{
	netsnmp_session *opened = session;

	(void)major;
	(void)minor;
	(void)argument;
	opened->timeout = ANSWER_TIMEOUT;
	opened->retries = 0;
	return SNMP_ERR_NOERROR;
}

static const char *address(void)
{
	const char *configured =
		netsnmp_ds_get_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET);

	return configured ? configured : NETSNMP_AGENTX_SOCKET;
}

/*
 * The library has one setting for the time between pings and for that between attempts to connect.
 * It reads it when it begins with either.
 */
static void set_interval(int seconds)
{
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
			   seconds);
}

static int use_settings(int major, int minor, void *server, void *argument)
{
	(void)major;
	(void)minor;
	(void)server;
	(void)argument;
	if (agentx.address)
		netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET,
				      agentx.address);
	agentx.ping_interval = netsnmp_ds_get_int(NETSNMP_DS_APPLICATION_ID,
						  NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL);
	set_interval(RETRY_INTERVAL);
	return SNMP_ERR_NOERROR;
}

/* The answer to the Open PDU has just set the library's clock to the master's sysUpTime. */
static int note_connection(int major, int minor, void *session, void *argument)
{
	int64_t epoch = monotonic_ms() - (int64_t)netsnmp_get_agent_uptime() * 10;

	(void)major;
	(void)minor;
	(void)argument;
	if (llabs(epoch - agentx.epoch) > EPOCH_TOLERANCE_MS)
		agentx.epoch = epoch;
	agentx.session = session;
	/* The library begins to ping next. */
	set_interval(agentx.ping_interval);
	registration_open(session);
	agentx.on_connect(agentx.context);
	return SNMP_ERR_NOERROR;
}

static void forget_attempt(unsigned int alarm, void *argument)
{
	(void)argument;
	snmp_alarm_unregister(alarm + 1);
}

static int note_loss(int major, int minor, void *session, void *argument)
{
	(void)major;
	(void)minor;
	(void)argument;
	if (session == agentx.session) {
		agentx.session = NULL;
		registration_close();
		return SNMP_ERR_NOERROR;
	}
	/*
	 * The connection broke while it was being opened. The library goes on trying, and now sets
	 * out to do so a second time, for ever: by the next alarm, whose numbers are in sequence.
	 */
	registration_mute(true);
	snmp_alarm_register(0, 0, forget_attempt, NULL);
	return SNMP_ERR_NOERROR;
}

static void do_nothing(int signal)
{
	(void)signal;
}

/*
 * A hung master's queue of connections is full at some time, and connect() waits for a place in it.
 * A signal ends that. Everything else here goes on after a signal.
 */
static void limit_connecting(bool limit)
{
	struct timeval time = { .tv_usec = limit ? CONNECT_TIMEOUT : 0 };
	struct itimerval timer = { .it_interval = time, .it_value = time };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* The library opens its descriptors without O_CLOEXEC. */
static void close_descriptors_on_exec(void)
{
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

int agentx_init(const char *address, void (*connected)(void *context), void *context)
{
	/* Without SA_RESTART. */
	const struct sigaction interrupt = { .sa_handler = do_nothing };

	agentx.on_connect = connected;
	agentx.context = context;
	agentx.address = address ? strdup(address) : NULL;
	if (address && !agentx.address) {
		log_error(-ENOMEM, "cannot set up the AgentX session");
		return -ENOMEM;
	}
	log_set_sink(log_to_netsnmp);
	sigaction(SIGALRM, &interrupt, NULL);

	/* We use numbers only: no MIB has to be found and parsed. */
	setenv("MIBS", "", 1);
	netsnmp_enable_subagent();
	/* Not DONT_PERSIST_STATE: it makes the library pass over the ordinary files, too. */
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS,
			       1);
	registration_init();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_SESSION_INIT, limit_waiting,
			       NULL);
	/* The library connects in a callback of this kind that init_agent() registers. */
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_POST_READ_CONFIG, use_settings,
			       NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START,
			       note_connection, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, note_loss,
			       NULL);
	init_agent(PACKAGE_NAME);
	set_interval(PING_INTERVAL);
	return 0;
}

void agentx_connect(void)
{
	limit_connecting(true);
	init_snmp(PACKAGE_NAME);
	limit_connecting(false);
	registration_mute(false);
	close_descriptors_on_exec();
	if (!agentx.session)
		log_warning(0,
			    "no AgentX master answers at %s; trying again every %d s (does snmpd "
			    "run with 'master agentx', and may this user open its socket?)",
			    address(), RETRY_INTERVAL);
}

void agentx_run_alarms(void)
{
	struct timeval delay;
	const netsnmp_session *before = agentx.session;

	if (!get_next_alarm_delay_time(&delay) || timerisset(&delay))
		return;
	limit_connecting(true);
	run_alarms();
	limit_connecting(false);
	registration_mute(false);
	set_interval(RETRY_INTERVAL);
	if (agentx.session != before)
		close_descriptors_on_exec();
}

int64_t agentx_epoch(void)
{
	return agentx.epoch;
}

void agentx_expect_epoch(int64_t epoch)
{
	agentx.epoch = epoch;
}

void agentx_close(void)
{
	snmp_shutdown(PACKAGE_NAME);
	free(agentx.address);
	agentx.address = NULL;
}

unsigned long agentx_timestamp(int64_t event)
{
	return event && event > agentx.epoch ? (unsigned long)(event - agentx.epoch) / 10 : 0;
}
