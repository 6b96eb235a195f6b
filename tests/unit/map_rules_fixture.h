/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A registry among fakes where somebody else's program 50 of eth0, native, counts by itself. */
#ifndef XDP_AGENTX_MAP_RULES_FIXTURE_H
#define XDP_AGENTX_MAP_RULES_FIXTURE_H

#include "registry_fixture.h"

#define NO_MAP "program 'prog50' (id 50, native) has no map that can be read: "
#define NOT_OBSERVED "program 'prog50' (id 50, native) cannot be observed: it has no BTF"
#define ON_TWO "it is on several interfaces, which its map does not tell apart"
#define COUNTED_BY_TWO "several programs count in its map"

/* As configure(), for eth* with xdpMap; path may be NULL. */
void configure_map(const char *source, const char *ifname, const char *path);

/* From now on maps are refused, or with 0 no more, only remarked upon; programs are refused. */
void refuse_map(int err, const char *why);
void refuse_to_observe(void);

/* It is the next one's turn: all that was asked of the sources since the last look. */
void assert_step(const char *calls);

/* The kernel tells of a program of eth0, native, and it is its turn. */
void tell_and_step(uint32_t prog_id, const char *calls);

/* eth0 gets this rule, and then the program 50: the first turn; and one that has its map read. */
void begin_eth0(const char *source, const char *calls);
void read_eth0(void);

/* The row of eth0: a map is read, that of the program 50; and nothing is, for this reason. */
void assert_map_is_read(void);
void assert_map_is_not_read(const char *why);

/* No program is there, and is waited for; with counters or without. */
void assert_waits_for_a_program(bool with_counters);

#endif
