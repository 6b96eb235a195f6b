/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the one call costs an author's program: nanoseconds for each run of the example on a 64-byte
 * frame by BPF_PROG_TEST_RUN, next to the same program without the call. Needs root.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "tests/bench/drop_udp.skel.h"
#include "tests/bench/drop_udp_by_call.skel.h"
#include "tests/bench/drop_udp_without.skel.h"

#define LOOPBACK 1 /* ifIndex */
#define ROUNDS 100
#define REPEAT 1000000
#define DISCARD 9 /* the port */

enum contender { WITHOUT, WITH, BY_CALL, CONTENDERS };

static const struct {
	const char *name;
	const void *(*elf_bytes)(size_t *size);
} contenders[] = {
	[WITHOUT] = { "without the call", drop_udp_without__elf_bytes },
	[WITH] = { "with it", drop_udp__elf_bytes },
	[BY_CALL] = { "... before Linux 6.2", drop_udp_by_call__elf_bytes },
};

/* What a program is run on, one after the other. */
enum what { OTHER, DATAGRAM, FRAMES };

static const struct {
	enum xdp_action verdict;
	const char *name;
} frames[] = {
	[OTHER] = { XDP_PASS, "passes what is not IPv4" },
	[DATAGRAM] = { XDP_DROP, "drops a datagram to a port in its map" },
};

static void make_frame(int what)
{
	struct ethhdr *eth = (struct ethhdr *)bench_frame;
	struct iphdr *ip = (struct iphdr *)(eth + 1);
	struct udphdr *udp = (struct udphdr *)(ip + 1);

	memset(bench_frame, 0, FRAME_SIZE);
	if (what == OTHER)
		return;
	eth->h_proto = htons(ETH_P_IP);
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->protocol = IPPROTO_UDP;
	udp->dest = htons(DISCARD);
}

static struct bpf_object *load(enum contender contender)
{
	const __u16 port = htons(DISCARD);
	const __u8 value = 1;
	size_t size;
	const void *bytes = contenders[contender].elf_bytes(&size);
	struct bpf_object *object = bpf_object__open_mem(bytes, size, NULL);
	int ports;

	if (!object || bpf_object__load(object))
		err(EXIT_FAILURE, "cannot load the example, %s", contenders[contender].name);
	ports = bpf_object__find_map_fd_by_name(object, "drop_ports");
	if (bpf_map_update_elem(ports, &port, &value, BPF_ANY))
		err(EXIT_FAILURE, "cannot tell the example of a port");
	return object;
}

static void measure(enum contender contender, double best[static FRAMES])
{
	const char *name = contenders[contender].name;
	struct bpf_object *object = load(contender);
	int fd = bpf_program__fd(bpf_object__next_program(object, NULL));

	for (int i = 0; i < FRAMES; i++) {
		make_frame(i);
		bench_keep(&best[i], bench_run(name, fd, LOOPBACK, REPEAT, frames[i].verdict));
		bench_check_map(name, bpf_object__find_map_by_name(object, "xdp_stats_map"),
				frames[i].verdict, contender == WITHOUT ? 0 : REPEAT);
	}
	bpf_object__close(object);
}

int main(void)
{
	double best[CONTENDERS][FRAMES] = { 0 };
	int cpu = bench_pin();

	/* As in frame.c, programs are loaded often, for the place that the JIT chooses matters. */
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < CONTENDERS; i++)
			measure((enum contender)i, best[i]);

	bench_print_machine(cpu);
	printf("%d-byte frame, best of %d rounds of %d runs\n", FRAME_SIZE, ROUNDS, REPEAT);
	for (int i = 0; i < FRAMES; i++) {
		printf("\n%-40s%8s%8s\n", frames[i].name, "ns/frame", "ratio");
		for (int j = 0; j < CONTENDERS; j++)
			printf("%-40s%8.1f%8.2f\n", contenders[j].name, best[j][i],
			       best[j][i] / best[WITHOUT][i]);
	}
	return EXIT_SUCCESS;
}
