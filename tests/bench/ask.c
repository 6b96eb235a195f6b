/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask ADDRESS MANAGERS SECONDS VARBINDS get OID...
 * ask ADDRESS MANAGERS SECONDS VARBINDS bulk REPETITIONS OID...
 * ask ADDRESS MANAGERS SECONDS VARBINDS walk REPETITIONS OID
 *
 * That many managers ask one agent for that long, over and over, each waiting for its answers.
 * Prints the varbinds per second that they got in all. Each response must have so many VARBINDS, or
 * so many must be below OID, which are walked by GETBULK, or by GETNEXT for 0 repetitions.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct name {
	oid ids[MAX_OID_LEN];
	size_t len;
};

struct result {
	double rate;
	unsigned long varbinds;
};

static void *session;
static unsigned long varbinds; /* that are expected */
static double deadline;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void open_session(char *address)
{
	static u_char community[] = "public";
	netsnmp_session template;

	snmp_sess_init(&template);
	template.version = SNMP_VERSION_2c;
	template.peername = address;
	template.community = community;
	template.community_len = sizeof(community) - 1;
	template.timeout = 10000000;
	template.retries = 0;
	session = snmp_sess_open(&template);
	if (!session)
		errx(EXIT_FAILURE, "cannot open a session with %s", address);
}

static netsnmp_pdu *ask(int command, long repetitions, const struct name *names, int count)
{
	netsnmp_pdu *request = snmp_pdu_create(command), *response;

	for (int i = 0; i < count; i++)
		snmp_add_null_var(request, names[i].ids, names[i].len);
	if (command == SNMP_MSG_GETBULK) {
		request->non_repeaters = 0;
		request->max_repetitions = repetitions;
	}
	if (snmp_sess_synch_response(session, request, &response) != STAT_SUCCESS)
		errx(EXIT_FAILURE, "no answer");
	if (response->errstat != SNMP_ERR_NOERROR)
		errx(EXIT_FAILURE, "%s", snmp_errstring((int)response->errstat));
	return response;
}

/* How many there are in a response, all below a name and with values. The last one's name is left.
 */
static unsigned long count(const netsnmp_pdu *response, const struct name *below, struct name *last)
{
	unsigned long number = 0;

	for (netsnmp_variable_list *value = response->variables; value;
	     value = value->next_variable, number++) {
		if (value->type == SNMP_NOSUCHOBJECT || value->type == SNMP_NOSUCHINSTANCE ||
		    value->type == SNMP_ENDOFMIBVIEW)
			errx(EXIT_FAILURE, "a value is missing");
		if (snmp_oidtree_compare(value->name, value->name_length, below->ids, below->len))
			errx(EXIT_FAILURE, "a value is not of this table");
		memcpy(last->ids, value->name, value->name_length * sizeof(oid));
		last->len = value->name_length;
	}
	return number;
}

static unsigned long repeat(int command, long repetitions, const struct name *names, int name_count)
{
	static const struct name anything;
	struct name last;
	netsnmp_pdu *response = ask(command, repetitions, names, name_count);
	unsigned long got = count(response, &anything, &last);

	snmp_free_pdu(response);
	if (got != varbinds)
		errx(EXIT_FAILURE, "%lu varbinds instead of %lu", got, varbinds);
	return got;
}

/* To the last of the varbinds and not, as snmpwalk has to, beyond it; or until the time is over. */
static unsigned long walk(long repetitions, const struct name *table)
{
	struct name last = *table;
	unsigned long got = 0;

	while (got < varbinds && now() < deadline) {
		long left = (long)(varbinds - got);
		netsnmp_pdu *response = ask(repetitions ? SNMP_MSG_GETBULK : SNMP_MSG_GETNEXT,
					    left < repetitions ? left : repetitions, &last, 1);

		got += count(response, table, &last);
		snmp_free_pdu(response);
	}
	return got;
}

static struct result manage(double seconds, const char *how, long repetitions,
			    const struct name *names, int name_count)
{
	double start = now();
	unsigned long got = 0;

	deadline = start + seconds;
	do {
		if (!strcmp(how, "walk"))
			got += walk(repetitions, names);
		else
			got += repeat(repetitions ? SNMP_MSG_GETBULK : SNMP_MSG_GET, repetitions,
				      names, name_count);
	} while (now() < deadline);
	return (struct result){ .rate = (double)got / (now() - start), .varbinds = got };
}

static struct name *read_names(char **arguments, int count)
{
	struct name *names = calloc((size_t)count, sizeof(*names));

	if (!names)
		err(EXIT_FAILURE, "no memory");
	for (int i = 0; i < count; i++) {
		names[i].len = MAX_OID_LEN;
		if (!read_objid(arguments[i], names[i].ids, &names[i].len))
			errx(EXIT_FAILURE, "%s is not an OID", arguments[i]);
	}
	return names;
}

static int manage_and_tell(int pipe_fd, char **argv, const struct name *names, int name_count)
{
	long repetitions = strcmp(argv[5], "get") ? atol(argv[6]) : 0;
	struct result result;

	open_session(argv[1]);
	result = manage(atof(argv[3]), argv[5], repetitions, names, name_count);
	return write(pipe_fd, &result, sizeof(result)) != sizeof(result);
}

int main(int argc, char **argv)
{
	int first = argc > 5 && !strcmp(argv[5], "get") ? 6 : 7, pipe_fds[2], status;
	struct result sum = { 0 }, result;
	struct name *names;

	if (argc <= first) {
		fprintf(stderr,
			"usage: %s ADDRESS MANAGERS SECONDS VARBINDS get|bulk|walk [REPETITIONS] "
			"OID...\n",
			argv[0]);
		return 2;
	}
	init_snmp("ask");
	varbinds = strtoul(argv[4], NULL, 10);
	names = read_names(argv + first, argc - first);
	if (pipe(pipe_fds))
		err(EXIT_FAILURE, "no pipe");
	for (int managers = atoi(argv[2]); managers; managers--)
		if (!fork())
			return manage_and_tell(pipe_fds[1], argv, names, argc - first);
	while (wait(&status) > 0) {
		if (status || read(pipe_fds[0], &result, sizeof(result)) != sizeof(result))
			errx(EXIT_FAILURE, "a manager has failed");
		sum.rate += result.rate;
		sum.varbinds += result.varbinds;
	}
	printf("%.0f %lu\n", sum.rate, sum.varbinds);
	return 0;
}
