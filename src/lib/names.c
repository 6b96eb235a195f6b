/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t names_size(const char *names)
{
	const char *end = names;

	if (!names)
		return 0;
	while (*end)
		end += strlen(end) + 1;
	return (size_t)(end - names) + 1;
}

bool names_have(const char *names, const char *name)
{
	for (; names && *names; names += strlen(names) + 1)
		if (!strcmp(names, name))
			return true;
	return false;
}

bool names_equal(const char *a, const char *b)
{
	size_t size = names_size(a);

	return size == names_size(b) && (!size || !memcmp(a, b, size));
}

int names_copy(char **copy, const char *names)
{
	size_t size = names_size(names);
	char *made = size ? malloc(size) : NULL;

	if (size && !made)
		return -ENOMEM;
	if (size)
		memcpy(made, names, size);
	*copy = made;
	return 0;
}
