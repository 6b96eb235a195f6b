/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * responder ROOT INTERFACES PATH: the least that serves such a table below ROOT to the AgentX
 * master at a unix socket: the protocol (RFC 2741) by recv(2) and send(2), without a library. It is
 * the floor for subagents, and trusts its master.
 */
#include "table.h"

#include <arpa/inet.h>
#include <endian.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { OPEN = 1, CLOSE, REGISTER, GET = 5, GET_NEXT, RESPONSE = 18 };
enum { COUNTER64 = 70, NO_SUCH_INSTANCE = 129, END_OF_MIB_VIEW = 130 };
#define NETWORK_BYTE_ORDER 0x10
#define PRIORITY 127
#define NAME_MAX_LEN 128

struct header {
	uint8_t version, type, flags, reserved;
	uint32_t session, transaction, packet, length;
};

struct pdu {
	struct header header;
	uint8_t payload[65536 - sizeof(struct header)];
};

struct name {
	unsigned long ids[NAME_MAX_LEN];
	size_t len;
	bool included;
};

/* Where the next octet of a PDU is read or written, and the end of it. */
struct cursor {
	uint8_t *at, *end;
};

static struct name root;
static struct table table;

static uint8_t *pass(struct cursor *cursor, size_t size)
{
	uint8_t *passed = cursor->at;

	if (size > (size_t)(cursor->end - passed))
		errx(EXIT_FAILURE, "a PDU is too short or too long");
	cursor->at += size;
	return passed;
}

static uint32_t read_number(struct cursor *cursor)
{
	uint32_t number;

	memcpy(&number, pass(cursor, sizeof(number)), sizeof(number));
	return ntohl(number);
}

static void write_number(struct cursor *cursor, uint32_t number)
{
	number = htonl(number);
	memcpy(pass(cursor, sizeof(number)), &number, sizeof(number));
}

static void read_name(struct cursor *cursor, struct name *name)
{
	static const unsigned long internet[] = { 1, 3, 6, 1 };
	const uint8_t *start = pass(cursor, 4);
	uint8_t count = start[0], prefix = start[1];

	name->len = 0;
	name->included = start[2];
	if (prefix) {
		memcpy(name->ids, internet, sizeof(internet));
		name->ids[4] = prefix;
		name->len = 5;
	}
	if (name->len + count > NAME_MAX_LEN)
		errx(EXIT_FAILURE, "a name is too long");
	while (count--)
		name->ids[name->len++] = read_number(cursor);
}

static void write_name(struct cursor *cursor, const struct name *name)
{
	memcpy(pass(cursor, 4), (uint8_t[]){ (uint8_t)name->len, 0, 0, 0 }, 4);
	for (size_t i = 0; i < name->len; i++)
		write_number(cursor, (uint32_t)name->ids[i]);
}

static bool is_before(const struct name *name, const struct name *other)
{
	for (size_t i = 0; i < name->len && i < other->len; i++)
		if (name->ids[i] != other->ids[i])
			return name->ids[i] < other->ids[i];
	return name->len < other->len;
}

static void name_row(size_t row, struct name *name)
{
	*name = root;
	table_name(&table, row, name->ids + root.len);
	name->len += TABLE_DEPTH;
}

/* One range to one value; the range of a Get has no end, and neither may that of a GetNext. */
static void answer(uint8_t type, struct cursor *request, struct cursor *response)
{
	struct name start, end, found;
	size_t row;
	bool exists;

	read_name(request, &start);
	read_name(request, &end);
	if (start.len < root.len || memcmp(start.ids, root.ids, root.len * sizeof(*root.ids)))
		errx(EXIT_FAILURE, "asked for what is not registered");
	row = table_find(&table, start.ids + root.len, start.len - root.len,
			 type == GET || start.included);
	exists = row < table_rows(&table);
	if (exists) {
		name_row(row, &found);
		exists = type == GET ? !is_before(&start, &found)
				     : !end.len || is_before(&found, &end);
	}
	if (exists) {
		uint64_t value = htobe64(table_value(row));

		write_number(response, COUNTER64 << 16);
		write_name(response, &found);
		memcpy(pass(response, sizeof(value)), &value, sizeof(value));
	} else {
		write_number(response, (type == GET ? NO_SUCH_INSTANCE : END_OF_MIB_VIEW) << 16);
		write_name(response, &start);
	}
}

