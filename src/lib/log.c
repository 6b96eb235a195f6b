/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/text.h"

static void log_to_stderr(int priority, const char *token, const char *message)
{
	(void)token;
	if (priority < LOG_DEBUG)
		text_fprintf(stderr, "%s\n", message);
}

static log_sink current_sink = log_to_stderr;

void log_set_sink(log_sink sink)
{
	current_sink = sink;
}

__attribute__((format(printf, 4, 0))) static void log_line(int priority, const char *token, int err,
							   const char *format, va_list args)
{
	char message[1024];
	size_t used;

	vsnprintf(message, sizeof(message), format, args);
	used = strlen(message);
	if (err)
		snprintf(message + used, sizeof(message) - used, ": %s", strerror(-err));
	current_sink(priority, token, message);
}

void log_error(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_ERR, NULL, err, format, args);
	va_end(args);
}

void log_warning(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_WARNING, NULL, err, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_INFO, NULL, 0, format, args);
	va_end(args);
}

void log_debug(const char *token, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_DEBUG, token, 0, format, args);
	va_end(args);
}

bool log_is_news(int *last, int err)
{
	bool news = err && err != *last;

	*last = err;
	return news;
}
