/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the broker hands out; what it does not, whoever asks; and how it ends. */
#include "map_fixture.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/broker.h"
#include "kernel/capability.h"
#include "lib/log.h"
#include "lib/util.h"

#define NOBODY_HAS (INT32_MAX - 1)

/* What is waited for comes at once, or not at all. */
#define DEADLINE_MS 20000

static int said_fd; /* what the broker says on standard error */
static pid_t broker_pid;

/* The one child of this process. */
static pid_t find_child(void)
{
	char path[64];
	pid_t child = 0;
	FILE *children;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	children = fopen(path, "r");
	assert_non_null(children);
	assert_int_equal(fscanf(children, "%d", &child), 1);
	fclose(children);
	return child;
}

static void open_broker(void)
{
	int before = dup(STDERR_FILENO);

	said_fd = memfd_create("said", MFD_CLOEXEC);
	assert_true(before >= 0 && said_fd >= 0);
	dup2(said_fd, STDERR_FILENO);
	assert_int_equal(broker_open(), 0);
	dup2(before, STDERR_FILENO);
	close(before);
	broker_pid = find_child();
	unit_log_clear();
}

static int setup(void **state)
{
	broker_close(); /* that of the fixture */
	open_broker();
	return map_fixture_setup(state);
}

static int teardown(void **state)
{
	int err = map_fixture_teardown(state);

	broker_close();
	close(said_fd);
	return err;
}

/* How many lines the broker has said. */
static unsigned int lines_said(void)
{
	char text[4096] = "";
	unsigned int lines = 0;

	assert_true(pread(said_fd, text, sizeof(text) - 1, 0) >= 0);
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

static uint32_t id_of_program(int fd)
{
	struct bpf_prog_info info;

	assert_int_equal(bpf_info_of_prog(fd, &info), 0);
	return info.id;
}

static uint32_t load_minimal(enum bpf_prog_type type, int *fd)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	*fd = bpf_prog_load(type, "minimal", "GPL", insns, LENGTH(insns), NULL);
	return *fd < 0 ? 0 : id_of_program(*fd);
}

/* --- what it hands out --- */

static void test_hands_out(void **state)
{
	const __u32 key = 0;
	struct xdp_stats_rec values[256] = { 0 };
	struct map_ids maps;
	uint32_t prog_id, map_id, next;

	(void)state;
	map_fd = make_map(BPF_MAP_TYPE_ARRAY, "theirs");
	prog_fd = load_counting(&map_fd, 1);
	prog_id = id_of_program(prog_fd);
	map_id = id_of(map_fd);
	{
		_cleanup_close_ int program = broker_program(prog_id);
		_cleanup_close_ int map = broker_map(prog_id, map_id);

		assert_true(program >= 0);
		assert_int_equal(id_of_program(program), prog_id);
		assert_int_equal(fcntl(program, F_GETFD), FD_CLOEXEC);
		assert_true(map >= 0);
		assert_int_equal(id_of(map), map_id);
		assert_int_equal(bpf_map_lookup_elem(map, &key, values), 0);
		assert_int_equal(bpf_map_update_elem(map, &key, values, BPF_ANY), -EPERM);
	}
	assert_int_equal(broker_next_program(prog_id - 1, &next, &maps), 0);
	assert_int_equal(next, prog_id);
	assert_int_equal(maps.count, 1);
	assert_int_equal(maps.id[0], map_id);
	assert_false(broker_program_is_gone(prog_id));
	assert_true(broker_program_is_gone(NOBODY_HAS));
	assert_false(broker_map_is_gone(map_id));
	assert_true(broker_map_is_gone(NOBODY_HAS));
	assert_int_equal(lines_said(), 0);
}

