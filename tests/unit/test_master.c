/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the master is: addresses as they are written, and a resolver that does as it is told. */
#include "unit.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <syslog.h>

#include "lib/log.h"
#include "snmp/master.h"

/* What the resolver was asked, and how often. */
static struct gaicb *request;
static int lookups;

/* What it says: EAI_INPROGRESS, another error, or 0 with these addresses. */
static int refusal, state;
static const char *const *addresses;

int __wrap_getaddrinfo_a(int mode, struct gaicb *list[], int count, struct sigevent *event);
int __wrap_getaddrinfo_a(int mode, struct gaicb *list[], int count, struct sigevent *event)
{
	assert_int_equal(mode, GAI_NOWAIT);
	assert_int_equal(count, 1);
	assert_null(event);
	assert_null(list[0]->ar_result);
	request = list[0];
	lookups++;
	return refusal;
}

int __wrap_gai_suspend(const struct gaicb *const list[], int count, const struct timespec *limit);
int __wrap_gai_suspend(const struct gaicb *const list[], int count, const struct timespec *limit)
{
	assert_ptr_equal(list[0], request);
	assert_int_equal(count, 1);
	assert_int_equal(limit->tv_sec, 0);
	assert_in_range(limit->tv_nsec, 1, 50000000);
	return EAI_AGAIN;
}

static struct addrinfo *answer(void)
{
	const struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
	struct addrinfo *first = NULL, **next = &first;

	for (const char *const *address = addresses; *address; address++) {
		assert_int_equal(getaddrinfo(*address, NULL, &numeric, next), 0);
		next = &(*next)->ai_next;
	}
	return first;
}

int __wrap_gai_error(struct gaicb *req);
int __wrap_gai_error(struct gaicb *req)
{
	assert_ptr_equal(req, request);
	if (!state)
		req->ar_result = answer();
	return state;
}

static int setup(void **data)
{
	struct reason reason;

	(void)data;
	log_set_sink(unit_log);
	unit_log_clear();
	lookups = refusal = 0;
	unit_now = 1000;
	return master_set("tcp:master.example:7", &reason);
}

static int teardown(void **data)
{
	static const char *const some[] = { "192.0.2.9", NULL };

	/* What has been asked is answered, and what was told is over. */
	(void)data;
	refusal = state = 0;
	addresses = some;
	assert_non_null(master_next());
	master_found();
	master_close();
	return 0;
}

static void test_addresses(void **data)
{
	static const struct {
		const char *address, *next;
	} lines[] = {
		{ "unix:/run/master", "unix:/run/master" },
		{ "unix:", "unix:" }, /* the library's own */
		{ "/run/master", "unix:/run/master" },
		{ "./a:b", "unix:./a:b" },
		{ "tcp:192.0.2.1:7", "tcp:192.0.2.1:7" },
		{ "TCP:192.0.2.1:65535", "tcp:192.0.2.1:65535" },
		{ "tcp:192.0.2.1", "tcp:192.0.2.1:705" },
		{ "tcp:7", "tcp:127.0.0.1:7" },
		{ "tcp::7", "tcp:127.0.0.1:7" },
		{ "tcp:", "tcp:127.0.0.1:705" },
		{ "192.0.2.1:7", "tcp:192.0.2.1:7" },
		{ "192.0.2.1", "tcp:192.0.2.1:705" },
		{ "7", "tcp:127.0.0.1:7" },
		{ "tcp6:[2001:db8::1]:7", "tcp6:[2001:db8::1]:7" },
		{ "tcp6:[2001:db8::1]", "tcp6:[2001:db8::1]:705" },
		{ "tcpv6:2001:db8::1", "tcp6:[2001:db8::1]:705" },
		{ "tcpipv6:7", "tcp6:[::1]:7" },
	};
	struct reason reason;

	(void)data;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		assert_int_equal(master_set(lines[i].address, &reason), 0);
		assert_string_equal(master_address(), lines[i].address);
		assert_string_equal(master_next(), lines[i].next);
		assert_string_equal(master_next(), lines[i].next);
	}
	assert_int_equal(lookups, 0);
	assert_string_equal(unit_logged, "");
	setup(NULL);
}

static void test_names(void **data)
{
	static const struct {
		const char *address, *host, *port;
		int family;
	} lines[] = {
		{ "tcp:master.example:7", "master.example", "7", AF_INET },
		{ "tcp:master.example", "master.example", "705", AF_INET },
		{ "master.example:7", "master.example", "7", AF_INET },
		{ "localhost", "localhost", "705", AF_INET },
		{ "tcp6:master.example:7", "master.example", "7", AF_INET6 },
	};
	static const char *const some[] = { "192.0.2.1", NULL };
	struct reason reason;

	(void)data;
	addresses = some;
	state = 0;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		assert_int_equal(master_set(lines[i].address, &reason), 0);
		assert_non_null(master_next());
		assert_int_equal(lookups, i + 1);
		assert_string_equal(request->ar_name, lines[i].host);
		assert_string_equal(request->ar_service, lines[i].port);
		assert_int_equal(request->ar_request->ai_family, lines[i].family);
		assert_int_equal(request->ar_request->ai_socktype, SOCK_STREAM);
	}
}

