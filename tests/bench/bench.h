/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the benchmarks share: the CPU they stay on, and the measuring. */
#ifndef XDP_AGENTX_BENCH_H
#define XDP_AGENTX_BENCH_H

#include <linux/bpf.h>

/* The frame that programs are run on; all 0 at first. */
#define FRAME_SIZE 64
extern unsigned char bench_frame[FRAME_SIZE];

/* Pins this process to the last CPU that it may use; interrupts prefer the first. Its number. */
int bench_pin(void);

/* Prints kernel and processor. */
void bench_print_machine(int cpu);

/*
 * Runs an XDP program so many times on a frame that is said to come from an interface, and expects
 * this verdict each time. Returns the nanoseconds that a run took, the kernel's loop included.
 */
double bench_run(const char *name, int prog_fd, unsigned int ifindex, int repeat,
		 enum xdp_action verdict);

/* Keeps the better of two times; 0 is none yet. */
void bench_keep(double *best, double ns);

struct bpf_map;

/* Adds up one entry of a map that is per CPU or shared, and expects repeat frames in it. */
void bench_check_map(const char *name, const struct bpf_map *map, enum xdp_action action,
		     int repeat);

struct xdp_stats_rec;

void bench_check(const char *name, const struct xdp_stats_rec *rec, int repeat);

#endif
