/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int reason_set(struct reason *reason, int err, const char *format, ...)
{
	struct reason next;
	va_list args;

	va_start(args, format);
	vsnprintf(next.text, sizeof(next.text), format, args);
	va_end(args);
	*reason = next;
	return err;
}

void reason_add(struct reason *reason, const char *format, ...)
{
	size_t used = strlen(reason->text);
	va_list args;

	va_start(args, format);
	vsnprintf(reason->text + used, sizeof(reason->text) - used, format, args);
	va_end(args);
}

void reason_clear(struct reason *reason)
{
	reason->text[0] = '\0';
}
