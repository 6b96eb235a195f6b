/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab.h"

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

#include "kernel/cpus.h"
#include "lib/util.h"

#define DEADLINE_MS 10000

void lab_enter(void)
{
	if (geteuid()) {
		puts("1..0 # SKIP needs root");
		exit(EXIT_SUCCESS);
	}
	unit_enter_namespace();
	unit_run("ip link add left type veth peer name right");
}

bool lab_eventually(bool (*condition)(const void *context), const void *context)
{
	int64_t deadline = monotonic_ms() + DEADLINE_MS;

	while (!condition(context)) {
		if (monotonic_ms() > deadline)
			return false;
		usleep(10000);
	}
	return true;
}

struct link lab_link(const char *ifname)
{
	struct link link = { .ifindex = if_nametoindex(ifname), .mode = XDP_MODE_NONE };

	assert_int_not_equal(link.ifindex, 0);
	snprintf(link.name, sizeof(link.name), "%s", ifname);
	return link;
}

/* The sources of the test that runs; tests that fail leave them open. */
static struct source *opened[4];

struct source *lab_open(void)
{
	struct link link = lab_link("left");
	char text[STATUS_TEXT_MAX] = "";
	unsigned int i = 0;

	while (i < LENGTH(opened) && opened[i])
		i++;
	assert_true(i < LENGTH(opened));
	if (source_open(&opened[i], NULL, &link, text))
		fail_msg("%s", text);
	return opened[i];
}

void lab_close(struct source *source)
{
	for (unsigned int i = 0; i < LENGTH(opened); i++)
		if (opened[i] == source)
			opened[i] = NULL;
	source_close(source);
}

int lab_teardown(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < LENGTH(opened); i++)
		lab_close(opened[i]);
	source_cleanup();
	return 0;
}

void lab_attach(struct source *source, const char *ifname, enum xdp_hook hook,
		char text[static STATUS_TEXT_MAX])
{
	struct link link = lab_link(ifname);

	strcpy(text, "not set");
	if (source_attach(source, &link, hook, text))
		fail_msg("%s: %s", ifname, text);
}

int lab_prog_fd(const struct source *source)
{
	int fd = bpf_prog_get_fd_by_id(source_prog_id(source));

	assert_true(fd >= 0);
	return fd;
}

static struct bpf_xdp_query_opts at_hook(const char *ifname)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, found);

	assert_int_equal(bpf_xdp_query((int)if_nametoindex(ifname), 0, &found), 0);
	return found;
}

void lab_assert_hook(const char *ifname, uint32_t native, uint32_t generic)
{
	struct bpf_xdp_query_opts found = at_hook(ifname);

	assert_int_equal(found.drv_prog_id, native);
	assert_int_equal(found.skb_prog_id, generic);
}

bool lab_hook_is_free(const void *ifname)
{
	return at_hook(ifname).attach_mode == XDP_ATTACHED_NONE;
}

int lab_load_foreign(void)
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

unsigned int lab_run_to(uint32_t verdict, int prog_fd, const struct lab_frame *frame,
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

unsigned int lab_run(int prog_fd, const struct lab_frame *frame, unsigned int repeat)
{
	return lab_run_to(XDP_PASS, prog_fd, frame, repeat);
}

void lab_read_map(int map_fd, struct counters *sum)
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

void lab_assert_passed(const struct counters *counters, uint64_t packets, uint64_t bytes)
{
	for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++) {
		bool counted = action == XDP_PASS;

		assert_int_equal(counters->action[action].rx_packets, counted ? packets : 0);
		assert_int_equal(counters->action[action].rx_bytes, counted ? bytes : 0);
	}
}

void lab_fdinfo(int fd, const char *name, char value[static 64])
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

uint32_t lab_prog_id(int prog_fd)
{
	char id[64];

	lab_fdinfo(prog_fd, "prog_id:", id);
	return (uint32_t)atoi(id);
}

bool lab_program_is_gone(const void *prog_id)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(*(const uint32_t *)prog_id);

	return fd == -ENOENT;
}

struct lab_answer lab_ask_child(void (*child)(struct lab_answer *answer), int *status)
{
	struct lab_answer copy, *answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE,
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

void lab_open_and_attach(struct lab_answer *answer)
{
	struct link link = { .ifindex = if_nametoindex("left") };
	struct source *source;

	answer->err = source_open(&source, NULL, &link, answer->text);
	if (!answer->err)
		answer->err = source_attach(source, &link, HOOK_ANY, answer->text);
	if (!answer->err)
		answer->prog_id = source_prog_id(source);
}
