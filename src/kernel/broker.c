/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/broker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "kernel/broker_child.h"
#include "kernel/capability.h"
#include "kernel/libbpf.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/util.h"

/* So long an answer is waited for. */
static const struct timeval answer_max = { .tv_sec = 1, .tv_usec = 500000 };

/* A broker whose socket is closed has its exit status soon: so often it is asked for, every 10 ms.
 */
#define STATUS_TRIES 10

/* One for the process: see the header. */
static struct {
	int fd;    /* -1: none was started, or it has ended */
	pid_t pid; /* 0: none was started */
	uint32_t asked, answered;
	bool slow;
} broker = { .fd = -1 };

int broker_open(void)
{
	uint64_t permitted = 0;
	int ends[2], err = capability_get_permitted(&permitted);

	if (err || !(permitted & CAPABILITY_SET(CAP_SYS_ADMIN)))
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		err = -errno;
	} else {
		broker.pid = fork();
		err = broker.pid < 0 ? -errno : 0;
		if (!broker.pid)
			broker_serve(ends[1]);
		close(ends[1]);
		broker.fd = ends[0];
		setsockopt(broker.fd, SOL_SOCKET, SO_RCVTIMEO, &answer_max, sizeof(answer_max));
	}
	if (err) {
		log_error(err, "cannot start the broker");
		broker_close();
	}
	return err;
}

void broker_close(void)
{
	close_fd_at(&broker.fd);
	if (broker.pid > 0)
		waitpid(broker.pid, NULL, 0);
	broker.fd = -1;
	broker.pid = 0;
	broker.asked = broker.answered = 0;
	broker.slow = false;
}

int broker_fd(void)
{
	return broker.fd;
}

/* How it has ended, for the log. */
static struct reason tell_end(void)
{
	struct reason how = { "" };
	pid_t ended = 0;
	int status;

	for (int i = 0; i < STATUS_TRIES && !ended; i++) {
		ended = waitpid(broker.pid, &status, WNOHANG);
		if (!ended)
			poll(NULL, 0, 10);
	}
	if (ended <= 0)
		reason_set(&how, 0, "it closed its socket");
	else if (WIFSIGNALED(status))
		reason_set(&how, 0, "killed by signal %d", WTERMSIG(status));
	else
		reason_set(&how, 0, "exit status %d", WEXITSTATUS(status));
	return how;
}

/* Another one cannot be started: nobody has the capability any longer. */
static int lose(void)
{
	struct reason how = tell_end();

	close_fd_at(&broker.fd);
	broker.fd = -1;
	log_error(0,
		  "the broker has ended (%s): programs of others are neither observed nor named "
		  "until %s is restarted; what is counted now goes on, and what is pinned is not "
		  "lost",
		  how.text, PACKAGE_NAME);
	return -EPIPE;
}

const char *broker_lacks(void)
{
	if (!broker.pid)
		return "CAP_SYS_ADMIN, which the agent does not have";
	if (broker.fd < 0)
		return "the broker, which has ended; restart xdp-agentx";
	return broker.slow ? "the broker, which does not answer" : NULL;
}

