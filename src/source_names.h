/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs are called: source_describe() and source_describe_fd(). */
#ifndef XDP_AGENTX_SOURCE_NAMES_H
#define XDP_AGENTX_SOURCE_NAMES_H

#include "source.h"

/*
 * "program: first, second"; just the program if it has no components. "..." stands for the names at
 * the end for which there is no room.
 */
void names_join(char joined[static PROGRAM_NAME_MAX], const char *program,
		const char *const *components, unsigned int count);

#endif
