/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The possible CPUs: how many, and their numbers, which may have gaps. */
#ifndef XDP_AGENTX_KERNEL_CPUS_H
#define XDP_AGENTX_KERNEL_CPUS_H

#include <stddef.h>

/* How many are possible: a value of a per-CPU map has as many slots. Or -errno. */
int cpus_count(void);

/*
 * Takes a list of CPUs as the kernel writes it, "0-3,8" (Linux,
 * Documentation/admin-guide/cputopology.rst): number[0] and so on, max at most. Returns how many
 * there are in it, or max + 1 if there are more.
 */
size_t cpus_parse(const char *text, unsigned int *number, size_t max);

/*
 * The numbers of all possible CPUs of this machine, in ascending order; count says how many there
 * are. NULL if the kernel does not tell as many. They stay as long as the program.
 */
const unsigned int *cpus_possible(unsigned int count);

#endif
