/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child that broker.c forks, which does all that takes CAP_SYS_ADMIN; and what it is asked. */
#ifndef XDP_AGENTX_KERNEL_BROKER_CHILD_H
#define XDP_AGENTX_KERNEL_BROKER_CHILD_H

#include <stdint.h>
#include <sys/socket.h>

#include "kernel/bpf_info.h"

/* A link by which a program runs instead of a function of another (freplace). */
struct freplace {
	uint32_t link_id;   /* the bpf_link that does it */
	uint32_t prog_id;   /* the program that runs instead of the function */
	uint32_t target_id; /* the program that the function belongs to */
	uint32_t function;  /* its BTF id there */
};

/* What goes over the socket, a message each (SOCK_SEQPACKET); a descriptor comes by SCM_RIGHTS. */
enum broker_kind {
	BROKER_NEXT_PROGRAM = 1,
	BROKER_NEXT_MAP,
	BROKER_NEXT_LINK,
	BROKER_LINK,
	BROKER_PROGRAM,
	BROKER_MAP,
	BROKER_BTF,
};

struct broker_question {
	uint32_t number; /* the answer has the same */
	uint32_t kind;
	uint32_t id;
	uint32_t map_id; /* BROKER_MAP: id is the program's; else 0 */
};

struct broker_answer {
	uint32_t number;
	int32_t err;
	uint32_t next;               /* BROKER_NEXT_...: an id; see broker.h */
	struct map_ids maps;         /* BROKER_NEXT_PROGRAM */
	struct freplace replacement; /* BROKER_NEXT_LINK, BROKER_LINK */
};

union broker_control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

/*
 * Closes all but the socket and standard error, gives up all but CAP_SYS_ADMIN, installs the
 * filter, and answers until the other end of the socket is closed.
 */
_Noreturn void broker_serve(int socket_fd);

#endif
