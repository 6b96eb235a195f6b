/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A registry among fakes: the tests are the configuration, the kernel's news and the clock. */
#ifndef XDP_AGENTX_REGISTRY_FIXTURE_H
#define XDP_AGENTX_REGISTRY_FIXTURE_H

#include "fake_source.h"

#include "iface/registry.h"

#define RETRY_MS 60000 /* a refused attempt is repeated after that */

extern struct registry *registry; /* pins in fake_pins */
extern struct rules rules;

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A line more in a configuration; and the one line of the registry's. */
void add_rules_to(struct rules *to, const char *patterns, const char *source, const char *hook);
void configure(const char *patterns, const char *source, const char *hook);

/* The kernel's news of an interface with an MTU of 1500, in no device; and of a port of one. */
void present(unsigned int ifindex, const char *name, uint32_t prog_id, enum xdp_mode mode);
void present_port(unsigned int ifindex, const char *name, unsigned int master);

/* What is decided in slices, all of it. */
void settle(void);

/* The row of xdpIfTable, or NULL; whether there are counters to read. */
struct iface *row(unsigned int ifindex);
bool counted(unsigned int ifindex);

/* What was asked of the sources since the last look. */
void assert_calls(const char *wanted);
void assert_row(unsigned int ifindex, enum iface_status status, enum source_kind kind,
		uint32_t prog_id, enum xdp_mode mode);

/* The kernel says of eth0 what it said before; nothing comes of it. */
void assert_nothing_new(uint32_t prog_id, enum xdp_mode mode);

/*
 * eth0 with ifIndex 3: counted by a first program of ours; its program 50 observed, by the rule
 * observe or auto; its program 50 of the kind that cannot be.
 */
void count_eth0(const char *hook);
void observe_eth0(const char *source);
void refuse_to_observe_eth0(void);

/* a and b, with ifIndex 2 and 3, each counted by a program of ours. */
void count_two(void);

/* By how much registry_generation() grew since the last look. */
uint64_t grown(void);

/* Moves the clock; returns the time it is then. */
int64_t later(int64_t ms);

#endif
