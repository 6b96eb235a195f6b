/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests on the BPF side share: a network of their own, and ways to ask the kernel. */
#ifndef XDP_AGENTX_FIXTURE_H
#define XDP_AGENTX_FIXTURE_H

#include "../unit/unit.h"

#include <stdbool.h>

#include "kernel/program_name.h"
#include "kernel/rtnl.h"
#include "kernel/xdp.h"
#include "lib/reason.h"
#include "source/common.h"
#include "source/counters.h"

struct source;

/*
 * Moves to a network namespace of the program's own with a veth pair, left and right; both ends
 * stay down, so that no frame comes but from the test. Skips the whole program without root.
 */
void fixture_enter(void);

/* Waits for a condition with a deadline of some seconds. Returns whether it came true. */
bool fixture_eventually(bool (*condition)(const void *context), const void *context);

/* The interface of that name as source_attach() wants it. */
struct netdev fixture_netdev(const char *ifname);

/* What the sources of a test share; open, without pins, where a test begins. */
extern struct common fixture_common;

/*
 * Opens, and attaches, where that has to succeed; reason is what the operator is told. What a test
 * leaves open is closed behind it by fixture_teardown(), and what they shared.
 */
struct source *fixture_open(void);
void fixture_close(struct source *source);
int fixture_teardown(void **state);
void fixture_attach(struct source *source, const char *ifname, enum xdp_hook hook,
		    struct reason *reason);

/* A descriptor of the program of a source, and one of somebody else's; the caller owns it. */
int fixture_prog_fd(const struct source *source);
int fixture_load_foreign(void);

/* Checks which programs are at the hook of an interface, by id; 0 is none. */
void fixture_assert_hook(const char *ifname, uint32_t native, uint32_t generic);
bool fixture_hook_is_free(const void *ifname);

/* A frame, and the metadata in front of it that is no part of it (up to 32 octets). */
struct fixture_frame {
	unsigned int length, metadata;
};

/*
 * Runs a program on a frame, and checks that it returns XDP_PASS, or that verdict. Returns how much
 * of the frame was in the linear part of the buffer.
 */
unsigned int fixture_run(int prog_fd, const struct fixture_frame *frame, unsigned int repeat);
unsigned int fixture_run_to(uint32_t verdict, int prog_fd, const struct fixture_frame *frame,
			    unsigned int repeat);

/* Adds up the CPUs of a per-CPU array of counters. */
void fixture_read_map(int map_fd, struct counters *sum);

/* Checks that a counter holds this for XDP_PASS, and that all others are 0. */
void fixture_assert_passed(const struct counters *counters, uint64_t packets, uint64_t bytes);

/* What /proc/self/fdinfo tells of a descriptor under a name, which ends with a colon; or "". */
void fixture_fdinfo(int fd, const char *name, char value[static 64]);
uint32_t fixture_prog_id(int prog_fd);

/* What a program is called, by its id or by a descriptor. */
struct program_info fixture_describe(uint32_t prog_id);
struct program_info fixture_describe_fd(int prog_fd);

/* For fixture_eventually(): whether the program with this id, a uint32_t, is no longer loaded. */
bool fixture_program_is_gone(const void *prog_id);

/* What a child process, which must not use cmocka, hands to its parent. */
struct fixture_answer {
	int err;
	struct reason reason;
	uint32_t prog_id;
};

/* Runs a function in a child process. The way it ended is in *status, see waitpid(2). */
struct fixture_answer fixture_ask_child(void (*child)(struct fixture_answer *answer), int *status);

/* For a child: a source of its own on left. */
void fixture_open_and_attach(struct fixture_answer *answer);

#endif
