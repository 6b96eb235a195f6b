/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "kernel/cpus.h"
#include "lib/util.h"
#include "source/source.h"

unsigned char bench_frame[FRAME_SIZE];

int bench_pin(void)
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

void bench_print_machine(int cpu)
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

double bench_run(const char *name, int prog_fd, unsigned int ifindex, int repeat,
		 enum xdp_action verdict)
{
	struct xdp_md from = { .data_end = FRAME_SIZE, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bench_frame, .data_size_in = FRAME_SIZE,
		    .ctx_in = &from, .ctx_size_in = sizeof(from), .repeat = repeat);
	double start = cpu_time_ns();
	int error = bpf_prog_test_run_opts(prog_fd, &options);
	double ns = (cpu_time_ns() - start) / repeat;

	if (error)
		errx(EXIT_FAILURE, "cannot run %s: %s", name, strerror(-error));
	if (options.retval != verdict)
		errx(EXIT_FAILURE, "%s has returned %u", name, options.retval);
	return ns;
}

void bench_keep(double *best, double ns)
{
	if (!*best || ns < *best)
		*best = ns;
}

void bench_check(const char *name, const struct xdp_stats_rec *rec, int repeat)
{
	if (rec->rx_packets != (__u64)repeat || rec->rx_bytes != (__u64)repeat * FRAME_SIZE)
		errx(EXIT_FAILURE, "%s has counted %llu frames and %llu bytes", name,
		     rec->rx_packets, rec->rx_bytes);
}

void bench_check_map(const char *name, const struct bpf_map *map, enum xdp_action action,
		     int repeat)
{
	__u32 key = action;
	bool shared = bpf_map__type(map) == BPF_MAP_TYPE_ARRAY;
	int cpus = shared ? 1 : cpus_count();
	_cleanup_free_ struct xdp_stats_rec *slots = calloc((size_t)cpus, sizeof(*slots));
	struct xdp_stats_rec sum = { 0 };

	if (!slots || bpf_map_lookup_elem(bpf_map__fd(map), &key, slots))
		err(EXIT_FAILURE, "cannot read a map");
	for (int cpu = 0; cpu < cpus; cpu++) {
		sum.rx_packets += slots[cpu].rx_packets;
		sum.rx_bytes += slots[cpu].rx_bytes;
	}
	bench_check(name, &sum, repeat);
}
