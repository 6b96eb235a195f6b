/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/broker_child.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "kernel/capability.h"
#include "lib/util.h"

/* Where the socket is: 0, and 1 as well, so that libbpf gets no descriptor below 3, which it moves.
 */
#define SOCKET 0

/* So many links one question looks at, which takes some milliseconds. */
#define LINKS_MAX 1000

/*
 * AddressSanitizer has a function make a system call before it calls one that does not return,
 * which the filter would not let through.
 */
#define NOT_INSTRUMENTED __attribute__((no_sanitize_address))

/* The exit status after a question that cannot be understood. */
#define MALFORMED 2

/* What is done with a question: a line on standard error. Whether it can be written is of no use
 * here. */
static void tell(const char *what, const struct broker_question *question)
{
	char line[160];
	int length =
		snprintf(line, sizeof(line), "xdp-agentx: the broker %s (question %u, id %u)\n",
			 what, question->kind, question->id);

	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

static int refuse(const struct broker_question *question)
{
	static bool told; /* the child's, which has one thread and one peer */

	if (!told)
		tell("refuses what is of no concern to it, and will not tell of more", question);
	told = true;
	return -EPROTOTYPE;
}

static bool is_kernel_btf(int btf_fd)
{
	struct bpf_btf_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(btf_fd, &info, &size) || info.kernel_btf;
}

/* Its target is the kernel's where it has that BTF; a program's is told as 0 once it is attached.
 */
static bool traces_a_program(const struct bpf_prog_info *info)
{
	_cleanup_close_ int btf_fd = -1;

	if (!info->attach_btf_obj_id)
		return true;
	btf_fd = bpf_btf_get_fd_by_id(info->attach_btf_obj_id);
	return btf_fd >= 0 && !is_kernel_btf(btf_fd);
}

static bool is_of_concern(const struct bpf_prog_info *info)
{
	return info->type == BPF_PROG_TYPE_XDP || info->type == BPF_PROG_TYPE_EXT ||
	       (info->type == BPF_PROG_TYPE_TRACING && traces_a_program(info));
}

static int open_program(const struct broker_question *question)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(question->id);
	struct bpf_prog_info info;
	int err = fd < 0 ? fd : bpf_info_of_prog(fd, &info);

	if (err)
		return err;
	return is_of_concern(&info) ? take_fd(&fd) : refuse(question);
}

static int open_map(const struct broker_question *question)
{
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, reading, .open_flags = BPF_F_RDONLY);
	_cleanup_close_ int prog_fd = open_program(question);
	struct map_ids maps = { .count = 0 };
	int err = prog_fd < 0 ? prog_fd : bpf_info_map_ids(prog_fd, &maps);

	if (err)
		return err;
	if (!map_ids_have(&maps, question->map_id))
		return refuse(question);
	return bpf_map_get_fd_by_id_opts(question->map_id, &reading);
}

static int open_btf(const struct broker_question *question)
{
	_cleanup_close_ int fd = bpf_btf_get_fd_by_id(question->id);

	if (fd < 0)
		return fd;
	return is_kernel_btf(fd) ? refuse(question) : take_fd(&fd);
}

static int tell_program(struct broker_answer *answer)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(answer->next);

	return fd < 0 ? fd : bpf_info_map_ids(fd, &answer->maps);
}

/* -ENOENT: it is gone, or of another kind. */
static int tell_link(uint32_t id, struct freplace *replacement)
{
	_cleanup_close_ int link_fd = bpf_link_get_fd_by_id(id), prog_fd = -1;
	struct bpf_link_info link;
	struct bpf_prog_info program;
	int err = link_fd < 0 ? link_fd : bpf_info_of_link(link_fd, &link);

	if (err)
		return err;
	if (link.type != BPF_LINK_TYPE_TRACING)
		return -ENOENT;
	/* The links of those who only look on are of the same type. */
	prog_fd = bpf_prog_get_fd_by_id(link.prog_id);
	err = prog_fd < 0 ? prog_fd : bpf_info_of_prog(prog_fd, &program);
	if (err)
		return err;
	if (program.type != BPF_PROG_TYPE_EXT)
		return -ENOENT;
	*replacement = (struct freplace){
		.link_id = id,
		.prog_id = link.prog_id,
		.target_id = link.tracing.target_obj_id,
		.function = link.tracing.target_btf_id,
	};
	return 0;
}