/* What there is no room for is not taken for a refusal, and the next one is as good as any. */
static void test_no_descriptors_left(void **state)
{
	struct rlimit before, none;
	int err;

	(void)state;
	map_fd = make_map(BPF_MAP_TYPE_ARRAY, "theirs");
	prog_fd = load_counting(&map_fd, 1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	err = broker_program(id_of_program(prog_fd));
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(err, -EMFILE);
	assert_null(broker_lacks());
	assert_int_equal(broker_program(NOBODY_HAS), -ENOENT);
}

static void test_is_gone(void **state)
{
	struct map_ids maps;
	struct freplace replacement;
	uint32_t next = 7;

	(void)state;
	assert_int_equal(broker_program(NOBODY_HAS), -ENOENT);
	assert_int_equal(broker_map(NOBODY_HAS, 1), -ENOENT);
	assert_null(broker_btf(NOBODY_HAS));
	assert_int_equal(broker_next_program(NOBODY_HAS - 1, &next, &maps), -ENOENT);
	assert_int_equal(next, 0);
	assert_int_equal(broker_next_link(NOBODY_HAS - 1, &next, &replacement), -ENOENT);
	assert_int_equal(next, NOBODY_HAS - 1);
	assert_int_equal(replacement.link_id, 0);
	assert_int_equal(broker_link(NOBODY_HAS, &replacement), -ENOENT);
	assert_int_equal(lines_said(), 0);
}

/* --- what it does not --- */

static uint32_t find_kernel_btf(void)
{
	uint32_t id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		_cleanup_close_ int fd = bpf_btf_get_fd_by_id(id);
		struct bpf_btf_info info = { 0 };
		__u32 size = sizeof(info);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) && info.kernel_btf)
			return id;
	}
	return 0;
}

/* Who owns the agent asks what it has no use for. */
static void test_refuses(void **state)
{
	static const enum bpf_prog_type refused[] = {
		BPF_PROG_TYPE_SOCKET_FILTER,  BPF_PROG_TYPE_KPROBE,
		BPF_PROG_TYPE_SCHED_CLS,      BPF_PROG_TYPE_SCHED_ACT,
		BPF_PROG_TYPE_TRACEPOINT,     BPF_PROG_TYPE_PERF_EVENT,
		BPF_PROG_TYPE_CGROUP_SKB,     BPF_PROG_TYPE_CGROUP_SOCK,
		BPF_PROG_TYPE_LWT_IN,         BPF_PROG_TYPE_LWT_OUT,
		BPF_PROG_TYPE_SOCK_OPS,       BPF_PROG_TYPE_SK_SKB,
		BPF_PROG_TYPE_CGROUP_DEVICE,  BPF_PROG_TYPE_SK_MSG,
		BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_CGROUP_SYSCTL,
	};
	uint32_t others[LENGTH(refused)], map_id, foreign_id;
	int fds[LENGTH(refused)], other_fd;
	unsigned int loaded = 0;

	(void)state;
	map_fd = make_map(BPF_MAP_TYPE_ARRAY, "theirs");
	other_fd = make_map(BPF_MAP_TYPE_ARRAY, "secret");
	prog_fd = load_counting(&map_fd, 1);
	foreign_id = id_of_program(prog_fd);
	map_id = id_of(other_fd);
	for (unsigned int i = 0; i < LENGTH(refused); i++) {
		others[i] = load_minimal(refused[i], &fds[i]);
		if (!others[i])
			continue;
		loaded++;
		assert_int_equal(broker_program(others[i]), -EPROTOTYPE);
		assert_int_equal(broker_map(others[i], map_id), -EPROTOTYPE);
	}
	printf("# refused: %u programs of other types, and their maps\n", loaded);
	assert_true(loaded >= 10);
	assert_int_equal(broker_map(foreign_id, map_id), -EPROTOTYPE);
	assert_int_equal(broker_map(foreign_id, 0), -EPROTOTYPE);
	assert_true(find_kernel_btf());
	assert_null(broker_btf(find_kernel_btf()));
	assert_int_equal(lines_said(), 1);
	/* It is as good as before. */
	assert_int_equal(broker_program(NOBODY_HAS), -ENOENT);
	assert_null(broker_lacks());
	for (unsigned int i = 0; i < LENGTH(refused); i++)
		give_back(&fds[i]);
	give_back(&other_fd);
}

static void send_raw(const void *data, size_t size)
{
	assert_int_equal(send(broker_fd(), data, size, MSG_NOSIGNAL), size);
}

static bool is_over(void)
{
	for (int64_t end = monotonic_ms() + DEADLINE_MS; monotonic_ms() < end; usleep(1000)) {
		broker_check();
		if (broker_fd() < 0)
			return true;
	}
	return false;
}

