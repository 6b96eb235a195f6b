/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/broker.h"
#include "kernel/cpus.h"
#include "lib/util.h"
#include "source/source.h"

#define DEADLINE_MS 10000

struct common fixture_common;

void fixture_enter(void)
{
	if (geteuid()) {
		puts("1..0 # SKIP needs root");
		exit(EXIT_SUCCESS);
	}
	if (broker_open())
		exit(EXIT_FAILURE);
	unit_enter_namespace();
	unit_run("ip link add left type veth peer name right");
	common_open(&fixture_common, NULL);
}

bool fixture_eventually(bool (*condition)(const void *context), const void *context)
{
	int64_t deadline = monotonic_ms() + DEADLINE_MS;

	while (!condition(context)) {
		if (monotonic_ms() > deadline)
			return false;
		usleep(10000);
	}
	return true;
}

struct netdev fixture_netdev(const char *ifname)
{
	struct netdev netdev = { .ifindex = if_nametoindex(ifname), .mode = XDP_MODE_NONE };

	assert_int_not_equal(netdev.ifindex, 0);
	snprintf(netdev.name, sizeof(netdev.name), "%s", ifname);
	return netdev;
}

/* The sources of the test that runs; tests that fail leave them open. */
static struct source *opened[4];

struct source *fixture_open(void)
{
	struct netdev netdev = fixture_netdev("left");
	struct reason reason = { "" };
	unsigned int i = 0;

	while (i < LENGTH(opened) && opened[i])
		i++;
	assert_true(i < LENGTH(opened));
	if (source_open(&opened[i], &fixture_common, &netdev, &reason))
		fail_msg("%s", reason.text);
	return opened[i];
}

void fixture_close(struct source *source)
{
	for (unsigned int i = 0; i < LENGTH(opened); i++)
		if (opened[i] == source)
			opened[i] = NULL;
	source_close(source);
}

int fixture_teardown(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < LENGTH(opened); i++)
		fixture_close(opened[i]);
	common_close(&fixture_common);
	common_open(&fixture_common, NULL);
	return 0;
}

void fixture_attach(struct source *source, const char *ifname, enum xdp_hook hook,
		    struct reason *reason)
{
	struct netdev netdev = fixture_netdev(ifname);

	strcpy(reason->text, "not set");
	if (source_attach(source, &netdev, hook, reason))
		fail_msg("%s: %s", ifname, reason->text);
}

int fixture_prog_fd(const struct source *source)
{
	int fd = bpf_prog_get_fd_by_id(source_status(source).prog_id);

	assert_true(fd >= 0);
	return fd;
}

static struct bpf_xdp_query_opts at_hook(const char *ifname)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, found);

	assert_int_equal(bpf_xdp_query((int)if_nametoindex(ifname), 0, &found), 0);
	return found;
}

void fixture_assert_hook(const char *ifname, uint32_t native, uint32_t generic)
{
	struct bpf_xdp_query_opts found = at_hook(ifname);

	assert_int_equal(found.drv_prog_id, native);
	assert_int_equal(found.skb_prog_id, generic);
}

bool fixture_hook_is_free(const void *ifname)
{
	return at_hook(ifname).attach_mode == XDP_ATTACHED_NONE;
}

int fixture_load_foreign(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	/* Else it would not fit into a link that was made for a program of ours. */
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_XDP);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", insns, LENGTH(insns), &options);

	assert_true(fd >= 0);
	return fd;
}

unsigned int fixture_run_to(uint32_t verdict, int prog_fd, const struct fixture_frame *frame,
			    unsigned int repeat)
{
	static const unsigned char octets[16384];
	unsigned int size = frame->metadata + frame->length;
	struct xdp_md in = { .data = frame->metadata, .data_end = size }, out;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = octets, .data_size_in = size,
		    .ctx_in = &in, .ctx_size_in = sizeof(in), .ctx_out = &out,
		    .ctx_size_out = sizeof(out), .repeat = (int)repeat);

	assert_true(size <= sizeof(octets));
	assert_int_equal(bpf_prog_test_run_opts(prog_fd, &options), 0);
	assert_int_equal(options.retval, verdict);
	return out.data_end - out.data;
}

unsigned int fixture_run(int prog_fd, const struct fixture_frame *frame, unsigned int repeat)
{
	return fixture_run_to(XDP_PASS, prog_fd, frame, repeat);
}

void fixture_read_map(int map_fd, struct counters *sum)
{
	int cpus = cpus_count();
	_cleanup_free_ struct xdp_stats_rec *slots =
		calloc((size_t)cpus * XDP_STATS_ACTIONS, sizeof(*slots));

	assert_non_null(slots);
	for (__u32 action = 0; action < XDP_STATS_ACTIONS; action++)
		assert_int_equal(
			bpf_map_lookup_elem(map_fd, &action, slots + action * (unsigned int)cpus),
			0);
	counters_sum(sum, slots, (unsigned int)cpus);
}

void fixture_assert_passed(const struct counters *counters, uint64_t packets, uint64_t bytes)
{
	for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++) {
		bool counted = action == XDP_PASS;

		assert_int_equal(counters->action[action].rx_packets, counted ? packets : 0);
		assert_int_equal(counters->action[action].rx_bytes, counted ? bytes : 0);
	}
}

void fixture_fdinfo(int fd, const char *name, char value[static 64])
{
	char path[64], line[256];
	FILE *file;

	value[0] = '\0';
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), " %63s", value);
	if (file)
		fclose(file);
}

uint32_t fixture_prog_id(int prog_fd)
{
	char id[64];

	fixture_fdinfo(prog_fd, "prog_id:", id);
	return (uint32_t)atoi(id);
}

struct program_info fixture_describe(uint32_t prog_id)
{
	return program_describe(&fixture_common.freplace, prog_id);
}

struct program_info fixture_describe_fd(int prog_fd)
{
	return program_describe_fd(&fixture_common.freplace, prog_fd);
}

bool fixture_program_is_gone(const void *prog_id)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(*(const uint32_t *)prog_id);

	return fd == -ENOENT;
}

struct fixture_answer fixture_ask_child(void (*child)(struct fixture_answer *answer), int *status)
{
	struct fixture_answer copy, *answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE,
						   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	assert_ptr_not_equal(answer, MAP_FAILED);
	pid = fork();
	if (!pid) {
		child(answer);
		_exit(EXIT_SUCCESS);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, status, 0), pid);
	copy = *answer;
	munmap(answer, sizeof(*answer));
	return copy;
}

void fixture_open_and_attach(struct fixture_answer *answer)
{
	struct netdev netdev = { .ifindex = if_nametoindex("left") };
	struct source *source;

	answer->err = source_open(&source, &fixture_common, &netdev, &answer->reason);
	if (!answer->err)
		answer->err = source_attach(source, &netdev, HOOK_ANY, &answer->reason);
	if (!answer->err)
		answer->prog_id = source_status(source).prog_id;
}
