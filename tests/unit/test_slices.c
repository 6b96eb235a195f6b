/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What takes long is done in slices, here of one piece each, and news may come between any two. */
#include "registry_fixture.h"

#include <stdio.h>

#include "lib/log.h"

#define FIRST 2
#define COUNT 6
#define OVER 0 /* the time of a slice is over after its first piece */

static void present_all(uint32_t first_prog_id)
{
	for (unsigned int i = 0; i < COUNT; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "eth%u", i);
		present(FIRST + i, name, first_prog_id ? first_prog_id + i : 0,
			first_prog_id ? XDP_MODE_NATIVE : XDP_MODE_NONE);
	}
}

/* Each has a program with a map of its own, from 50 on, which is read. */
static void read_all(void)
{
	configure("eth*", "map", NULL);
	present_all(50);
	while (registry_step(registry, INT64_MAX))
		;
	assert_int_equal(registry_rows(registry)->counted.count, COUNT);
	fake_calls[0] = '\0';
	fake_keeps = 0;
}

static unsigned int active(void)
{
	const struct iface_set *shown = &registry_rows(registry)->shown;
	unsigned int count = 0;

	for (size_t i = 0; i < shown->count; i++)
		count += shown->iface[i]->status == IFACE_ACTIVE;
	return count;
}

static unsigned int slices_of(bool (*work)(struct registry *registry, int64_t until))
{
	unsigned int count = 1;

	while (work(registry, OVER))
		count++;
	return count;
}

static void test_attaches_to_one(void **state)
{
	(void)state;
	configure("eth*", "count", NULL);
	present_all(0);
	for (unsigned int i = 1; i <= COUNT; i++) {
		assert_int_equal(registry_step(registry, OVER), i < COUNT);
		assert_int_equal(active(), i);
	}
}

/* One that waits again and again does not keep the others from their turns. */
static void test_attaches_by_turns(void **state)
{
	(void)state;
	configure("eth*", "count", NULL);
	present_all(0);
	for (unsigned int i = 0; i < COUNT; i++) {
		registry_step(registry, OVER);
		present(FIRST, "eth0", 0, XDP_MODE_NONE); /* its program is gone */
	}
	assert_int_equal(active(), COUNT - 1);
}

static void test_other_rules(void **state)
{
	struct rules old = rules;

	(void)state;
	configure("eth*", "count", NULL);
	present_all(0);
	while (registry_step(registry, INT64_MAX))
		;
	fake_calls[0] = '\0';
	old = rules;
	rules = (struct rules){ 0 };
	add_rules_to(&rules, "eth*", "off", NULL);
	registry_set_rules(registry, &rules);
	assert_calls("");
	assert_true(registry_decide(registry, OVER));
	assert_calls("detach;");
	/* Between two slices one goes, and there is news of another. */
	registry_gone(registry, FIRST + 1);
	assert_calls("discard;");
	present(FIRST + COUNT - 1, "eth5", FIRST_PROG_ID + COUNT - 1, XDP_MODE_NATIVE);
	assert_int_equal(active(), 0);
	assert_false(registry_decide(registry, OVER));
	rules_free(&old);
	assert_int_equal(registry_rows(registry)->shown.count, 0);
}

static void test_left_out_of_a_dump(void **state)
{
	(void)state;
	read_all();
	registry_dump_begin(registry);
	present(FIRST, "eth0", 50, XDP_MODE_NATIVE);
	registry_dump_end(registry);
	for (unsigned int left = COUNT - 2; left > 0; left--) {
		assert_true(registry_decide(registry, OVER));
		assert_int_equal(registry_rows(registry)->shown.count, left + 1);
	}
	slices_of(registry_decide);
	assert_int_equal(registry_rows(registry)->shown.count, 1);
	assert_non_null(row(FIRST));
}

/* The next dump has yet to tell of them. */
static void test_dump_begins_before_all_are_dropped(void **state)
{
	(void)state;
	read_all();
	registry_dump_begin(registry);
	registry_dump_end(registry);
	assert_true(registry_decide(registry, OVER));
	registry_dump_begin(registry);
	slices_of(registry_decide);
	assert_int_equal(registry_rows(registry)->shown.count, COUNT - 1);
}

static void test_adopts_one(void **state)
{
	(void)state;
	configure("eth*", "count", NULL);
	for (unsigned int i = 0; i < COUNT; i++)
		fake_pins.at[FIRST + i] = (struct fake_pinned){ .prog_id = 900 + i, .kept = true };
	present_all(900);
	assert_true(registry_adopt(registry, OVER));
	assert_calls("open;adopt eth0 any;");
	registry_gone(registry, FIRST + 1);
	assert_int_equal(slices_of(registry_adopt), COUNT - 1);
	assert_int_equal(active(), COUNT - 1);
}

static void test_sweeps_one(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < COUNT; i++)
		fake_pins.at[FIRST + i] = (struct fake_pinned){ .prog_id = 900 + i, .kept = true };
	fake_answer.gone = FIRST + COUNT - 1;
	assert_true(registry_sweep(registry, OVER));
	assert_calls("forget 7;");
	assert_int_equal(slices_of(registry_sweep), COUNT - 1 + 1);
	assert_calls("take off 6;take off 5;take off 4;take off 3;take off 2;");
}

/* --- decided once, however many programs come and go --- */

static void test_programs_elsewhere(void **state)
{
	(void)state;
	read_all();
	for (uint32_t id = 100; id < 120; id++)
		present(40, "other", id, XDP_MODE_NATIVE);
	assert_calls("");
	assert_int_equal(fake_keeps, 0); /* nobody was decided */
}

static void test_maps_of_several_programs(void **state)
{
	(void)state;
	read_all();
	fake_answer.map_shared = true;
	for (uint32_t id = 100; id < 120; id++) {
		struct netdev netdev = { .ifindex = 40, .name = "other", .prog_id = id };

		registry_present(registry, &netdev);
	}
	assert_int_equal(active(), COUNT);
	assert_true(registry_decide(registry, OVER));
	assert_int_equal(active(), COUNT - 1);
	slices_of(registry_decide);
	assert_int_equal(active(), 0);
	assert_calls("end reading;end reading;end reading;end reading;end reading;end reading;");
}

/* The one that was alone with it fails with the second; what comes thereafter changes nothing. */
static void test_one_program_on_all(void **state)
{
	(void)state;
	configure("eth*", "map", NULL);
	present(FIRST, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, OVER);
	assert_calls("open;map eth0 50;");
	unit_log_clear();
	for (unsigned int i = 1; i < COUNT; i++)
		present(FIRST + i, "ethx", 50, XDP_MODE_NATIVE);
	while (registry_step(registry, INT64_MAX))
		;
	assert_calls("end reading;");
	assert_int_equal(rows_failed(registry_rows(registry)), COUNT);
	unit_log_clear();
	for (unsigned int i = COUNT - 1; i > 1; i--)
		registry_gone(registry, FIRST + i);
	slices_of(registry_decide);
	assert_string_equal(unit_logged, "");
	registry_gone(registry, FIRST + 1);
	registry_step(registry, OVER);
	assert_int_equal(active(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attaches_to_one),
		TEST(test_attaches_by_turns),
		TEST(test_other_rules),
		TEST(test_left_out_of_a_dump),
		TEST(test_dump_begins_before_all_are_dropped),
		TEST(test_adopts_one),
		TEST(test_sweeps_one),
		TEST(test_programs_elsewhere),
		TEST(test_maps_of_several_programs),
		TEST(test_one_program_on_all),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
