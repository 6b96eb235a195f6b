/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names one after the other, each with its NUL; an empty one ends the list. NULL is empty, too. */
#ifndef XDP_AGENTX_LIB_NAMES_H
#define XDP_AGENTX_LIB_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* In octets, with the end; 0 for NULL. */
size_t names_size(const char *names);

bool names_have(const char *names, const char *name);
bool names_equal(const char *a, const char *b);

/* Sets *copy, which is the caller's, to be given to free(3). 0 or -ENOMEM. */
int names_copy(char **copy, const char *names);

#endif
