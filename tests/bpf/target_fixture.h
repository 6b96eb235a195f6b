/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads programs of targets.bpf.c for those tests that observe. */
#ifndef XDP_AGENTX_TARGET_FIXTURE_H
#define XDP_AGENTX_TARGET_FIXTURE_H

#include <stdint.h>

struct bpf_program;

/* Changes a program before it is loaded; context is the caller's. */
typedef void target_fixture_prepare(struct bpf_program *program, const void *context);

/* One of the programs: a descriptor that the caller owns, or -errno. prepare may be NULL. */
int target_fixture_load(const char *name, target_fixture_prepare *prepare, const void *context);

/* The BTF id of a function of a program. */
uint32_t target_fixture_function(int prog_fd, const char *name);

/* For a child process: takes a capability out of the effective set. 0 or -1. */
int target_fixture_drop(unsigned int capability);

#endif