static void test_no_addresses(void **data)
{
	static const char *const lines[] = {
		"udp:192.0.2.1:7",
		"tlstcp:192.0.2.1:7",
		"dtlsudp:master.example:7",
		"alias:master",
		"master:port",
		"tcp:master:port",
		"tcp:master:",
		"tcp:master:7 ",
		"tcp:master:+7",
		"tcp:master:65536",
		"tcp:master:070500",
		"tcp:[::1",
		"tcp6:[::1]7",
		"[::1]:7",
	};
	struct reason reason;
	char path[200];

	(void)data;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		if (master_set(lines[i], &reason) != -EINVAL)
			fail_msg("%s is taken", lines[i]);
		assert_contains(reason.text, lines[i]);
		assert_contains(reason.text, "expected unix:PATH, tcp:HOST:PORT or tcp6:HOST:PORT");
		assert_null(master_next());
	}
	memset(path, 'x', sizeof(path));
	memcpy(path, "unix:", 5);
	path[5 + 107] = '\0';
	assert_int_equal(master_set(path, &reason), 0);
	assert_string_equal(master_next(), path);
	path[5 + 107] = 'x';
	path[5 + 108] = '\0';
	assert_int_equal(master_set(path, &reason), -EINVAL);
	assert_contains(reason.text, "is too long for a socket");
	assert_int_equal(lookups, 0);
	setup(NULL);
}

static void test_addresses_in_turn(void **data)
{
	static const char *const three[] = { "192.0.2.1", "2001:db8::1", "192.0.2.3", NULL };

	(void)data;
	addresses = three;
	state = 0;
	for (int round = 1; round <= 2; round++) {
		assert_string_equal(master_next(), "tcp:192.0.2.1:7");
		assert_string_equal(master_next(), "tcp6:[2001:db8::1]:7");
		assert_string_equal(master_next(), "tcp:192.0.2.3:7");
		assert_int_equal(lookups, round);
	}
	assert_string_equal(master_next(), "tcp:192.0.2.1:7");
	master_found();
	assert_string_equal(master_next(), "tcp:192.0.2.1:7");
	assert_int_equal(lookups, 4);
	assert_string_equal(unit_logged, "");
}

static void test_silent(void **data)
{
	static const char *const one[] = { "192.0.2.1", NULL };

	(void)data;
	state = EAI_INPROGRESS;
	for (; unit_now < 1000 + 5000; unit_now += 1000)
		assert_null(master_next());
	assert_string_equal(unit_logged, "");
	for (; unit_now < 1000 + 20000; unit_now += 1000)
		assert_null(master_next());
	assert_string_equal(unit_logged,
			    "warning: cannot resolve 'master.example', where the AgentX master is "
			    "(tcp:master.example:7): no answer yet; asking again every second "
			    "(does /etc/hosts have it, or a server of /etc/resolv.conf? an IP "
			    "address needs neither)\n");
	assert_int_equal(lookups, 1);
	unit_log_clear();
	state = 0;
	addresses = one;
	assert_string_equal(master_next(), "tcp:192.0.2.1:7");
	assert_int_equal(lookups, 1);
	assert_string_equal(unit_logged,
			    "info: the AgentX master's name 'master.example' is 192.0.2.1\n");
}

static void test_refused(void **data)
{
	static const char *const one[] = { "192.0.2.1", NULL };

	(void)data;
	addresses = one;
	for (int round = 0; round < 2; round++) {
		unit_log_clear();
		lookups = 0;
		state = EAI_AGAIN;
		assert_null(master_next());
		assert_contains(unit_logged, ": Temporary failure in name resolution; ");
		unit_log_clear();
		state = EAI_NONAME; /* told already */
		assert_null(master_next());
		state = EAI_INPROGRESS;
		assert_null(master_next());
		unit_now += 100000;
		assert_null(master_next());
		assert_int_equal(lookups, 3);
		assert_string_equal(unit_logged, "");
		state = 0;
		assert_non_null(master_next());
		assert_int_equal(lookups, 3);
		assert_string_equal(unit_logged,
				    "info: the AgentX master's name 'master.example' is "
				    "192.0.2.1\n");
		master_found();
	}
}

static void test_no_lookup_begun(void **data)
{
	(void)data;
	refusal = EAI_SYSTEM;
	state = EAI_INPROGRESS;
	for (int round = 1; round <= 3; round++) {
		assert_null(master_next());
		assert_int_equal(lookups, round);
	}
	assert_string_equal(strchr(unit_logged, '\n'), "\n");
	assert_contains(unit_logged, "): System error; ");
}

/* The thread of a lookup that goes on uses what it was given. */
static void test_closed_while_asking(void **data)
{
	(void)data;
	state = EAI_INPROGRESS;
	assert_null(master_next());
	master_close();
	assert_null(master_next());
	assert_string_equal(request->ar_name, "master.example");
	assert_string_equal(request->ar_service, "7");
	assert_int_equal(request->ar_request->ai_family, AF_INET);
	assert_int_equal(setup(NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_addresses),       TEST(test_names),
		TEST(test_no_addresses),    TEST(test_addresses_in_turn),
		TEST(test_silent),          TEST(test_refused),
		TEST(test_no_lookup_begun), TEST(test_closed_while_asking),
	};

	return cmocka_run_group_tests_name("master", tests, NULL, NULL);
}