/* It ends, with one line of its own, and one of ours. */
static void assert_ends_it(const void *data, size_t size)
{
	send_raw(data, size);
	assert_true(is_over());
	assert_int_equal(lines_said(), 1);
	assert_contains(unit_logged, "the broker has ended (exit status 2): programs of others are "
				     "neither observed nor named");
	broker_close();
	close(said_fd);
	open_broker();
}

static void test_garbage_ends_it(void **state)
{
	static char garbage[65536];
	struct broker_question question = { .number = 1, .id = 1 };

	(void)state;
	memset(garbage, 0x5a, sizeof(garbage));
	assert_ends_it(garbage, 1);
	assert_ends_it(garbage, sizeof(question) - 1);
	assert_ends_it(garbage, sizeof(question));
	assert_ends_it(garbage, sizeof(question) + 1);
	assert_ends_it(garbage, sizeof(garbage));
	assert_ends_it(&question, sizeof(question)); /* kind 0 */
	question.kind = BROKER_BTF + 1;
	assert_ends_it(&question, sizeof(question));
	question.kind = UINT32_MAX;
	assert_ends_it(&question, sizeof(question));
	question.kind = BROKER_PROGRAM;
	question.map_id = 1;
	assert_ends_it(&question, sizeof(question));
}

/* A descriptor that is sent along goes nowhere, and a link is never handed out. */
static void test_descriptors_stay(void **state)
{
	struct broker_question question = { .number = 1, .kind = BROKER_NEXT_LINK };
	struct broker_answer answer;
	union broker_control control = { 0 };
	struct iovec data = { &question, sizeof(question) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	char path[64];
	struct netdev netdev = fixture_netdev("left");
	_cleanup_close_ int link_fd = -1;

	(void)state;
	map_fd = make_map(BPF_MAP_TYPE_ARRAY, "theirs");
	prog_fd = load_counting(&map_fd, 1);
	link_fd = bpf_link_create(prog_fd, (int)netdev.ifindex, BPF_XDP, NULL);
	assert_true(link_fd >= 0);
	control.header = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(map_fd)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	memcpy(CMSG_DATA(&control.header), &map_fd, sizeof(map_fd));
	assert_int_equal(sendmsg(broker_fd(), &message, 0), sizeof(question));
	data = (struct iovec){ &answer, sizeof(answer) };
	message.msg_controllen = sizeof(control);
	assert_int_equal(recvmsg(broker_fd(), &message, 0), sizeof(answer));
	assert_int_equal(message.msg_controllen, 0);
	assert_int_not_equal(answer.next, 0);
	for (int fd = 3; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)broker_pid, fd);
		assert_int_equal(access(path, F_OK), -1);
	}
}

/* --- what it is --- */

static void assert_status(pid_t pid, const char *line)
{
	static char status[8192];
	char path[64];
	int fd;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	length = read(fd, status, sizeof(status) - 1);
	close(fd);
	assert_true(length > 0);
	status[length] = '\0';
	assert_contains(status, line);
}

static void test_holds_one_capability(void **state)
{
	(void)state;
	assert_int_equal(broker_program(NOBODY_HAS), -ENOENT); /* so that it has begun to serve */
	assert_status(broker_pid, "Name:\txdp-broker\n");
	assert_status(broker_pid, "CapPrm:\t0000000000200000\n");
	assert_status(broker_pid, "CapEff:\t0000000000200000\n");
	assert_status(broker_pid, "CapInh:\t0000000000000000\n");
	assert_status(broker_pid, "CapAmb:\t0000000000000000\n");
	assert_status(broker_pid, "NoNewPrivs:\t1\n");
	assert_status(broker_pid, "Seccomp:\t2\n");
}

/* Who owns the agent, which has all that it keeps, gets at nothing of the broker's. */
static void attack(void)
{
	const uint64_t kept = CAPABILITY_SET(CAP_BPF) | CAPABILITY_SET(CAP_NET_ADMIN) |
			      CAPABILITY_SET(CAP_PERFMON);
	char path[64], byte;
	struct iovec local = { &byte, 1 }, remote = { (void *)attack, 1 };
	int pidfd = (int)syscall(SYS_pidfd_open, broker_pid, 0);

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)broker_pid);
	if (capability_set(kept))
		_exit(1);
	if (ptrace(PTRACE_ATTACH, broker_pid, NULL, NULL) != -1 || errno != EPERM)
		_exit(2);
	if (open(path, O_RDWR) >= 0)
		_exit(3);
	if (process_vm_readv(broker_pid, &local, 1, &remote, 1, 0) != -1 || errno != EPERM)
		_exit(4);
	if (syscall(SYS_pidfd_getfd, pidfd, 0, 0) != -1 || errno != EPERM)
		_exit(5);
	if (bpf_prog_get_fd_by_id(id_of_program(prog_fd)) != -EPERM)
		_exit(6);
	_exit(EXIT_SUCCESS);
}

