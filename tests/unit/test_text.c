/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text on its way out, and the decoder of UTF-8: that one is compared with an encoder, for a form
 * is UTF-8 if and only if there is a character that it is the form of.
 */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

#define LAST 0x10ffff

static bool is_printable(const char *text)
{
	return text[strspn(text, " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~")] == '\0';
}

static bool is_character(uint32_t number)
{
	return number && number <= LAST && (number < 0xd800 || number > 0xdfff);
}

/* The table of RFC 3629, 3. Returns the length. */
static size_t encode(uint32_t number, char form[static 5])
{
	size_t length = number < 0x80 ? 1 : number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	form[length] = '\0';
	for (size_t i = length; --i; number /= 64)
		form[i] = (char)(0x80 + number % 64);
	form[0] = (char)(leads[length] + number);
	return length;
}

/* --- UTF-8 --- */

static void test_each_character_is_decoded(void **state)
{
	(void)state;
	for (uint32_t number = 1; number <= LAST; number++) {
		char form[5];
		uint32_t decoded = 0;
		size_t length = encode(number, form);

		if (text_decode(form, &decoded) != (is_character(number) ? length : 0) ||
		    (is_character(number) && decoded != number))
			fail_msg("U+%04X", number);
	}
}

/* The forms of so many octets that are accepted: from first, each with all that may follow. */
static unsigned long accepted(unsigned int first, size_t length, unsigned int least,
			      unsigned int most)
{
	char form[5] = { 0 };
	unsigned long count = 0;
	uint32_t character;

	form[0] = (char)first;
	if (length == 1)
		return text_decode(form, &character) == 1;
	for (unsigned int second = least; second <= most; second++)
		for (unsigned int third = least; third <= (length > 2 ? most : least); third++)
			for (unsigned int fourth = least; fourth <= (length > 3 ? most : least);
			     fourth++) {
				form[1] = (char)second;
				form[2] = length > 2 ? (char)third : '\0';
				form[3] = length > 3 ? (char)fourth : '\0';
				count += text_decode(form, &character) == length;
			}
	return count;
}

