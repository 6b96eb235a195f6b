/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it costs to be observed: nanoseconds for each run of a program that drops a 64-byte frame,
 * by BPF_PROG_TEST_RUN, which goes through the trampolines as a frame does. Needs root, ip(8), and
 * a kernel that allows fentry and fexit. The environment may set ROUNDS and REPEAT.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "lib/util.h"
#include "source/common.h"
#include "source/source.h"
#include "source/target.h"
#include "tests/bench/observe.skel.h"

enum contender { BARE, COUNTS, ENTRY, BOTH, FIRST, FOUND, FOREIGN, CONTENDERS };

static const char *const names[] = {
	[BARE] = "the program alone",
	[COUNTS] = "it counts by itself",
	[ENTRY] = "empty fentry",
	[BOTH] = "empty fentry and fexit",
	[FIRST] = "observed, the first interface",
	[FOUND] = "observed, another interface",
	[FOREIGN] = "observed, but not on this interface",
};

/* The interfaces with the program: two that are observed, one that is not. */
enum where { WHERE_FIRST, WHERE_OTHER, WHERE_FOREIGN, WHERE_COUNT };

static const char *const interfaces[] = { "first", "other", "foreign" };

static int rounds = 50, repeat = 200000;

static struct common common; /* nothing is pinned */

struct fixture {
	struct observe *skel;
	struct netdev netdev[WHERE_COUNT];
	struct bpf_link *attached[WHERE_COUNT];
};

static struct fixture load(void)
{
	struct fixture fixture = { .skel = observe__open_and_load() };

	if (!fixture.skel)
		err(EXIT_FAILURE, "cannot load the programs");
	return fixture;
}

/* Natively. */
static struct bpf_link *attach(const struct bpf_program *program, enum where where)
{
	struct bpf_link *link =
		bpf_program__attach_xdp(program, (int)if_nametoindex(interfaces[where]));

	if (!link)
		err(EXIT_FAILURE, "cannot attach to %s", interfaces[where]);
	return link;
}

static void attach_everywhere(struct fixture *fixture)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(fixture->skel->progs.bench_drop), &info, &size))
		err(EXIT_FAILURE, "cannot ask for the program");
	for (int i = 0; i < WHERE_COUNT; i++) {
		struct netdev *netdev = &fixture->netdev[i];

		fixture->attached[i] = attach(fixture->skel->progs.bench_drop, (enum where)i);
		*netdev = (struct netdev){ .ifindex = if_nametoindex(interfaces[i]),
					   .mode = XDP_MODE_NATIVE,
					   .prog_id = info.id };
		snprintf(netdev->name, sizeof(netdev->name), "%s", interfaces[i]);
	}
}

static void unload(struct fixture *fixture)
{
	for (int i = 0; i < WHERE_COUNT; i++)
		bpf_link__destroy(fixture->attached[i]);
	observe__destroy(fixture->skel);
}

/* Keeps the best time of all rounds. */
static void measure(enum contender contender, const struct fixture *fixture, enum where where,
		    double best[static CONTENDERS])
{
	const struct bpf_program *program = contender == COUNTS ? fixture->skel->progs.bench_counts
								: fixture->skel->progs.bench_drop;

	bench_keep(&best[contender],
		   bench_run(names[contender], bpf_program__fd(program),
			     if_nametoindex(interfaces[where]), repeat, XDP_DROP));
}

/* A tracing program that does nothing, on the entry to the program or on its return: its link. */
static int trace(const struct target *target, enum bpf_attach_type type)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = type,
		    .attach_prog_fd = (__u32)target->prog_fd, .attach_btf_id = target->function);
	_cleanup_close_ int prog_fd =
		bpf_prog_load(BPF_PROG_TYPE_TRACING, "bench_nothing", "GPL", nothing,
			      sizeof(nothing) / sizeof(*nothing), &options);
	int link_fd = prog_fd < 0 ? prog_fd : bpf_link_create(prog_fd, 0, type, NULL);

	if (link_fd < 0)
		errx(EXIT_FAILURE, "cannot trace the program: %s", strerror(-link_fd));
	return link_fd;
}

