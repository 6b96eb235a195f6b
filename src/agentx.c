/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agentx.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <syslog.h>

#include "log.h"
#include "util.h"

#define PING_INTERVAL 5 /* seconds; net-snmp's own default is 15 */

/*
 * The library waits for the master's answers without serving anybody else. When the master hangs, a
 * ping, a close and an open follow one another: 1.35 s in all, for there are no retries.
 */
#define ANSWER_TIMEOUT 450000L /* microseconds */

/* A reading of the master's clock is late by as long as its answer took; more is another master. */
#define EPOCH_TOLERANCE_MS 500

static struct {
	char *address; /* of the command line, or NULL */
	void (*on_connect)(void *context);
	void *context;
	bool connected;
	int64_t epoch; /* when the master's sysUpTime was 0: CLOCK_MONOTONIC, ms */
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

static int override_address(int major, int minor, void *server, void *argument)
{
	(void)major;
	(void)minor;
	(void)server;
	(void)argument;
	if (agentx.address)
		netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET,
				      agentx.address);
	return SNMP_ERR_NOERROR;
}

/* The answer to the Open PDU has just set the library's clock to the master's sysUpTime. */
static int note_connection(int major, int minor, void *session, void *argument)
{
	int64_t epoch = monotonic_ms() - (int64_t)netsnmp_get_agent_uptime() * 10;

	(void)major;
	(void)minor;
	(void)session;
	(void)argument;
	if (llabs(epoch - agentx.epoch) > EPOCH_TOLERANCE_MS)
		agentx.epoch = epoch;
	agentx.connected = true;
	agentx.on_connect(agentx.context);
	return SNMP_ERR_NOERROR;
}

int agentx_init(const char *address, void (*connected)(void *context), void *context)
{
	agentx.on_connect = connected;
	agentx.context = context;
	agentx.address = address ? strdup(address) : NULL;
	if (address && !agentx.address) {
		log_error(-ENOMEM, "cannot set up the AgentX session");
		return -ENOMEM;
	}
	log_set_sink(log_to_netsnmp);

	/* We use numbers only: no MIB has to be found and parsed. */
	setenv("MIBS", "", 1);
	netsnmp_enable_subagent();
	/* Not DONT_PERSIST_STATE: it makes the library pass over the ordinary files, too. */
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS,
			       1);
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_SESSION_INIT, limit_waiting,
			       NULL);
	/* The library connects in a callback of this kind that init_agent() registers. */
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_POST_READ_CONFIG,
			       override_address, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START,
			       note_connection, NULL);
	init_agent(PACKAGE_NAME);
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
			   PING_INTERVAL);
	return 0;
}

void agentx_connect(void)
{
	const char *address;

	init_snmp(PACKAGE_NAME);
	if (agentx.connected)
		return;
	address = netsnmp_ds_get_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET);
	log_warning(0,
		    "no AgentX master answers at %s; trying again every %d s (does snmpd run with "
		    "'master agentx', and may this user open its socket?)",
		    address ? address : NETSNMP_AGENTX_SOCKET,
		    netsnmp_ds_get_int(NETSNMP_DS_APPLICATION_ID,
				       NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL));
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