static void send_pdu(int fd, struct pdu *pdu, const struct cursor *end)
{
	size_t size = (size_t)(end->at - (uint8_t *)pdu);

	pdu->header.version = 1;
	pdu->header.flags = NETWORK_BYTE_ORDER;
	pdu->header.length = htonl((uint32_t)(size - sizeof(pdu->header)));
	if (send(fd, pdu, size, 0) != (ssize_t)size)
		err(EXIT_FAILURE, "cannot send");
}

/* The buffer has PDUs, one behind the other. Returns the size of the first, when all of it is
 * there. */
static size_t receive(int fd, uint8_t *buffer, size_t *filled)
{
	for (;;) {
		struct header header;
		ssize_t got;

		if (*filled >= sizeof(header)) {
			size_t size;

			memcpy(&header, buffer, sizeof(header));
			size = sizeof(header) + ntohl(header.length);
			if (size > sizeof(struct pdu))
				errx(EXIT_FAILURE, "a PDU is too long");
			if (*filled >= size)
				return size;
		}
		got = recv(fd, buffer + *filled, sizeof(struct pdu) - *filled, 0);
		if (got < 0)
			err(EXIT_FAILURE, "cannot receive");
		if (!got)
			exit(EXIT_SUCCESS);
		*filled += (size_t)got;
	}
}

static struct cursor payload(struct pdu *pdu)
{
	return (struct cursor){ pdu->payload, pdu->payload + sizeof(pdu->payload) };
}

static void serve(int fd)
{
	static struct pdu request, response;
	size_t filled = 0, size;

	for (; (size = receive(fd, (uint8_t *)&request, &filled)); filled -= size) {
		struct cursor in = payload(&request), out = payload(&response);

		if (request.header.type != GET && request.header.type != GET_NEXT)
			errx(request.header.type == CLOSE ? EXIT_SUCCESS : EXIT_FAILURE,
			     "got a PDU of type %u", request.header.type);
		in.end = (uint8_t *)&request + size;
		response.header = request.header;
		response.header.type = RESPONSE;
		write_number(&out, 0); /* sysUpTime, which a master does not look at */
		write_number(&out, 0); /* no error */
		while (in.at < in.end)
			answer(request.header.type, &in, &out);
		send_pdu(fd, &response, &out);
		memmove(&request, (uint8_t *)&request + size, filled - size);
	}
}

/* What all PDUs of ours begin with, and the master's answer to them. */
static uint32_t ask(int fd, uint8_t type, uint32_t session, struct pdu *pdu,
		    const struct cursor *end)
{
	size_t filled = 0;
	uint16_t error;

	pdu->header.type = type;
	pdu->header.session = session;
	send_pdu(fd, pdu, end);
	receive(fd, (uint8_t *)pdu, &filled);
	memcpy(&error, pdu->payload + 4, sizeof(error));
	if (pdu->header.type != RESPONSE || error)
		errx(EXIT_FAILURE, "refused: error %u", ntohs(error));
	return pdu->header.session;
}

static void enlist(int fd)
{
	static struct pdu pdu;
	struct cursor out = payload(&pdu);
	uint32_t session;

	write_number(&out, 0); /* the master's timeout */
	write_number(&out, 0); /* no name, no description */
	write_number(&out, 0);
	session = ask(fd, OPEN, 0, &pdu, &out);
	out = payload(&pdu);
	write_number(&out, PRIORITY << 16);
	write_name(&out, &root);
	ask(fd, REGISTER, session, &pdu, &out);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (argc != 4) {
		fprintf(stderr, "usage: %s ROOT INTERFACES PATH\n", argv[0]);
		return 2;
	}
	for (char *id = argv[1]; *id == '.' && root.len < NAME_MAX_LEN - TABLE_DEPTH;)
		root.ids[root.len++] = strtoul(id + 1, &id, 10);
	table.interfaces = strtoul(argv[2], NULL, 10);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[3]);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(EXIT_FAILURE, "%s", argv[3]);
	enlist(fd);
	serve(fd);
}
