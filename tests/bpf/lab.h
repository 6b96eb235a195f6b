/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests on the BPF side share: a network of their own, and ways to ask the kernel. */
#ifndef XDP_AGENTX_LAB_H
#define XDP_AGENTX_LAB_H

#include "../unit/unit.h"

#include <stdbool.h>

#include "source/source.h"

/*
 * Moves to a network namespace of the program's own with a veth pair, left and right; both ends
 * stay down, so that no frame comes but from the test. Skips the whole program without root.
 */
void lab_enter(void);

/* Waits for a condition with a deadline of some seconds. Returns whether it came true. */
bool lab_eventually(bool (*condition)(const void *context), const void *context);

/* The interface of that name as source_attach() wants it. */
struct link lab_link(const char *ifname);

/*
 * Opens, and attaches, where that has to succeed; text is what the operator is told. What a test
 * leaves open is closed behind it by lab_teardown().
 */
struct source *lab_open(void);
void lab_close(struct source *source);
int lab_teardown(void **state);
void lab_attach(struct source *source, const char *ifname, enum xdp_hook hook,
		char text[static STATUS_TEXT_MAX]);

/* A descriptor of the program of a source, and one of somebody else's; the caller owns it. */
int lab_prog_fd(const struct source *source);
int lab_load_foreign(void);

/* Checks which programs are at the hook of an interface, by id; 0 is none. */
void lab_assert_hook(const char *ifname, uint32_t native, uint32_t generic);
bool lab_hook_is_free(const void *ifname);

/* A frame, and the metadata in front of it that is no part of it (up to 32 octets). */
struct lab_frame {
	unsigned int length, metadata;
};

/*
 * Runs a program on a frame, and checks that it returns XDP_PASS, or that verdict. Returns how much
 * of the frame was in the linear part of the buffer.
 */
unsigned int lab_run(int prog_fd, const struct lab_frame *frame, unsigned int repeat);
unsigned int lab_run_to(uint32_t verdict, int prog_fd, const struct lab_frame *frame,
			unsigned int repeat);

/* Adds up the CPUs of a per-CPU array of counters. */
void lab_read_map(int map_fd, struct counters *sum);

/* Checks that a counter holds this for XDP_PASS, and that all others are 0. */
void lab_assert_passed(const struct counters *counters, uint64_t packets, uint64_t bytes);

/* What /proc/self/fdinfo tells of a descriptor under a name, which ends with a colon; or "". */
void lab_fdinfo(int fd, const char *name, char value[static 64]);
uint32_t lab_prog_id(int prog_fd);

/* For lab_eventually(): whether the program with this id, a uint32_t, is no longer loaded. */
bool lab_program_is_gone(const void *prog_id);

/* What a child process, which must not use cmocka, hands to its parent. */
struct lab_answer {
	int err;
	char text[STATUS_TEXT_MAX];
	uint32_t prog_id;
};

/* Runs a function in a child process. The way it ended is in *status, see waitpid(2). */
struct lab_answer lab_ask_child(void (*child)(struct lab_answer *answer), int *status);

/* For a child: a source of its own on left. */
void lab_open_and_attach(struct lab_answer *answer);

#endif
