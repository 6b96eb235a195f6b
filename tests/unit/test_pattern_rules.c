/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a pattern does not mean: the loopback, and ports of a bond or a team. */
#include "registry_fixture.h"

#include <stdio.h>
#include <string.h>

#include "lib/log.h"

#define PORT_TEXT "a port of bond0 is left to it; name the port to have it counted by itself"
#define LOOPBACK_TEXT "the loopback is left alone unless it is named"

/* Rules that attach where nothing is. */
static const char *const attaching[] = { "count", "auto" };

static void present_lo(uint32_t prog_id)
{
	const struct netdev lo = {
		.ifindex = 1,
		.name = "lo",
		.loopback = true,
		.mtu = 1500,
		.mode = prog_id ? XDP_MODE_GENERIC : XDP_MODE_NONE,
		.prog_id = prog_id,
	};

	registry_present(registry, &lo);
	settle();
}

/* eth0, with ifIndex 3, as a port of the bond 10 of that name, which may not be known. */
static void present_bonded(const char *bond, uint32_t prog_id)
{
	struct netdev port = {
		.ifindex = 3,
		.name = "eth0",
		.mtu = 1500,
		.master = 10,
		.bonded = true,
		.mode = prog_id ? XDP_MODE_NATIVE : XDP_MODE_NONE,
		.prog_id = prog_id,
	};

	snprintf(port.bond, sizeof(port.bond), "%s", bond);
	registry_present(registry, &port);
	settle();
}

static const struct iface *watched(unsigned int ifindex)
{
	return iface_set_find(&registry_rows(registry)->watched, ifindex);
}

/* It waits, for the reason in its text; nothing is attached, and nobody is told. */
static void assert_left_out(unsigned int ifindex, const char *text)
{
	const struct iface *iface = watched(ifindex);

	assert_false(registry_step(registry, 0));
	assert_non_null(iface);
	assert_int_equal(iface->status, IFACE_WAITING);
	assert_int_equal(iface->kind, SOURCE_NONE);
	assert_string_equal(iface->reason.text, text);
	assert_int_equal(rows_failed(registry_rows(registry)), 0);
	assert_null(strstr(unit_logged, "warning"));
}

static void start_again(void **state)
{
	fixture_teardown(state);
	fixture_setup(state);
}

static void test_pattern_leaves_them_out(void **state)
{
	for (size_t i = 0; i < LENGTH(attaching); i++) {
		start_again(state);
		configure("*", attaching[i], NULL);
		present_lo(0);
		present_bonded("bond0", 0);
		assert_left_out(1, LOOPBACK_TEXT);
		assert_left_out(3, PORT_TEXT);
		assert_null(row(1)); /* it never had a program */
		assert_null(row(3));

		present_bonded("", 0); /* the bond is just going */
		assert_left_out(3, "a port of a bond or team is left to it; name the port to have "
				   "it counted by itself");
		assert_calls("");
	}
}

static void test_name_takes_them(void **state)
{
	for (size_t i = 0; i < LENGTH(attaching); i++) {
		start_again(state);
		configure("lo,eth0", attaching[i], NULL);
		present_lo(0);
		present_bonded("bond0", 0);
		registry_step(registry, 0);
		registry_step(registry, 0);
		assert_calls("open;attach lo any;open;attach eth0 any;");
		assert_row(1, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, XDP_MODE_NATIVE);
		assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	}
}

/* A port of a bridge has its frames to itself. */
static void test_other_ports_are_counted(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	present_port(3, "eth0", 10);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
}

static void test_becomes_a_port_and_leaves(void **state)
{
	for (size_t i = 0; i < LENGTH(attaching); i++) {
		start_again(state);
		configure("eth*", attaching[i], NULL);
		present(3, "eth0", 0, XDP_MODE_NONE);
		registry_step(registry, 0);
		assert_calls("open;attach eth0 any;");

		present_bonded("bond0", FIRST_PROG_ID);
		assert_calls("detach;");
		assert_left_out(3, PORT_TEXT);
		assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
		assert_true(counted(3)); /* what was counted stays to be seen */
		present_bonded("bond0", 0);
		later(RETRY_MS);
		assert_left_out(3, PORT_TEXT);
		assert_calls("");

		present(3, "eth0", 0, XDP_MODE_NONE);
		registry_step(registry, 0);
		assert_calls("attach eth0 any;");
		assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID + 1, XDP_MODE_NATIVE);
	}
}

