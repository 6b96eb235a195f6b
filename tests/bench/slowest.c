/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slowest ADDRESS OID: a manager that asks for a value a hundred times a second, and waits a minute
 * for an answer. It prints in how many ms it had the first one; at SIGTERM, how many the slowest
 * from then on took, and how often there was an error or no value from then on.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile sig_atomic_t stop;

static void note_signal(int number)
{
	(void)number;
	stop = 1;
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void *open_session(char *address)
{
	static u_char community[] = "public";
	netsnmp_session template;
	void *session;

	snmp_sess_init(&template);
	template.version = SNMP_VERSION_2c;
	template.peername = address;
	template.community = community;
	template.community_len = sizeof(community) - 1;
	template.timeout = 60000000;
	template.retries = 0;
	session = snmp_sess_open(&template);
	if (!session)
		errx(EXIT_FAILURE, "cannot open a session with %s", address);
	return session;
}

static bool ask(void *session, const oid *name, size_t len)
{
	netsnmp_pdu *request = snmp_pdu_create(SNMP_MSG_GET), *response = NULL;
	bool good;

	snmp_add_null_var(request, name, len);
	good = snmp_sess_synch_response(session, request, &response) == STAT_SUCCESS &&
	       response->errstat == SNMP_ERR_NOERROR &&
	       response->variables->type != SNMP_NOSUCHOBJECT &&
	       response->variables->type != SNMP_NOSUCHINSTANCE;
	snmp_free_pdu(response);
	return good;
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	const struct sigaction action = { .sa_handler = note_signal, .sa_flags = SA_RESTART };
	oid name[MAX_OID_LEN];
	size_t len = MAX_OID_LEN;
	long start = now(), first = -1, slowest = 0, errors = 0;
	void *session;

	if (argc != 3)
		errx(2, "usage: slowest ADDRESS OID");
	sigaction(SIGTERM, &action, NULL);
	init_snmp("slowest");
	if (!read_objid(argv[2], name, &len))
		errx(2, "%s is not an OID", argv[2]);
	session = open_session(argv[1]);
	while (!stop) {
		long asked = now();
		bool good = ask(session, name, len);

		if (good && first < 0) {
			first = now() - start;
			printf("%ld ", first);
			fflush(stdout);
		} else if (first >= 0 && now() - asked > slowest)
			slowest = now() - asked;
		errors += !good && first >= 0;
		nanosleep(&pause, NULL);
	}
	printf("%ld %ld\n", slowest, errors);
	return 0;
}