static void test_cannot_be_owned(void **state)
{
	pid_t child;
	int status;

	(void)state;
	map_fd = make_map(BPF_MAP_TYPE_ARRAY, "theirs");
	prog_fd = load_counting(&map_fd, 1);
	assert_int_equal(broker_program(NOBODY_HAS), -ENOENT);
	child = fork();
	if (!child)
		attack();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* --- how it ends --- */

static void test_is_killed(void **state)
{
	(void)state;
	assert_int_equal(kill(broker_pid, SIGKILL), 0);
	assert_int_equal(broker_program(1), -EPIPE);
	assert_contains(unit_logged, "the broker has ended (killed by signal 9)");
	assert_string_equal(broker_lacks(), "the broker, which has ended; restart xdp-agentx");
	unit_log_clear();
	assert_int_equal(broker_program(1), -EPIPE);
	assert_null(broker_btf(1));
	assert_false(broker_program_is_gone(NOBODY_HAS));
	assert_string_equal(unit_logged, "");
}

/* Who stops the service stops the agent, which may still have to ask. */
static void test_signals_do_not_end_it(void **state)
{
	(void)state;
	assert_int_equal(broker_program(NOBODY_HAS), -ENOENT);
	kill(broker_pid, SIGTERM);
	kill(broker_pid, SIGINT);
	kill(broker_pid, SIGHUP);
	assert_int_equal(broker_program(NOBODY_HAS), -ENOENT);
}

static void test_is_slow(void **state)
{
	int64_t before;

	(void)state;
	assert_int_equal(kill(broker_pid, SIGSTOP), 0);
	before = monotonic_ms();
	assert_int_equal(broker_program(NOBODY_HAS), -ETIMEDOUT);
	assert_true(monotonic_ms() - before >= 1500);
	assert_contains(unit_logged, "the broker does not answer");
	assert_string_equal(broker_lacks(), "the broker, which does not answer");
	unit_log_clear();
	/* Nobody waits for it again: a thousand questions would take half an hour. */
	for (int i = 0; i < 1000; i++)
		assert_int_equal(broker_program(1), -ETIMEDOUT);
	assert_string_equal(unit_logged, "");

	assert_int_equal(kill(broker_pid, SIGCONT), 0);
	for (int64_t end = monotonic_ms() + DEADLINE_MS; broker_lacks(); usleep(1000)) {
		broker_check();
		assert_true(monotonic_ms() < end);
	}
	assert_contains(unit_logged, "the broker answers again");
	assert_int_equal(broker_program(NOBODY_HAS), -ENOENT);
}

/* However its parent ends. */
static void test_ends_with_its_parent(void **state)
{
	int pipe_fds[2], status;
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	child = fork();
	if (!child) {
		/* The broker of this one keeps the end of a pipe: as standard error. */
		dup2(pipe_fds[1], STDERR_FILENO);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		broker_close();
		if (broker_open() || broker_program(NOBODY_HAS) != -ENOENT)
			_exit(EXIT_FAILURE);
		kill(getpid(), SIGKILL);
	}
	close(pipe_fds[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read(pipe_fds[0], &byte, 1), 0); /* once nobody has the other end */
	close(pipe_fds[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hands_out),
		TEST(test_no_descriptors_left),
		TEST(test_is_gone),
		TEST(test_refuses),
		TEST(test_garbage_ends_it),
		TEST(test_descriptors_stay),
		TEST(test_holds_one_capability),
		TEST(test_cannot_be_owned),
		TEST(test_is_killed),
		TEST(test_signals_do_not_end_it),
		TEST(test_is_slow),
		TEST(test_ends_with_its_parent),
	};
	int failed;

	pins_fixture_begin();
	log_set_sink(unit_log);
	failed = cmocka_run_group_tests_name("broker", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
