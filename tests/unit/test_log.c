/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/log.h"

static int got_priority;
static char got_token[64], got_message[2048];

static void remember(int priority, const char *token, const char *message)
{
	got_priority = priority;
	strcpy(got_token, token ? token : "none");
	strcpy(got_message, message);
}

static void assert_got(int priority, const char *token, const char *message)
{
	assert_int_equal(got_priority, priority);
	assert_string_equal(got_token, token);
	assert_string_equal(got_message, message);
}

/* Comes first: later there is a sink. */
static void test_standard_error_is_the_default(void **state)
{
	(void)state;
	unit_capture_begin();
	log_error(-ENOENT, "a%d", 1);
	log_warning(0, "b%d", 2);
	log_info("c%d", 3);
	log_debug("token", "d%d", 4);
	log_info("%s", "\033e\nf");
	unit_capture_end();
	assert_string_equal(unit_written[STDOUT_FILENO], "");
	assert_string_equal(unit_written[STDERR_FILENO],
			    "a1: No such file or directory\nb2\nc3\n\\x1be\\x0af\n");
}

static void test_sink_gets_priority_and_token(void **state)
{
	(void)state;
	log_set_sink(remember);
	log_error(0, "%s: %u", "eth0", 7);
	assert_got(LOG_ERR, "none", "eth0: 7");
	log_warning(0, "%s", "w");
	assert_got(LOG_WARNING, "none", "w");
	log_info("%s", "i");
	assert_got(LOG_INFO, "none", "i");
	log_debug("links", "%s", "d");
	assert_got(LOG_DEBUG, "links", "d");
}

static void test_error_text_is_appended(void **state)
{
	(void)state;
	log_set_sink(remember);
	log_error(-EPERM, "cannot %s", "attach");
	assert_got(LOG_ERR, "none", "cannot attach: Operation not permitted");
	log_warning(-EBUSY, "eth0");
	assert_got(LOG_WARNING, "none", "eth0: Device or resource busy");
}

static void test_long_message_is_cut(void **state)
{
	char text[1500];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_set_sink(remember);
	log_error(-EPERM, "%s", text);
	assert_int_equal(strlen(got_message), 1023);
	assert_int_equal(strspn(got_message, "x"), 1023);

	/* Of the error's text there is as much as fits. */
	text[1018] = '\0';
	log_error(-EPERM, "%s", text);
	assert_string_equal(got_message + 1018, ": Ope");
}

static void test_what_lasts_is_news_once(void **state)
{
	int last = 0;

	(void)state;
	assert_false(log_is_news(&last, 0));
	assert_true(log_is_news(&last, -EIO));
	assert_false(log_is_news(&last, -EIO));
	assert_true(log_is_news(&last, -EPERM));
	assert_false(log_is_news(&last, 0));
	assert_true(log_is_news(&last, -EPERM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard_error_is_the_default),
		cmocka_unit_test(test_sink_gets_priority_and_token),
		cmocka_unit_test(test_error_text_is_appended),
		cmocka_unit_test(test_what_lasts_is_news_once),
		cmocka_unit_test(test_long_message_is_cut),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
