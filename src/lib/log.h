/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages for the operator. The core knows no logging system: what it says goes to a sink, which
 * is standard error until log_set_sink() names another.
 */
#ifndef XDP_AGENTX_LIB_LOG_H
#define XDP_AGENTX_LIB_LOG_H

#include <stdbool.h>

/*
 * priority is one of syslog(3)'s LOG_ERR, LOG_WARNING, LOG_INFO and LOG_DEBUG; token, xdp:PART,
 * names the part of the program that speaks and is set for LOG_DEBUG only; message is one line
 * without its newline. Names in it are as they came: a sink has lib/text.h escape what it writes.
 */
typedef void (*log_sink)(int priority, const char *token, const char *message);

void log_set_sink(log_sink sink);

/* err is 0 or -errno; unless 0, its text is put behind the message. */
void log_error(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warning(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *token, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * For a failure that lasts: true if err is one and another than the last time, which is kept in
 * *last. So what is asked again and again is logged once.
 */
bool log_is_news(int *last, int err);

#endif