/* Goes on where there is nothing to be told of, for of most links there is not. */
static int find_replacement(uint32_t id, struct broker_answer *answer)
{
	answer->next = id;
	for (unsigned int i = 0; i < LINKS_MAX && !answer->replacement.link_id; i++) {
		int err = bpf_link_get_next_id(answer->next, &answer->next);

		if (!err)
			err = tell_link(answer->next, &answer->replacement);
		else if (err == -ENOENT)
			return err;
		if (err && err != -ENOENT)
			return err;
	}
	return 0;
}

/* What is told goes to *answer. A descriptor, which is the caller's; or -1. */
static int find_answer(const struct broker_question *question, struct broker_answer *answer)
{
	int fd = -1;

	switch (question->kind) {
	case BROKER_NEXT_PROGRAM:
		answer->err = bpf_prog_get_next_id(question->id, &answer->next);
		if (!answer->err)
			answer->err = tell_program(answer);
		return -1;
	case BROKER_NEXT_MAP:
		answer->err = bpf_map_get_next_id(question->id, &answer->next);
		return -1;
	case BROKER_NEXT_LINK:
		answer->err = find_replacement(question->id, answer);
		return -1;
	case BROKER_LINK:
		answer->err = tell_link(question->id, &answer->replacement);
		return -1;
	case BROKER_PROGRAM:
		fd = open_program(question);
		break;
	case BROKER_MAP:
		fd = open_map(question);
		break;
	case BROKER_BTF:
		fd = open_btf(question);
		break;
	}
	answer->err = fd < 0 ? fd : 0;
	return fd;
}

static int send_answer(struct broker_answer *answer, int fd)
{
	union broker_control control = { 0 };
	struct iovec data = { answer, sizeof(*answer) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(fd)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	return sendmsg(SOCKET, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static bool is_understood(const struct broker_question *question, ssize_t length)
{
	return length == sizeof(*question) && question->kind >= BROKER_NEXT_PROGRAM &&
	       question->kind <= BROKER_BTF && (question->kind == BROKER_MAP || !question->map_id);
}

_Noreturn NOT_INSTRUMENTED static void serve(void)
{
	for (;;) {
		struct broker_question question = { 0 };
		struct broker_answer answer = { 0 };
		ssize_t length = recv(SOCKET, &question, sizeof(question), MSG_TRUNC);
		int fd, err;

		if (length <= 0)
			_exit(EXIT_SUCCESS);
		if (!is_understood(&question, length)) {
			tell("ends: it was asked what it does not understand", &question);
			_exit(MALFORMED);
		}
		answer.number = question.number;
		fd = find_answer(&question, &answer);
		err = send_answer(&answer, fd);
		if (fd >= 0)
			close(fd);
		if (err)
			_exit(EXIT_SUCCESS);
	}
}

static int allow(scmp_filter_ctx filter, int call)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
}

/* A call whose first argument has this value. */
static int allow_with(scmp_filter_ctx filter, int call, scmp_datum_t first)
{
	const struct scmp_arg_cmp is = { .arg = 0, .op = SCMP_CMP_EQ, .datum_a = first };

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &is);
}

/* Whatever else it calls ends it. 0 or -errno. */
static int confine(void)
{
	static const enum bpf_cmd commands[] = {
		BPF_PROG_GET_NEXT_ID,  BPF_MAP_GET_NEXT_ID,    BPF_LINK_GET_NEXT_ID,
		BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID,   BPF_LINK_GET_FD_BY_ID,
		BPF_BTF_GET_FD_BY_ID,  BPF_OBJ_GET_INFO_BY_FD,
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err = filter ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < sizeof(commands) / sizeof(*commands); i++)
		err = allow_with(filter, SCMP_SYS(bpf), commands[i]);
	if (!err)
		err = allow_with(filter, SCMP_SYS(write), STDERR_FILENO);
	if (!err)
		err = allow(filter, SCMP_SYS(recvfrom));
	if (!err)
		err = allow(filter, SCMP_SYS(sendmsg));
	if (!err)
		err = allow(filter, SCMP_SYS(close));
	if (!err)
		err = allow(filter, SCMP_SYS(exit_group));
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

/* Whoever stops us all, stops the agent, which may need answers until its end. */
static void ignore_signals(void)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

_Noreturn NOT_INSTRUMENTED void broker_serve(int socket_fd)
{
	ignore_signals();
	prctl(PR_SET_NAME, "xdp-broker");
	prctl(PR_SET_DUMPABLE, 0);
	if (dup2(socket_fd, SOCKET) < 0 || dup2(socket_fd, STDOUT_FILENO) < 0 ||
	    close_range(STDERR_FILENO + 1, ~0U, 0) ||
	    capability_set(CAPABILITY_SET(CAP_SYS_ADMIN)) || confine())
		_exit(EXIT_FAILURE);
	serve();
}
