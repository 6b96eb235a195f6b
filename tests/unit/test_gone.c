/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An interface that is gone when its turn comes, and of which the kernel has not told that yet. */
#include "registry_fixture.h"

#include <errno.h>

#include "lib/log.h"

static void test_nothing_is_said(void **state)
{
	static const char *const sources[] = { "count", "auto", "observe", "map" };

	for (size_t i = 0; i < 2 * LENGTH(sources); i++) {
		uint32_t prog_id = i % 2 ? 50 : 0;

		fixture_teardown(state);
		fixture_setup(state);
		fake_answer.attach_err = fake_answer.observe_err = fake_answer.map_err = -EINVAL;
		fake_answer.text = "Invalid argument";
		fake_answer.gone = 3;
		configure("*", sources[i / 2], NULL);
		present(3, "eth0", prog_id, prog_id ? XDP_MODE_NATIVE : XDP_MODE_NONE);
		if (i == 1)
			continue; /* count has nothing to do here */
		assert_false(registry_step(registry, 0));
		assert_int_equal(rows_failed(registry_rows(registry)), 0);
		assert_string_equal(unit_logged, "");
		registry_gone(registry, 3);
		settle();
		assert_int_equal(registry_rows(registry)->watched.count, 0);
	}
}

static void test_one_that_is_there_fails(void **state)
{
	(void)state;
	fake_answer.attach_err = -EINVAL;
	fake_answer.text = "Invalid argument";
	fake_answer.gone = 4;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry, 0));
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(unit_logged, "warning: eth0: Invalid argument\n");
}

/* It came back, with what it had. */
static void test_back_again(void **state)
{
	(void)state;
	fake_answer.attach_err = -EINVAL;
	fake_answer.gone = 3;
	configure("eth0", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	fake_answer.attach_err = fake_answer.gone = 0;
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_said),
		TEST(test_one_that_is_there_fails),
		TEST(test_back_again),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("gone", tests, NULL, NULL);
}
