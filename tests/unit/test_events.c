/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events there are of interfaces, in each situation that one can be in. */
#include "registry_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"

static char events[2048];
static int context;

/* A line for each: "NAME attached MODE ID NAME", "NAME detached ID NAME" ... */
static void note(const struct event *event, void *argument)
{
	static const char *const modes[] = {
		"?", "none", "native", "generic", "offload", "multiple"
	};
	size_t used = strlen(events), size = sizeof(events) - used;
	char *end = events + used;

	assert_ptr_equal(argument, &context);
	assert_int_equal(event->time, unit_now);
	switch (event->kind) {
	case EVENT_ATTACHED:
		assert_int_equal(event->old_prog_id, 0);
		snprintf(end, size, "%s (%u) attached %s %u %s\n", event->ifname, event->ifindex,
			 modes[event->mode], event->prog_id, event->prog_name);
		break;
	case EVENT_DETACHED:
		assert_int_equal(event->prog_id, 0);
		snprintf(end, size, "%s (%u) detached %u %s\n", event->ifname, event->ifindex,
			 event->old_prog_id, event->old_prog_name);
		break;
	case EVENT_REPLACED:
		snprintf(end, size, "%s (%u) replaced %s %u %s for %u %s\n", event->ifname,
			 event->ifindex, modes[event->mode], event->prog_id, event->prog_name,
			 event->old_prog_id, event->old_prog_name);
		break;
	case EVENT_STATUS:
		snprintf(end, size, "%s (%u) status %d: %s\n", event->ifname, event->ifindex,
			 event->status, event->reason.text);
		break;
	}
}

static int setup(void **state)
{
	events[0] = '\0';
	if (fixture_setup(state))
		return -1;
	registry_on_event(registry, note, &context);
	return 0;
}

static void assert_events(const char *wanted)
{
	assert_string_equal(events, wanted);
	events[0] = '\0';
}

static void test_our_program(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_events("eth0 (3) attached native 1000 prog1000\n");
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_events("");

	/* Taken away by somebody, and attached again in the next step. */
	later(1000);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_events("eth0 (3) detached 1000 prog1000\n");
	registry_step(registry, 0);
	assert_events("eth0 (3) attached native 1001 prog1001\n");
}

static void test_our_program_makes_way(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_events("eth0 (3) attached native 1000 prog1000\n");
	present(3, "eth0", 50, XDP_MODE_GENERIC);
	assert_events(
		"eth0 (3) replaced generic 50 prog50 for 1000 prog1000\n"
		"eth0 (3) status 3: program 'prog50' (id 50, generic) is attached already and is "
		"left alone: detach it to have the interface counted\n");
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_events("eth0 (3) detached 50 prog50\n");
	registry_step(registry, 0);
	assert_events("eth0 (3) attached native 1001 prog1001\neth0 (3) status 1: \n");
}

