/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What counting a frame costs: nanoseconds for each run of an XDP program on a 64-byte frame by
 * BPF_PROG_TEST_RUN, next to a program that does nothing. Needs root.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bpf/count_by_call.skel.h"
#include "kernel/cpus.h"
#include "lib/util.h"
#include "source/common.h"
#include "source/source.h"
#include "tests/bench/frame.skel.h"

#define LOOPBACK 1 /* ifIndex */
#define ROUNDS 100
#define REPEAT 1000000

enum contender { EMPTY, COUNT, BY_CALL, ATOMIC, HASH, CONTENDERS };

static const char *const names[] = {
	[EMPTY] = "empty program",
	[COUNT] = "the counter program",
	[BY_CALL] = "the counter program before Linux 6.2",
	[ATOMIC] = "shared array, atomic adds",
	[HASH] = "per-CPU hash",
};

static struct common common; /* nothing is pinned */

/* What one round loads. */
struct programs {
	struct frame *frame;
	struct count_by_call *by_call;
	struct source *source;
	int fd[CONTENDERS]; /* fd[COUNT] is owned, the others belong to the skeletons */
};

/*
 * The copy that the agent makes for an interface, here the loopback of a network namespace of our
 * own. It is not left attached: the kernel would then choose between two programs for each run.
 */
static int load_product(struct source **source)
{
	struct netdev loopback = { .ifindex = LOOPBACK, .name = "lo" };
	struct reason reason = { "" };
	int fd;

	if (source_open(source, &common, &loopback, &reason) ||
	    source_attach(*source, &loopback, HOOK_GENERIC, &reason))
		errx(EXIT_FAILURE, "%s", reason.text);
	fd = bpf_prog_get_fd_by_id(source_status(*source).prog_id);
	if (fd < 0)
		errx(EXIT_FAILURE, "cannot open the counter program: %s", strerror(-fd));
	source_detach(*source);
	return fd;
}

static struct count_by_call *load_by_call(void)
{
	struct count_by_call *skel = count_by_call__open();

	if (!skel)
		err(EXIT_FAILURE, "cannot open the counter program");
	if (count_by_call__load(skel))
		err(EXIT_FAILURE, "cannot load the counter program");
	return skel;
}

static void add_hash_entry(int map_fd)
{
	__u32 action = XDP_PASS;
	struct xdp_stats_rec *slots = calloc((size_t)cpus_count(), sizeof(*slots));

	if (!slots || bpf_map_update_elem(map_fd, &action, slots, BPF_ANY))
		err(EXIT_FAILURE, "cannot fill the hash");
	free(slots);
}

static struct programs load(void)
{
	struct programs programs = { .frame = frame__open_and_load(), .by_call = load_by_call() };

	if (!programs.frame)
		err(EXIT_FAILURE, "cannot load the programs to compare with");
	add_hash_entry(bpf_map__fd(programs.frame->maps.percpu_hash));
	programs.fd[EMPTY] = bpf_program__fd(programs.frame->progs.bench_empty);
	programs.fd[COUNT] = load_product(&programs.source);
	programs.fd[BY_CALL] = bpf_program__fd(programs.by_call->progs.xdp_stats_count);
	programs.fd[ATOMIC] = bpf_program__fd(programs.frame->progs.bench_atomic);
	programs.fd[HASH] = bpf_program__fd(programs.frame->progs.bench_hash);
	return programs;
}

static void unload(struct programs *programs)
{
	close(programs->fd[COUNT]);
	source_close(programs->source);
	count_by_call__destroy(programs->by_call);
	frame__destroy(programs->frame);
}

static void check_counters(const struct programs *programs)
{
	struct counters counters;

	if (source_read(programs->source, &counters, NULL))
		errx(EXIT_FAILURE, "cannot read the counters");
	bench_check(names[COUNT], &counters.action[XDP_PASS], REPEAT);
	bench_check_map(names[BY_CALL], programs->by_call->maps.xdp_stats_map, XDP_PASS, REPEAT);
	bench_check_map(names[ATOMIC], programs->frame->maps.shared_array, XDP_PASS, REPEAT);
	bench_check_map(names[HASH], programs->frame->maps.percpu_hash, XDP_PASS, REPEAT);
}

int main(void)
{
	double best[CONTENDERS] = { 0 };
	int cpu = bench_pin();

	if (unshare(CLONE_NEWNET))
		err(EXIT_FAILURE, "cannot make a network namespace");
	common_open(&common, NULL);
	/* The JIT puts a program at a random place, which is worth up to 2 ns: so load it often. */
	for (int round = 0; round < ROUNDS; round++) {
		struct programs programs = load();

		for (int i = 0; i < CONTENDERS; i++)
			bench_keep(&best[i],
				   bench_run(names[i], programs.fd[i], LOOPBACK, REPEAT, XDP_PASS));
		check_counters(&programs);
		unload(&programs);
	}
	common_close(&common);

	bench_print_machine(cpu);
	printf("%d-byte frame, best of %d rounds of %d runs\n\n", FRAME_SIZE, ROUNDS, REPEAT);
	printf("%-40s%8s%8s\n", "program", "ns/frame", "ratio");
	for (int i = 0; i < CONTENDERS; i++)
		printf("%-40s%8.1f%8.2f\n", names[i], best[i], best[i] / best[EMPTY]);
	return EXIT_SUCCESS;
}
