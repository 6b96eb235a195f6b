/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program of somebody else's on left that counts by itself, for sources that read its map. */
#ifndef XDP_AGENTX_MAP_FIXTURE_H
#define XDP_AGENTX_MAP_FIXTURE_H

#include "pins_fixture.h"

#include <linux/bpf.h>

#define STATS_MAP "xdp_stats_map"

/* Of the program that is at the hook of left, and its map; -1: there is none. */
extern int map_fd, prog_fd;

int map_fixture_setup(void **state);
int map_fixture_teardown(void **state);

/* The types of map that are read, each with nothing left of what was before. */
extern const enum bpf_map_type types[2];
#define FOR_EACH_TYPE(index)                                                                       \
	for (size_t index = 0; index < LENGTH(types); map_fixture_again(), index++)
void map_fixture_again(void);

/*
 * A map with the layout of ours; and a program that passes every frame, and counts it in the maps,
 * at most two of them. The caller owns the descriptors.
 */
int make_map(enum bpf_map_type type, const char *name);
int load_counting(const int *maps, unsigned int count);

/* Closes a descriptor, if there is one. */
void give_back(int *fd);

/* The program of prog_fd at the hook, as a dump would tell; with a map of its own; and no more. */
void attach_theirs(void);
void start_theirs(enum bpf_map_type type);
void detach_theirs(void);
void end_theirs(void);
void run_theirs(unsigned int repeat);

/* The source reads its map from now on. */
void use_map(void);

/* It is refused, both with a source and without one. */
void assert_refused(const char *path, int err, const char *words);

/* Our own program counts so many frames, and is gone again. */
void count_ours(unsigned int repeat);

/* The ids of a map, and of the one that is pinned. */
uint32_t id_of(int fd);
uint32_t pinned_map(void);

/* The pin and the record are of their map, or of one of ours. */
void assert_theirs(bool theirs);

#endif
