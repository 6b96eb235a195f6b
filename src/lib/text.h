/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text on its way out. Names of interfaces, programs and maps, paths and arguments are octets that
 * anybody may have chosen: they control a terminal, end a line, look like another line, or are no
 * UTF-8. There is one function for each way out, and what it makes is printable ASCII. So nobody
 * has to tell harmless characters from others (letters of scripts that are written from right to
 * left turn a line around as well as a bidi control does), each has the width of one column, and it
 * does not matter which encoding the reader believes in.
 *
 * An octet is escaped as \xHH, two digits of lower case; so is the backslash. There is no other
 * escape, and it can be undone: printf '%b' of bash does.
 */
#ifndef XDP_AGENTX_LIB_TEXT_H
#define XDP_AGENTX_LIB_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The size of what so many octets become, with the NUL. */
#define TEXT_SIZE(octets) (4 * (octets) + 1)

/*
 * For a terminal, and for SNMP: DisplayString (ifName) has no more than ASCII, SnmpAdminString
 * advises against control characters, and what stands in a notification can be looked for in the
 * log. What does not fit into size octets, with the NUL, is left out, an escape as a whole.
 */
void text_escape(char *out, size_t size, const char *text);

/* For a field in a pipe: spaces are escaped, too, and # where it comes first and would be a mark.
 */
void text_escape_field(char *out, size_t size, const char *text);

/* For a log, whose messages end with a newline: that one stays. What does not fit is left out. */
void text_escape_line(char *out, size_t size, const char *text);

/* For messages: fprintf(3) and printf(3) with all of it escaped but the newline at the end. */
void text_fprintf(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For JSON: writes a string (RFC 8259, 7), with its quotes. What is no UTF-8 is U+FFFD, an octet
 * each. */
void text_put_json(FILE *stream, const char *text);

/*
 * The first character of a text that is not empty, as RFC 3629 has it. Returns how many octets it
 * has, 1 to 4; or 0 if the text does not begin with UTF-8.
 */
size_t text_decode(const char *text, uint32_t *character);

#endif