/* Failed before, for the bond's program was in the way: that is over at once. */
static void test_what_failed_waits(void **state)
{
	(void)state;
	fake_answer.attach_err = -1;
	fake_answer.text = "no";
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("open;attach eth0 any;");
	unit_log_clear();
	present_bonded("bond0", 0);
	assert_left_out(3, PORT_TEXT);
	fake_answer.attach_err = 0;
	fake_answer.text = "";
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	assert_calls("attach eth0 any;");
}

static void test_released_into_a_bond_and_retaken(void **state)
{
	(void)state;
	configure("eth*", "count", NULL);
	present(3, "eth0", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	fake_pins.at[3].released = true;
	present(3, "eth0", FIRST_PROG_ID, XDP_MODE_NATIVE);
	assert_calls("open;attach eth0 any;detach;");
	present_bonded("bond0", 0);
	assert_left_out(3, "released by the operator; xdp-stats retake ends that");
	fake_pins.at[3].released = false;
	present_bonded("bond0", 0);
	assert_left_out(3, PORT_TEXT);
	assert_calls("");
}

/* An earlier version attached there. */
static void test_what_an_earlier_run_left_is_taken_off(void **state)
{
	for (size_t i = 0; i < LENGTH(attaching); i++) {
		start_again(state);
		fake_pins.at[1] = (struct fake_pinned){
			.prog_id = 900, .kept = true, .kind = SOURCE_COUNT, .discontinuity = 500
		};
		configure("*", attaching[i], NULL);
		present_lo(900);
		assert_calls("take off 1;open;");
		registry_adopt(registry, INT64_MAX);
		registry_sweep(registry, INT64_MAX);
		assert_left_out(1, LOOPBACK_TEXT);
		assert_row(1, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
		assert_int_equal(row(1)->discontinuity, 500);
		assert_calls("");
	}
}

static void test_nothing_is_touched_by_a_plan(void **state)
{
	(void)state;
	registry_only_look(registry);
	fake_pins.at[1] = (struct fake_pinned){ .prog_id = 900, .kept = true };
	configure("*", "count", NULL);
	present_lo(900);
	present_bonded("bond0", 0);
	assert_left_out(1, "the counter program is there and will be taken off");
	assert_left_out(3, PORT_TEXT);
	assert_calls("");
}

/* What is there already is nobody's failure, and is not looked at by count. */
static void test_somebody_s_program(void **state)
{
	(void)state;
	configure("*", "count", NULL);
	present_lo(50);
	present_bonded("bond0", 51);
	assert_left_out(1, LOOPBACK_TEXT);
	assert_left_out(3, PORT_TEXT);
	assert_calls("");
	configure("lo,eth*", "count", NULL);
	assert_row(1, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_GENERIC);
}

/* That attaches nothing, so all are meant. */
static void test_observing_and_reading_stay(void **state)
{
	static const char *const sources[] = { "auto", "observe", "map" };

	for (size_t i = 0; i < LENGTH(sources); i++) {
		bool map = !strcmp(sources[i], "map");

		start_again(state);
		configure("*", sources[i], NULL);
		present_lo(50);
		present_bonded("bond0", 51);
		registry_step(registry, 0);
		registry_step(registry, 0);
		assert_calls(map ? "open;map lo 50;open;map eth0 51;"
				 : "open;observe lo 50;open;observe eth0 51;");
		assert_row(1, IFACE_ACTIVE, map ? SOURCE_MAP : SOURCE_OBSERVE, 50,
			   XDP_MODE_GENERIC);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pattern_leaves_them_out),
		TEST(test_name_takes_them),
		TEST(test_other_ports_are_counted),
		TEST(test_becomes_a_port_and_leaves),
		TEST(test_what_failed_waits),
		TEST(test_released_into_a_bond_and_retaken),
		TEST(test_what_an_earlier_run_left_is_taken_off),
		TEST(test_nothing_is_touched_by_a_plan),
		TEST(test_somebody_s_program),
		TEST(test_observing_and_reading_stay),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("pattern_rules", tests, NULL, NULL);
}
