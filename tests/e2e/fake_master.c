/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_master PATH SEED: listens at a unix socket as an AgentX master does (RFC 2741), and talks
 * nonsense to the subagents that connect, in four ways by turns. It prints a line for each
 * connection that has come to its end.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define AGENTX_RESPONSE 18
#define NETWORK_BYTE_ORDER 0x10
#define WAIT_MS 1000
#define ROUNDS 20 /* the subagent answers to nonsense, too */

struct pdu {
	uint8_t version, type, flags, reserved;
	uint32_t session, transaction, packet, length;
	uint8_t payload[4096];
};
#define HEADER_SIZE 20

enum way { NO_PDUS, WRONG_ANSWERS, UNASKED, DEAF, WAYS };

static void fill(void *to, size_t size)
{
	uint8_t *octet = to;

	while (size--)
		*octet++ = (uint8_t)random();
}

/* Any PDU but for the header, which passes for an answer to what was asked. */
static void make_nonsense(struct pdu *pdu, uint32_t length)
{
	pdu->type = (uint8_t)(1 + random() % AGENTX_RESPONSE);
	fill(pdu->payload, length);
	pdu->length = htonl(length);
}

/* What the subagent wants to hear: its session is number 1, and all it asks for is done. */
static void make_answer(struct pdu *pdu)
{
	pdu->type = AGENTX_RESPONSE;
	pdu->session = htonl(1);
	memset(pdu->payload, 0, 8);
	pdu->length = htonl(8);
}

static int send_pdu(int fd, const struct pdu *pdu)
{
	size_t size = HEADER_SIZE + ntohl(pdu->length);

	return send(fd, pdu, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* Waits for a request. The answer gets its numbers, in the byte order that is asked for. */
static int receive(int fd, struct pdu *pdu)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	if (poll(&ready, 1, WAIT_MS) <= 0 || recv(fd, pdu, sizeof(*pdu), 0) < HEADER_SIZE)
		return 0;
	if (!(pdu->flags & NETWORK_BYTE_ORDER)) {
		pdu->session = htonl(pdu->session);
		pdu->transaction = htonl(pdu->transaction);
		pdu->packet = htonl(pdu->packet);
	}
	pdu->flags = NETWORK_BYTE_ORDER;
	return 1;
}

static void talk(int fd, enum way way)
{
	struct pdu pdu;

	for (int round = 0; round < ROUNDS && receive(fd, &pdu); round++) {
		if (way == NO_PDUS) {
			fill(&pdu, sizeof(pdu));
			send(fd, &pdu, sizeof(pdu), MSG_NOSIGNAL);
			return;
		}
		if (way == WRONG_ANSWERS) {
			make_nonsense(&pdu, (uint32_t)random() % 64 * 4);
			send_pdu(fd, &pdu);
			continue;
		}
		make_answer(&pdu);
		if (way == DEAF)
			shutdown(fd, SHUT_RD); /* what comes after the answer breaks the pipe */
		send_pdu(fd, &pdu);
		if (way == DEAF)
			return;
		for (int i = 0; i < 100; i++) {
			make_nonsense(&pdu, (uint32_t)random() % 64 * 4);
			if (!send_pdu(fd, &pdu))
				return;
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	if (argc != 3) {
		fprintf(stderr, "usage: %s PATH SEED\n", argv[0]);
		return 2;
	}
	srandom((unsigned int)atoi(argv[2]));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 4)) {
		perror(argv[1]);
		return 1;
	}
	for (unsigned int way = 0;; way++) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0) {
			perror("accept");
			return 1;
		}
		talk(fd, way % WAYS);
		close(fd);
		printf("%u\n", way % WAYS);
		fflush(stdout);
	}
}
