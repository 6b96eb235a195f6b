/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/text.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define MESSAGE_MAX (PATH_MAX + 512)

static bool is_printable(unsigned char octet)
{
	return octet >= ' ' && octet <= '~';
}

/* What one octet becomes. */
struct escaped {
	char text[sizeof("\\xHH")];
};

static struct escaped escape_octet(unsigned char octet, bool always)
{
	struct escaped escaped = { { (char)octet } };

	if (always || octet == '\\' || !is_printable(octet))
		snprintf(escaped.text, sizeof(escaped.text), "\\x%02x", octet);
	return escaped;
}

/* As many octets of text as fit, length at most. Returns the end of what was written. */
static char *escape(char *out, size_t size, const char *text, size_t length, bool is_field)
{
	char *end = out + size - 1;

	for (size_t i = 0; i < length; i++) {
		bool is_mark = is_field && (text[i] == ' ' || (!i && text[i] == '#'));
		struct escaped escaped = escape_octet((unsigned char)text[i], is_mark);

		if ((size_t)(end - out) < strlen(escaped.text))
			break;
		out = stpcpy(out, escaped.text);
	}
	*out = '\0';
	return out;
}

void text_escape(char *out, size_t size, const char *text)
{
	escape(out, size, text, strlen(text), false);
}

void text_escape_field(char *out, size_t size, const char *text)
{
	escape(out, size, text, strlen(text), true);
}

void text_escape_line(char *out, size_t size, const char *text)
{
	size_t length = strlen(text);
	bool ends = length && text[length - 1] == '\n';

	out = escape(out, size - ends, text, length - ends, false);
	strcpy(out, ends ? "\n" : "");
}

__attribute__((format(printf, 2, 0))) static void print(FILE *stream, const char *format,
							va_list args)
{
	char text[MESSAGE_MAX], line[TEXT_SIZE(MESSAGE_MAX)];

	vsnprintf(text, sizeof(text), format, args);
	text_escape_line(line, sizeof(line), text);
	fputs(line, stream);
}

void text_fprintf(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(stream, format, args);
	va_end(args);
}

void text_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(stdout, format, args);
	va_end(args);
}

/* Beyond U+FFFF JSON has two halves, as UTF-16. */
static void put_character(FILE *stream, uint32_t character)
{
	if (character > 0xffff)
		fprintf(stream, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10),
			0xdc00 + (character & 0x3ff));
	else
		fprintf(stream, "\\u%04x", character);
}

void text_put_json(FILE *stream, const char *text)
{
	fputc('"', stream);
	while (*text) {
		uint32_t character;
		size_t length = text_decode(text, &character);

		if (!length)
			put_character(stream, 0xfffd);
		else if (*text == '"' || *text == '\\')
			fprintf(stream, "\\%c", *text);
		else if (is_printable((unsigned char)*text))
			fputc(*text, stream);
		else
			put_character(stream, character);
		text += length ? length : 1;
	}
	fputc('"', stream);
}

size_t text_decode(const char *text, uint32_t *character)
{
	static const struct {
		unsigned char mask, lead; /* of the first octet */
		uint32_t least;           /* what is below has a shorter form */
	} forms[] = {
		{ 0x80, 0, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 }
	};
	const unsigned char *octets = (const unsigned char *)text;

	for (size_t form = 0; form < sizeof(forms) / sizeof(*forms); form++) {
		uint32_t value = octets[0] & (unsigned char)~forms[form].mask;

		if ((octets[0] & forms[form].mask) != forms[form].lead)
			continue;
		for (size_t i = 1; i <= form; i++) {
			if ((octets[i] & 0xc0) != 0x80) /* a NUL, too */
				return 0;
			value = value << 6 | (octets[i] & 0x3f);
		}
		if (value < forms[form].least || value > 0x10ffff ||
		    (value >= 0xd800 && value <= 0xdfff))
			return 0;
		*character = value;
		return form + 1;
	}
	return 0;
}