/* As there are no more of them than there are characters, each of which has one, no other is. */
static void test_nothing_else_is(void **state)
{
	static const struct {
		size_t length;
		unsigned int least, most; /* of the octets behind the first */
		unsigned long characters;
	} lines[] = {
		{ 1, 0, 0xff, 0x7f },
		{ 2, 0, 0xff, 0x800 - 0x80 },
		{ 3, 0, 0xff, 0x10000 - 0x800 - 0x800 },
		{ 4, 0x7c, 0xc4, 0x100000 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		unsigned long count = 0;

		for (unsigned int first = 1; first <= 0xff; first++)
			count += accepted(first, lines[i].length, lines[i].least, lines[i].most);
		assert_int_equal(count, lines[i].characters);
	}
}

static void test_boundaries(void **state)
{
	static const struct {
		const char *form;
		size_t length;
		uint32_t character;
	} lines[] = {
		{ "\x01", 1, 1 },
		{ "\x7f", 1, 0x7f },
		{ "\x80", 0, 0 }, /* of a form without its beginning */
		{ "\xbf", 0, 0 },
		{ "\xc0\x80", 0, 0 }, /* U+0000, too long */
		{ "\xc1\xbf", 0, 0 }, /* U+007F */
		{ "\xc2\x80", 2, 0x80 },
		{ "\xc2\x9f", 2, 0x9f }, /* a control character all the same */
		{ "\xc2", 0, 0 },        /* cut */
		{ "\xc2"
		  "A",
		  0, 0 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\x9f\xbf", 0, 0 }, /* U+07FF */
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xe2\x80", 0, 0 },
		{ "\xe2\x80\xae", 3, 0x202e },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xed\xa0\x80", 0, 0 }, /* U+D800 */
		{ "\xed\xbf\xbf", 0, 0 }, /* U+DFFF */
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x8f\xbf\xbf", 0, 0 }, /* U+FFFF */
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf0\x90\x80", 0, 0 },
		{ "\xf4\x8f\xbf\xbf", 4, LAST },
		{ "\xf4\x90\x80\x80", 0, 0 }, /* above */
		{ "\xf5\x80\x80\x80", 0, 0 },
		{ "\xf8\x80\x90\x80\x80", 0, 0 }, /* U+10000 */
		{ "\xfc\x80\x80\x90\x80\x80", 0, 0 },
		{ "\xf8\x88\x80\x80\x80", 0, 0 },
		{ "\xfb\xbf\xbf\xbf\xbf", 0, 0 },
		{ "\xfc\x84\x80\x80\x80\x80", 0, 0 },
		{ "\xfd\xbf\xbf\xbf\xbf\xbf", 0, 0 },
		{ "\xfe", 0, 0 },
		{ "\xff", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		uint32_t character = 0;

		assert_int_equal(text_decode(lines[i].form, &character), lines[i].length);
		assert_int_equal(character, lines[i].character);
	}
}

/* --- escapes --- */

/* What a reader makes of it, as the header says. */
static void undo(char *out, const char *escaped)
{
	unsigned int octet;

	for (; *escaped; escaped++)
		if (*escaped != '\\') {
			*out++ = *escaped;
		} else {
			assert_int_equal(sscanf(escaped, "\\x%2x", &octet), 1);
			*out++ = (char)octet;
			escaped += 3;
		}
	*out = '\0';
}

static void test_escapes_can_be_undone(void **state)
{
	(void)state;
	for (unsigned int first = 1; first <= 0xff; first++)
		for (unsigned int second = 0; second <= 0xff; second++) {
			char text[] = { (char)first, (char)second, '\0' };
			char escaped[TEXT_SIZE(2)], undone[3];

			text_escape(escaped, sizeof(escaped), text);
			assert_true(is_printable(escaped));
			undo(undone, escaped);
			assert_string_equal(undone, text);
			text_escape_field(escaped, sizeof(escaped), text);
			assert_true(is_printable(escaped) && *escaped != '#' &&
				    !strchr(escaped, ' '));
			undo(undone, escaped);
			assert_string_equal(undone, text);
		}
}

static void test_what_is_escaped(void **state)
{
	static const struct {
		const char *text, *escaped, *field;
	} lines[] = {
		{ "", "", "" },
		{ "eth0.5@x", "eth0.5@x", "eth0.5@x" },
		{ "\033]0;x\a", "\\x1b]0;x\\x07", "\\x1b]0;x\\x07" },
		{ "a\\x1b", "a\\x5cx1b", "a\\x5cx1b" },
		{ "#hash#", "#hash#", "\\x23hash#" },
		{ "a b", "a b", "a\\x20b" },
		{ "a\n\r\tb", "a\\x0a\\x0d\\x09b", "a\\x0a\\x0d\\x09b" },
		{ "\x7f\xff", "\\x7f\\xff", "\\x7f\\xff" },
		{ "\xc2\x9b"
		  "1m",
		  "\\xc2\\x9b1m", "\\xc2\\x9b1m" },
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae" },
		{ "b\xc3\xbc", "b\\xc3\\xbc", "b\\xc3\\xbc" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		char out[64];

		text_escape(out, sizeof(out), lines[i].text);
		assert_string_equal(out, lines[i].escaped);
		text_escape_field(out, sizeof(out), lines[i].text);
		assert_string_equal(out, lines[i].field);
	}
}

static void test_no_escape_is_cut(void **state)
{
	static const char *const fitting[] = {
		"",
		"a",
		"a",
		"a",
		"a",
		"a\\xff",
		"a\\xff",
		"a\\xff",
		"a\\xff",
		"a\\xff\\x1b",
		"a\\xff\\x1bz",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(fitting); i++) {
		char out[16];

		memset(out, '?', sizeof(out));
		text_escape(out, i + 1, "a\xff\033z");
		assert_string_equal(out, fitting[i]);
		assert_int_equal(out[i + 1], '?');
	}
}

static void test_a_line_ends_once(void **state)
{
	char out[16];

	(void)state;
	text_escape_line(out, sizeof(out), "a\nb\n\n");
	assert_string_equal(out, "a\\x0ab\\x0a\n");
	text_escape_line(out, sizeof(out), "ab\033");
	assert_string_equal(out, "ab\\x1b");
	text_escape_line(out, sizeof(out), "\n");
	assert_string_equal(out, "\n");
	text_escape_line(out, sizeof(out), "");
	assert_string_equal(out, "");
	/* One that does not fit, too. */
	text_escape_line(out, 7, "ab\033z\n");
	assert_string_equal(out, "ab\n");
	text_escape_line(out, 8, "ab\033z\n");
	assert_string_equal(out, "ab\\x1b\n");
}

static void test_messages(void **state)
{
	(void)state;
	unit_capture_begin();
	text_printf("%s: %d\n", "a\n\033", 1);
	text_fprintf(stderr, "%s: ", "b\\");
	text_fprintf(stderr, "%s\n", "c\xff");
	unit_capture_end();
	assert_string_equal(unit_written[STDOUT_FILENO], "a\\x0a\\x1b: 1\n");
	assert_string_equal(unit_written[STDERR_FILENO], "b\\x5c: c\\xff\n");
}

/* --- JSON --- */

/* To be given to free(3). */
static char *json(const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);

	text_put_json(stream, text);
	fclose(stream);
	return out;
}

static void test_json_has_each_character(void **state)
{
	char *all = calloc(LAST, 4), *end = all, *out;
	const char *at;

	(void)state;
	for (uint32_t number = 1; number <= LAST; number++)
		if (is_character(number))
			end += encode(number, end);
	at = out = json(all);
	assert_true(is_printable(out));
	assert_int_equal(*at++, '"');
	for (uint32_t number = 1; number <= LAST; number++) {
		char expected[13];

		if (!is_character(number))
			continue;
		if (number == '"' || number == '\\')
			sprintf(expected, "\\%c", (int)number);
		else if (number >= ' ' && number <= '~')
			sprintf(expected, "%c", (int)number);
		else if (number < 0x10000)
			sprintf(expected, "\\u%04x", number);
		else
			sprintf(expected, "\\u%04x\\u%04x", 0xd800 + (number - 0x10000) / 0x400,
				0xdc00 + (number - 0x10000) % 0x400);
		if (strncmp(at, expected, strlen(expected)) != 0)
			fail_msg("U+%04X: %.12s", number, at);
		at += strlen(expected);
	}
	assert_string_equal(at, "\"");
	free(out);
	free(all);
}

static void test_json_of_what_is_no_utf_8(void **state)
{
	static const struct {
		const char *text, *json;
	} lines[] = {
		{ "", "\"\"" },
		{ "a\xff"
		  "b",
		  "\"a\\ufffdb\"" },
		{ "\xc3\xa9\xc3", "\"\\u00e9\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf8\x88\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ "\xfc\x84\x80\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ "\xe2\x82"
		  "\"",
		  "\"\\ufffd\\ufffd\\\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		char *out = json(lines[i].text);

		assert_string_equal(out, lines[i].json);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_character_is_decoded),
		cmocka_unit_test(test_nothing_else_is),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_escapes_can_be_undone),
		cmocka_unit_test(test_what_is_escaped),
		cmocka_unit_test(test_no_escape_is_cut),
		cmocka_unit_test(test_a_line_ends_once),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_json_has_each_character),
		cmocka_unit_test(test_json_of_what_is_no_utf_8),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
