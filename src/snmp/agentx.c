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
#include "lib/reason.h"
#include "lib/util.h"
#include "snmp/master.h"
#include "snmp/mib.h"
#include "snmp/registration.h"

/* Seconds. */
#define PING_INTERVAL 5  /* while there is a master; net-snmp's own default is 15 */
#define RETRY_INTERVAL 1 /* while there is none */

/*
 * The library waits for the master without serving anybody else. When the master hangs, a ping, a
 * close, master_next(), a connect and an open follow one another: 1.5 s in all, for there are no
 * retries.
 */
#define ANSWER_TIMEOUT 430000L /* microseconds */
#define CONNECT_TIMEOUT 150000 /* microseconds */

/* The name of our transport in the library. */
#define TRANSPORT "xdp-agentx-master"

/* A reading of the master's clock is late by as long as its answer took; more is another master. */
#define EPOCH_TOLERANCE_MS 500

static struct {
	char *address; /* of the command line, or NULL */
	void (*on_connect)(void *context);
	void *context;
	netsnmp_session *session; /* NULL: there is no master */
	int ping_interval;        /* seconds */
	bool tried;               /* to connect, in this turn of the loop */
	bool asked;               /* a master at an address */
	bool absence_told;        /* or it has been there, and the library tells of its loss */
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

/*
 * The library has one setting for the time between pings and for that between attempts to connect.
 * It reads it when it begins with either.
 */
static void set_interval(int seconds)
{
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
			   seconds);
}

void agentx_keep_settings(void)
{
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, TRANSPORT ":");
	set_interval(RETRY_INTERVAL);
}

static int use_settings(int major, int minor, void *server, void *argument)
{
	const char *address = agentx.address;
	struct reason reason;

	(void)major;
	(void)minor;
	(void)server;
	(void)argument;
	if (!address)
		address =
			netsnmp_ds_get_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET);
	if (master_set(address ? address : NETSNMP_AGENTX_SOCKET, &reason))
		log_error(0, "%s; interfaces are counted, but not served", reason.text);
	agentx.ping_interval = netsnmp_ds_get_int(NETSNMP_DS_APPLICATION_ID,
						  NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL);
	agentx_keep_settings();
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
	agentx.absence_told = true;
	master_found();
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

/*
 * The library opens a connection by this. It would try for ever without a look at anything else
 * when an attempt takes longer than the interval: run_alarms() ends when no alarm is due.
 */
static netsnmp_transport *open_transport(netsnmp_tdomain_spec *spec)
{
	netsnmp_transport *transport;
	const char *address;

	(void)spec;
	if (agentx.tried)
		return NULL;
	agentx.tried = true;
	address = master_next();
	if (!address)
		return NULL;
	agentx.asked = true;
	limit_connecting(true);
	transport = netsnmp_transport_open_client("agentx", address);
	limit_connecting(false);
	return transport;
}

/* The library frees the list of prefixes at its end. */
static int register_transport(void)
{
	static const oid name[] = { MIB_DEFAULT_ROOT };
	static netsnmp_tdomain domain = {
		.name = name,
		.name_length = OID_LENGTH(name),
		.f_create_from_tspec = open_transport,
	};

	domain.prefix = calloc(2, sizeof(*domain.prefix));
	if (!domain.prefix)
		return -ENOMEM;
	domain.prefix[0] = TRANSPORT;
	netsnmp_tdomain_register(&domain);
	return 0;
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
	if ((address && !agentx.address) || register_transport()) {
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

static void tell_absence(void)
{
	if (agentx.session || !agentx.asked || agentx.absence_told)
		return;
	agentx.absence_told = true;
	log_warning(0,
		    "no AgentX master answers at %s; trying again every %d s (does snmpd run with "
		    "'master agentx', and may this user open its socket?)",
		    master_address(), RETRY_INTERVAL);
}

void agentx_connect(void)
{
	init_snmp(PACKAGE_NAME);
	registration_mute(false);
	set_interval(RETRY_INTERVAL);
	close_descriptors_on_exec();
	tell_absence();
}

void agentx_run_alarms(void)
{
	struct timeval delay;
	const netsnmp_session *before = agentx.session;

	if (!get_next_alarm_delay_time(&delay) || timerisset(&delay))
		return;
	agentx.tried = false;
	run_alarms();
	registration_mute(false);
	set_interval(RETRY_INTERVAL);
	if (agentx.session != before)
		close_descriptors_on_exec();
	tell_absence();
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
	master_close();
	free(agentx.address);
	agentx.address = NULL;
}

unsigned long agentx_timestamp(int64_t event)
{
	return event && event > agentx.epoch ? (unsigned long)(event - agentx.epoch) / 10 : 0;
}
