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
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "count_by_call.skel.h"
#include "source.h"
#include "tests/bench/frame.skel.h"
#include "util.h"

#define FRAME_SIZE 64
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
	struct link loopback = { .ifindex = 1, .name = "lo" };
	char text[STATUS_TEXT_MAX] = "";
	int fd;

	if (source_open(source, NULL, &loopback, text) ||
	    source_attach(*source, &loopback, HOOK_GENERIC, text))
		errx(EXIT_FAILURE, "%s", text);
	fd = bpf_prog_get_fd_by_id(source_prog_id(*source));
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
	struct xdp_stats_rec *slots = calloc((size_t)source_possible_cpus(), sizeof(*slots));

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

/* Adds up one entry of a map that is per CPU or shared. */
static struct xdp_stats_rec read_passed(const struct bpf_map *map)
{
	__u32 action = XDP_PASS;
	bool shared = bpf_map__type(map) == BPF_MAP_TYPE_ARRAY;
	int cpus = shared ? 1 : source_possible_cpus();
	_cleanup_free_ struct xdp_stats_rec *slots = calloc((size_t)cpus, sizeof(*slots));
	struct xdp_stats_rec sum = { 0 };

	if (!slots || bpf_map_lookup_elem(bpf_map__fd(map), &action, slots))
		err(EXIT_FAILURE, "cannot read a map");
	for (int cpu = 0; cpu < cpus; cpu++) {
		sum.rx_packets += slots[cpu].rx_packets;
		sum.rx_bytes += slots[cpu].rx_bytes;
	}
	return sum;
}

static void check(const char *name, const struct xdp_stats_rec *passed)
{
	if (passed->rx_packets != REPEAT || passed->rx_bytes != (__u64)REPEAT * FRAME_SIZE)
		errx(EXIT_FAILURE, "%s has counted %llu frames and %llu bytes", name,
		     passed->rx_packets, passed->rx_bytes);
}

static void check_counters(const struct programs *programs)
{
	struct xdp_stats_rec by_call = read_passed(programs->by_call->maps.xdp_stats_map);
	struct xdp_stats_rec atomic = read_passed(programs->frame->maps.shared_array);
	struct xdp_stats_rec hash = read_passed(programs->frame->maps.percpu_hash);
	struct counters counters;

	if (source_read(programs->source, &counters))
		errx(EXIT_FAILURE, "cannot read the counters");
	check(names[COUNT], &counters.action[XDP_PASS]);
	check(names[BY_CALL], &by_call);
	check(names[ATOMIC], &atomic);
	check(names[HASH], &hash);
}

/*
 * The kernel tells the duration of a run in whole nanoseconds, so we measure. The wall clock will
 * not do: the call waits for other CPUs before its first run and after its last one (the dispatcher
 * that XDP programs are called through is rebuilt). The CPU time of this thread has no waiting in
 * it.
 */
static double cpu_time_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double measure(const char *name, int prog_fd)
{
	static const unsigned char frame[FRAME_SIZE];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = REPEAT);
	double start = cpu_time_ns();
	int error = bpf_prog_test_run_opts(prog_fd, &options);
	double ns = (cpu_time_ns() - start) / REPEAT;

	if (error)
		errx(EXIT_FAILURE, "cannot run %s: %s", name, strerror(-error));
	if (options.retval != XDP_PASS)
		errx(EXIT_FAILURE, "%s has returned %u", name, options.retval);
	return ns;
}

/* Pins this process to the last CPU that it may use; interrupts prefer the first. */
static int pin(void)
{
	cpu_set_t set;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(set), &set))
		err(EXIT_FAILURE, "cannot ask for the CPUs");
	while (!CPU_ISSET(cpu, &set))
		cpu--;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(EXIT_FAILURE, "cannot stay on CPU %d", cpu);
	return cpu;
}

static void print_machine(int cpu)
{
	char line[256], model[128] = "unknown model";
	FILE *file = fopen("/proc/cpuinfo", "re");
	struct utsname kernel;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	if (file)
		fclose(file);
	uname(&kernel);
	printf("Linux %s, %s, CPU %d (%s)\n", kernel.release, kernel.machine, cpu, model);
}

int main(void)
{
	double best[CONTENDERS] = { 0 };
	int cpu = pin();

	if (unshare(CLONE_NEWNET))
		err(EXIT_FAILURE, "cannot make a network namespace");
	/* The JIT puts a program at a random place, which is worth up to 2 ns: so load it often. */
	for (int round = 0; round < ROUNDS; round++) {
		struct programs programs = load();

		for (int i = 0; i < CONTENDERS; i++) {
			double ns = measure(names[i], programs.fd[i]);

			if (!round || ns < best[i])
				best[i] = ns;
		}
		check_counters(&programs);
		unload(&programs);
	}
	source_cleanup();

	print_machine(cpu);
	printf("%d-byte frame, best of %d rounds of %d runs\n\n", FRAME_SIZE, ROUNDS, REPEAT);
	printf("%-40s%8s%8s\n", "program", "ns/frame", "ratio");
	for (int i = 0; i < CONTENDERS; i++)
		printf("%-40s%8.1f%8.2f\n", names[i], best[i], best[i] / best[EMPTY]);
	return EXIT_SUCCESS;
}