/* Takes a descriptor out of a message: it, or -1. */
static int descriptor_in(struct msghdr *message)
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* Takes one answer, and waits for it unless flags say not to: 1; 0: there is none; or -EPIPE. */
static int take_answer(struct broker_answer *answer, int *fd, int flags)
{
	union broker_control control;
	struct iovec data = { answer, sizeof(*answer) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length;

	do
		length = recvmsg(broker.fd, &message, flags | MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length < 0 && errno == EAGAIN)
		return 0;
	if (length != sizeof(*answer))
		return lose();
	*fd = descriptor_in(&message);
	/* There was one, and no room for it. */
	if (message.msg_flags & MSG_CTRUNC)
		answer->err = -EMFILE;
	broker.answered = answer->number;
	return 1;
}

static void note_slow(bool slow)
{
	if (slow && !broker.slow)
		log_warning(0, "the broker does not answer: programs of others are neither "
			       "observed nor named until it does");
	else if (!slow && broker.slow)
		log_info("the broker answers again");
	broker.slow = slow;
}

/* The answer to the last question. No other can come: nothing is asked while one is missing. */
static int wait_for_answer(struct broker_answer *answer, int *fd, int flags)
{
	int taken = take_answer(answer, fd, flags);

	if (taken > 0 && broker.answered != broker.asked)
		taken = lose();
	if (taken > 0)
		note_slow(false);
	return taken > 0 ? 0 : taken < 0 ? taken : -ETIMEDOUT;
}

/* 0; or -errno for want of an answer. *fd is -1, and then the caller's if a descriptor came. */
static int ask(struct broker_question question, struct broker_answer *answer, int *fd)
{
	int err = 0;

	*answer = (struct broker_answer){ 0 };
	if (broker.fd < 0)
		return broker.pid ? -EPIPE : -EPERM;
	/* What is asked of a slow one waits in its queue, and so would we. */
	if (broker.answered != broker.asked)
		err = wait_for_answer(answer, fd, MSG_DONTWAIT);
	close_fd_at(fd);
	*fd = -1;
	if (err)
		return err;
	question.number = ++broker.asked;
	if (send(broker.fd, &question, sizeof(question), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return lose();
	err = wait_for_answer(answer, fd, 0);
	if (err == -ETIMEDOUT)
		note_slow(true);
	return err;
}

/* A descriptor, or -errno. */
static int ask_for(enum broker_kind kind, uint32_t id, uint32_t map_id)
{
	struct broker_answer answer;
	_cleanup_close_ int fd = -1;
	int err = ask((struct broker_question){ .kind = kind, .id = id, .map_id = map_id }, &answer,
		      &fd);

	if (!err)
		err = answer.err;
	if (err)
		return err;
	return fd < 0 ? -EPROTO : take_fd(&fd);
}

static int ask_about(enum broker_kind kind, uint32_t id, struct broker_answer *answer)
{
	_cleanup_close_ int fd = -1;
	int err = ask((struct broker_question){ .kind = kind, .id = id }, answer, &fd);

	return err ? err : answer->err;
}

void broker_check(void)
{
	struct broker_answer answer = { 0 };
	_cleanup_close_ int fd = -1;

	if (take_answer(&answer, &fd, MSG_DONTWAIT) > 0)
		note_slow(false);
}

int broker_program(uint32_t prog_id)
{
	return ask_for(BROKER_PROGRAM, prog_id, 0);
}

int broker_map(uint32_t prog_id, uint32_t map_id)
{
	return ask_for(BROKER_MAP, prog_id, map_id);
}

struct btf *broker_btf(uint32_t btf_id)
{
	_cleanup_close_ int fd = ask_for(BROKER_BTF, btf_id, 0);

	return fd < 0 ? NULL : libbpf_load_btf(fd);
}

int broker_next_program(uint32_t prog_id, uint32_t *next, struct map_ids *maps)
{
	struct broker_answer answer;
	int err = ask_about(BROKER_NEXT_PROGRAM, prog_id, &answer);

	*next = answer.next;
	*maps = answer.maps;
	return err;
}

int broker_next_link(uint32_t link_id, uint32_t *next, struct freplace *replacement)
{
	struct broker_answer answer;
	int err = ask_about(BROKER_NEXT_LINK, link_id, &answer);

	*next = answer.number ? answer.next : link_id;
	*replacement = answer.replacement;
	return err;
}

int broker_link(uint32_t link_id, struct freplace *replacement)
{
	struct broker_answer answer;
	int err = ask_about(BROKER_LINK, link_id, &answer);

	*replacement = answer.replacement;
	return err;
}

/* Whether the next one after that before it is another. */
static bool is_gone(enum broker_kind kind, uint32_t id)
{
	struct broker_answer answer;
	int err = ask_about(kind, id - 1, &answer);

	return (!err || err == -ENOENT) && (answer.next != id || err);
}

bool broker_program_is_gone(uint32_t prog_id)
{
	return is_gone(BROKER_NEXT_PROGRAM, prog_id);
}

bool broker_map_is_gone(uint32_t map_id)
{
	return is_gone(BROKER_NEXT_MAP, map_id);
}