static void measure_trampolines(const struct fixture *fixture, double best[static CONTENDERS])
{
	_cleanup_close_ int in_fd = -1, out_fd = -1;
	struct reason reason;
	struct target target;

	if (target_open(&target, fixture->netdev[WHERE_FIRST].prog_id, &reason))
		errx(EXIT_FAILURE, "%s", reason.text);
	in_fd = trace(&target, BPF_TRACE_FENTRY);
	measure(ENTRY, fixture, WHERE_FIRST, best);
	out_fd = trace(&target, BPF_TRACE_FEXIT);
	measure(BOTH, fixture, WHERE_FIRST, best);
	target_close(&target);
}

/* By the agent's own observer, of which the first interface is found without a look-up. */
static void measure_observer(const struct fixture *fixture, double best[static CONTENDERS])
{
	struct source *source[WHERE_FOREIGN];
	const struct port_list none = { 0 };
	struct counters counters;
	struct reason reason;

	for (int i = 0; i < WHERE_FOREIGN; i++)
		if (source_open(&source[i], &common, &fixture->netdev[i], &reason) ||
		    source_observe(source[i], &fixture->netdev[i], &none, &reason))
			errx(EXIT_FAILURE, "%s", reason.text);
	for (int i = 0; i < WHERE_COUNT; i++)
		measure(FIRST + (enum contender)i, fixture, (enum where)i, best);
	for (int i = 0; i < WHERE_FOREIGN; i++) {
		if (source_read(source[i], &counters, NULL))
			errx(EXIT_FAILURE, "cannot read the counters");
		bench_check(names[FIRST + i], &counters.action[XDP_DROP], repeat);
		source_discard(source[i]);
	}
}

static void run_round(double best[static CONTENDERS])
{
	struct fixture fixture = load();
	/*
	 * To make a program known to the kernel's dispatcher takes time, and more than one make it
	 * choose: so what runs is attached, and nothing else.
	 */
	struct bpf_link *alone = attach(fixture.skel->progs.bench_counts, WHERE_FIRST);

	measure(COUNTS, &fixture, WHERE_FIRST, best);
	bench_check_map(names[COUNTS], fixture.skel->maps.own_counters, XDP_DROP, repeat);
	bpf_link__destroy(alone);
	attach_everywhere(&fixture);
	measure(BARE, &fixture, WHERE_FIRST, best);
	measure_trampolines(&fixture, best);
	measure_observer(&fixture, best);
	unload(&fixture);
}

static int number(const char *name, int otherwise)
{
	const char *value = getenv(name);
	int found = value ? atoi(value) : otherwise;

	if (found <= 0)
		errx(EXIT_FAILURE, "%s is no number", name);
	return found;
}

static void make_interfaces(void)
{
	char command[128];

	if (unshare(CLONE_NEWNET))
		err(EXIT_FAILURE, "cannot make a network namespace");
	for (int i = 0; i < WHERE_COUNT; i++) {
		snprintf(command, sizeof(command), "ip link add %s type veth", interfaces[i]);
		if (system(command))
			errx(EXIT_FAILURE, "cannot make an interface");
	}
}

int main(void)
{
	double best[CONTENDERS] = { 0 };
	struct reason reason;
	int cpu = bench_pin();

	rounds = number("ROUNDS", rounds);
	repeat = number("REPEAT", repeat);
	make_interfaces();
	bench_print_machine(cpu);
	common_open(&common, NULL);
	if (common_need_observe(&common, &reason)) {
		printf("what it costs to be observed cannot be measured: %s\n", reason.text);
		return EXIT_SUCCESS;
	}
	for (int round = 0; round < rounds; round++)
		run_round(best);
	common_close(&common);

	printf("%d-byte frame, best of %d rounds of %d runs\n\n", FRAME_SIZE, rounds, repeat);
	printf("%-40s%8s%8s%8s\n", "program that drops", "ns/frame", "more", "ratio");
	for (int i = 0; i < CONTENDERS; i++)
		printf("%-40s%8.1f%8.1f%8.2f\n", names[i], best[i], best[i] - best[BARE],
		       best[i] / best[BARE]);
	return EXIT_SUCCESS;
}