static void test_observed_program(void **state)
{
	(void)state;
	observe_eth0("observe");
	assert_events(""); /* it was there */
	present(3, "eth0", 60, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_events("eth0 (3) replaced native 60 prog60 for 50 prog50\n");
	present(3, "eth0", 60, XDP_MODE_GENERIC);
	registry_step(registry, 0);
	assert_events("eth0 (3) replaced generic 60 prog60 for 60 prog60\n");
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_events("eth0 (3) detached 60 prog60\n");
	present(3, "eth0", 70, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_events("eth0 (3) attached native 70 prog70\n");
}

static void test_program_that_cannot_be_observed(void **state)
{
	static const char failed[] =
		"eth0 (3) status 3: program 'prog50' (id 50, native) cannot be "
		"observed: it has no BTF\n";

	(void)state;
	refuse_to_observe_eth0();
	assert_events(failed);

	/* Neither a further attempt nor another reason is another status. */
	later(RETRY_MS);
	fake_answer.text = "its code is not there";
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_contains(row(3)->reason.text, "its code is not there");
	assert_events("");

	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_events("eth0 (3) detached 50 prog50\neth0 (3) status 2: no program is attached\n");
}

static void test_map_of_a_program(void **state)
{
	(void)state;
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
	assert_events("");
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_events("eth0 (3) status 3: program 'prog50' (id 50, native) has no map that can be "
		      "read: it is on several interfaces, which its map does not tell apart\n");
	present(4, "eth1", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_events("eth0 (3) status 1: \n");
}

/* Its row has not been seen in another state, but it is nothing that was there: it is our failure.
 */
static void test_failed_from_the_beginning(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_events(
		"eth0 (3) status 3: program 'prog50' (id 50, native) is attached already and is "
		"left alone: detach it to have the interface counted\n");
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_events("");
}

static void test_failed_reading(void **state)
{
	struct counters counters;

	(void)state;
	count_eth0(NULL);
	assert_events("eth0 (3) attached native 1000 prog1000\n");
	fake_answer.read_err = -EIO;
	assert_int_equal(registry_read(registry, row(3), &counters, NULL), -EIO);
	assert_events("eth0 (3) status 3: cannot read the counter map: Input/output error\n");
	assert_int_equal(registry_read(registry, row(3), &counters, NULL), -EIO);
	assert_events("");
}

static void test_released(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_events("eth0 (3) attached native 1000 prog1000\n");
	fake_pins.at[3].released = true;
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_events("eth0 (3) detached 1000 prog1000\n");
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_events("");
	fake_pins.at[3].released = false;
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_events("eth0 (3) attached native 1001 prog1001\n");
}

/* What an earlier run has left counting is no news, but for a program that is another one now. */
static void test_restart(void **state)
{
	(void)state;
	fake_pins.at[3] =
		(struct fake_pinned){ .prog_id = 900, .kept = true, .kind = SOURCE_COUNT };
	fake_pins.at[4] =
		(struct fake_pinned){ .observed = 50, .kept = true, .kind = SOURCE_OBSERVE };
	configure("eth0", "count", NULL);
	add_rules_to(&rules, "*", "observe", NULL);
	registry_set_rules(registry, &rules);
	settle();
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	registry_adopt(registry, INT64_MAX);
	registry_sweep(registry, INT64_MAX);
	while (registry_step(registry, 0))
		;
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, 900, XDP_MODE_NATIVE);
	assert_row(4, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	assert_events("");
	present(3, "eth0", 900, XDP_MODE_NATIVE);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	assert_events("");
}

/* An interface without a row: nobody could look it up. */
static void test_without_a_row(void **state)
{
	(void)state;
	fake_answer.attach_err = -EPERM;
	fake_answer.text = "refused";
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_null(row(3));
	assert_events("");

	/* It gets one with this program. */
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_non_null(row(3));
	assert_events(
		"eth0 (3) attached native 50 prog50\n"
		"eth0 (3) status 3: program 'prog50' (id 50, native) is attached already and is "
		"left alone: detach it to have the interface counted\n");

	configure("eth*", "off", NULL);
	assert_null(row(3));
	present(3, "eth0", 60, XDP_MODE_NATIVE);
	assert_events("");
}

static void test_no_line_asks_for_it(void **state)
{
	(void)state;
	configure("eth0", "count", NULL);
	present(4, "eth1", 0, XDP_MODE_NONE);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	assert_events("");
}

static void test_interface_goes(void **state)
{
	(void)state;
	count_eth0(NULL);
	assert_events("eth0 (3) attached native 1000 prog1000\n");
	registry_gone(registry, 3);
	settle();
	assert_events("");
	configure("eth1", "count", NULL);
	present(4, "eth1", 50, XDP_MODE_NATIVE);
	events[0] = '\0';
	registry_dump_begin(registry);
	registry_dump_end(registry);
	settle();
	assert_events("");
}

static void test_end(void **state)
{
	(void)state;
	count_eth0(NULL);
	events[0] = '\0';
	registry_free(registry, false);
	assert_events("");
	registry_new(&registry, &fake_common, &fake_pins);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_our_program),
		TEST(test_our_program_makes_way),
		TEST(test_observed_program),
		TEST(test_program_that_cannot_be_observed),
		TEST(test_map_of_a_program),
		TEST(test_failed_from_the_beginning),
		TEST(test_failed_reading),
		TEST(test_released),
		TEST(test_restart),
		TEST(test_without_a_row),
		TEST(test_no_line_asks_for_it),
		TEST(test_interface_goes),
		TEST(test_end),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
