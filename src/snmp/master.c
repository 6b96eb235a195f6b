/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snmp/master.h"

#include <errno.h>
#include <execinfo.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/log.h"
#include "lib/util.h"

#define DEFAULT_PORT "705" /* RFC 2741, 8.1.1 */
#define MAX_PORT 65535

/* An answer from /etc/hosts or a server nearby comes within the attempt that asks for it. */
#define WAIT_NS 50000000

/* When a resolver that is silent is told of. It asks its next server after 5 s (resolv.conf(5)). */
#define PATIENCE_MS 5000

/*
 * What AgentX is spoken over, as net-snmp's library spells it. Over its others it does not work:
 * udp is no stream, and tlstcp and dtlsudp make each session one of SNMPv3, after a handshake.
 */
static const struct transport {
	const char *prefix;
	int family;
} transports[] = {
	{ "unix", AF_UNIX },   { "tcp", AF_INET },      { "tcp6", AF_INET6 },
	{ "tcpv6", AF_INET6 }, { "tcpipv6", AF_INET6 },
};

/* Static, for glibc's thread uses it for as long as it likes. */
static struct {
	char *address; /* as it was set */
	char host[NI_MAXHOST], port[sizeof("65535")];
	struct addrinfo hints;
	char next[sizeof("tcp6:[]:65535") + NI_MAXHOST];
	bool named;                     /* host has to be resolved */
	bool asking;                    /* the request is glibc's */
	int64_t asked;                  /* CLOCK_MONOTONIC, ms */
	struct gaicb request;           /* has the answer */
	const struct addrinfo *untried; /* of the answer */
	bool unresolved;                /* and it was told */
} master;

/* rest: what follows the prefix. NULL: there is no such transport. */
static const struct transport *find_transport(const char *address, const char **rest)
{
	size_t length = strcspn(address, ":");

	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++)
		if (address[length] && length == strlen(transports[i].prefix) &&
		    !strncasecmp(address, transports[i].prefix, length)) {
			*rest = address + length + 1;
			return &transports[i];
		}
	*rest = address;
	if (strchr(address, '/'))
		return &transports[0];
	/* HOST:PORT or HOST. Anything else in front of a colon is a transport. */
	address += length + (address[length] == ':');
	return address[strspn(address, "0123456789")] ? NULL : &transports[1];
}

static int set_host_and_port(const char *host, size_t length, const char *port)
{
	size_t digits = strspn(port, "0123456789");

	if (length >= sizeof(master.host) || !digits || port[digits] ||
	    digits >= sizeof(master.port) || strtoul(port, NULL, 10) > MAX_PORT)
		return -EINVAL;
	snprintf(master.host, sizeof(master.host), "%.*s", (int)length, host);
	snprintf(master.port, sizeof(master.port), "%s", port);
	return 0;
}

/* PORT, HOST, HOST:PORT, [HOST] or [HOST]:PORT. */
static int split(const char *text)
{
	const char *end = strchr(text, ']'), *colon = strchr(text, ':');

	if (*text && !text[strspn(text, "0123456789")])
		return set_host_and_port("", 0, text);
	if (*text == '[') {
		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		return set_host_and_port(text + 1, (size_t)(end - text) - 1,
					 end[1] ? end + 2 : DEFAULT_PORT);
	}
	if (!colon || strchr(colon + 1, ':')) /* several are those of an IPv6 address */
		return set_host_and_port(text, strlen(text), DEFAULT_PORT);
	return set_host_and_port(text, (size_t)(colon - text), colon + 1);
}

/* In the words of net-snmp's library; host, of NI_MAXHOST, is the address alone. */
static void set_next(const struct addrinfo *info, char *host)
{
	getnameinfo(info->ai_addr, info->ai_addrlen, host, NI_MAXHOST, NULL, 0, NI_NUMERICHOST);
	snprintf(master.next, sizeof(master.next),
		 info->ai_family == AF_INET6 ? "tcp6:[%s]:%s" : "tcp:%s:%s", host, master.port);
}

