/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "map_rules_fixture.h"

#include <errno.h>

void configure_map(const char *source, const char *ifname, const char *path)
{
	struct reason error;
	struct rules old = rules;

	rules = (struct rules){ 0 };
	add_rules_to(&rules, "eth*", source, NULL);
	if (path)
		assert_int_equal(rules_add_map(&rules, ifname, path, &error), 0);
	registry_set_rules(registry, &rules);
	settle();
	rules_free(&old);
}

void refuse_map(int err, const char *why)
{
	fake_answer.map_err = err;
	fake_answer.map_text = why;
}

void refuse_to_observe(void)
{
	fake_answer.observe_err = -ENODATA;
	fake_answer.text = "it has no BTF";
}

void assert_step(const char *calls)
{
	registry_step(registry, 0);
	assert_calls(calls);
}

void tell_and_step(uint32_t prog_id, const char *calls)
{
	present(3, "eth0", prog_id, XDP_MODE_NATIVE);
	assert_step(calls);
}

void begin_eth0(const char *source, const char *calls)
{
	configure("eth0", source, NULL);
	tell_and_step(50, calls);
}

void read_eth0(void)
{
	configure("eth0", "map", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "about to read the program's map");
	assert_calls("");
	assert_false(registry_step(registry, 0));
	assert_calls("open;map eth0 50;");
	assert_map_is_read();
	assert_true(counted(3));
}

void assert_map_is_read(void)
{
	assert_row(3, IFACE_ACTIVE, SOURCE_MAP, 50, XDP_MODE_NATIVE);
}

void assert_map_is_not_read(const char *why)
{
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, why);
	assert_false(counted(3));
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
}

void assert_waits_for_a_program(bool with_counters)
{
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 0, XDP_MODE_NONE);
	assert_string_equal(row(3)->reason.text, "no program is attached");
	assert_int_equal(counted(3), with_counters);
}