/* What is not numeric is a name. Without a host it is the loopback's address. */
static void set_numeric(int family)
{
	struct addrinfo *info;
	char host[NI_MAXHOST];

	master.hints = (struct addrinfo){
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
	};
	master.named = getaddrinfo(*master.host ? master.host : NULL, master.port, &master.hints,
				   &info) != 0;
	master.hints.ai_flags = AI_NUMERICSERV;
	if (!master.named) {
		set_next(info, host);
		freeaddrinfo(info);
	}
}

/*
 * glibc's thread loads libgcc_s.so.1 when it ends, and aborts the process if no descriptor is left
 * for that. So it is loaded now, which backtrace(3) does.
 */
static void load_unwinder(void)
{
	void *frame;

	backtrace(&frame, 1);
}

int master_set(const char *address, struct reason *reason)
{
	const char *rest;
	const struct transport *transport = find_transport(address, &rest);

	master_close();
	if (!transport || (transport->family != AF_UNIX && split(rest)))
		return reason_set(reason, -EINVAL,
				  "'%s' is no address of an AgentX master; expected unix:PATH, "
				  "tcp:HOST:PORT or tcp6:HOST:PORT",
				  address);
	if (transport->family == AF_UNIX &&
	    strlen(rest) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return reason_set(reason, -EINVAL, "the path '%s' is too long for a socket", rest);
	master.address = strdup(address);
	if (!master.address)
		return reason_set(reason, -ENOMEM, "out of memory");
	master.named = false;
	if (transport->family == AF_UNIX)
		snprintf(master.next, sizeof(master.next), "unix:%s", rest);
	else
		set_numeric(transport->family);
	if (master.named)
		load_unwinder();
	return 0;
}

const char *master_address(void)
{
	return master.address;
}

static void forget_answer(void)
{
	if (master.request.ar_result)
		freeaddrinfo(master.request.ar_result);
	master.request.ar_result = NULL;
	master.untried = NULL;
}

static void tell_unresolved(const char *why)
{
	if (!master.unresolved)
		log_warning(0,
			    "cannot resolve '%s', where the AgentX master is (%s): %s; asking "
			    "again every second (does /etc/hosts have it, or a server of "
			    "/etc/resolv.conf? an IP address needs neither)",
			    master.host, master.address, why);
	master.unresolved = true;
}

/* Begins a lookup, or looks whether there is an answer to it. */
static void look_up(void)
{
	struct gaicb *request = &master.request;
	int err;

	if (!master.asking) {
		forget_answer();
		*request = (struct gaicb){ .ar_name = master.host,
					   .ar_service = master.port,
					   .ar_request = &master.hints };
		err = getaddrinfo_a(GAI_NOWAIT, &request, 1, NULL);
		if (err) {
			tell_unresolved(gai_strerror(err));
			return;
		}
		master.asking = true;
		master.asked = monotonic_ms();
		gai_suspend((const struct gaicb *const *)&request, 1,
			    &(struct timespec){ .tv_nsec = WAIT_NS });
	}
	err = gai_error(request);
	if (err == EAI_INPROGRESS) {
		if (monotonic_ms() - master.asked >= PATIENCE_MS)
			tell_unresolved("no answer yet");
		return;
	}
	master.asking = false;
	if (err)
		tell_unresolved(gai_strerror(err));
	else
		master.untried = request->ar_result;
}

const char *master_next(void)
{
	char host[NI_MAXHOST];

	if (!master.address)
		return NULL;
	if (!master.named)
		return master.next;
	if (!master.untried)
		look_up();
	if (!master.untried)
		return NULL;
	set_next(master.untried, host);
	if (master.unresolved)
		log_info("the AgentX master's name '%s' is %s", master.host, host);
	master.unresolved = false;
	master.untried = master.untried->ai_next;
	return master.next;
}

void master_found(void)
{
	if (!master.asking)
		forget_answer();
}

void master_close(void)
{
	master_found();
	free(master.address);
	master.address = NULL;
}
