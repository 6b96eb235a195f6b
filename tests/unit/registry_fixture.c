/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "registry_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct registry *registry;
struct rules rules;
static uint64_t generation; /* as it was when grown() looked last */

int fixture_setup(void **state)
{
	(void)state;
	unit_log_clear();
	unit_now = 1000000;
	fake_source_reset();
	generation = 0;
	return registry_new(&registry, &fake_common, &fake_pins);
}

int fixture_teardown(void **state)
{
	(void)state;
	registry_free(registry, true);
	rules_free(&rules);
	assert_int_equal(fake_open_sources, 0);
	return 0;
}

void settle(void)
{
	while (registry_decide(registry, INT64_MAX))
		;
}

void add_rules_to(struct rules *to, const char *patterns, const char *source, const char *hook)
{
	struct reason error;

	assert_int_equal(rules_add(to, patterns, source, hook, &error), 0);
}

void configure(const char *patterns, const char *source, const char *hook)
{
	struct rules old = rules;

	rules = (struct rules){ 0 };
	add_rules_to(&rules, patterns, source, hook);
	registry_set_rules(registry, &rules);
	settle();
	rules_free(&old);
}

static void tell(struct netdev netdev, const char *name)
{
	snprintf(netdev.name, sizeof(netdev.name), "%s", name);
	registry_present(registry, &netdev);
	settle();
}

void present(unsigned int ifindex, const char *name, uint32_t prog_id, enum xdp_mode mode)
{
	tell((struct netdev){ .ifindex = ifindex, .mtu = 1500, .mode = mode, .prog_id = prog_id },
	     name);
}

void present_port(unsigned int ifindex, const char *name, unsigned int master)
{
	tell(
		(struct netdev){
			.ifindex = ifindex, .mtu = 1500, .master = master, .mode = XDP_MODE_NONE },
		name);
}

struct iface *row(unsigned int ifindex)
{
	return iface_set_find(&registry_rows(registry)->shown, ifindex);
}

bool counted(unsigned int ifindex)
{
	return iface_set_find(&registry_rows(registry)->counted, ifindex);
}

void assert_calls(const char *wanted)
{
	assert_string_equal(fake_calls, wanted);
	fake_calls[0] = '\0';
}

void assert_row(unsigned int ifindex, enum iface_status status, enum source_kind kind,
		uint32_t prog_id, enum xdp_mode mode)
{
	const struct iface *iface = row(ifindex);

	assert_non_null(iface);
	assert_int_equal(iface->status, status);
	assert_int_equal(iface->kind, kind);
	assert_int_equal(iface->netdev.prog_id, prog_id);
	assert_int_equal(iface->netdev.mode, mode);
}

uint64_t grown(void)
{
	uint64_t before = generation;

	generation = registry_rows(registry)->generation;
	return generation - before;
}

int64_t later(int64_t ms)
{
	return unit_now += ms;
}

void count_eth0(const char *hook)
{
	configure("eth0", "count", hook);
	present(3, "eth0", 0, XDP_MODE_NONE);
	assert_false(registry_step(registry, 0));
	assert_calls(hook && !strcmp(hook, "native") ? "open;attach eth0 native;"
						     : "open;attach eth0 any;");
	assert_row(3, IFACE_ACTIVE, SOURCE_COUNT, FIRST_PROG_ID, fake_answer.mode);
	assert_true(counted(3));
}

void count_two(void)
{
	configure("*", "count", NULL);
	present(2, "a", 0, XDP_MODE_NONE);
	present(3, "b", 0, XDP_MODE_NONE);
	registry_step(registry, 0);
	registry_step(registry, 0);
	assert_calls("open;attach a any;open;attach b any;");
}

void observe_eth0(const char *source)
{
	configure("eth0", source, NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	assert_row(3, IFACE_WAITING, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text, "about to observe the program");
	assert_calls("");
	assert_false(registry_step(registry, 0));
	assert_calls("open;observe eth0 50;");
	assert_row(3, IFACE_ACTIVE, SOURCE_OBSERVE, 50, XDP_MODE_NATIVE);
	assert_true(counted(3));
}

void refuse_to_observe_eth0(void)
{
	fake_answer.observe_err = -ENODATA;
	fake_answer.text = "it has no BTF";
	configure("eth0", "observe", NULL);
	present(3, "eth0", 50, XDP_MODE_NATIVE);
	registry_step(registry, 0);
	assert_calls("open;observe eth0 50;");
	assert_row(3, IFACE_FAILED, SOURCE_NONE, 50, XDP_MODE_NATIVE);
	assert_string_equal(row(3)->reason.text,
			    "program 'prog50' (id 50, native) cannot be observed: it has no BTF");
	assert_false(counted(3));
	assert_int_equal(row(3)->discontinuity, 0);
	assert_int_equal(rows_failed(registry_rows(registry)), 1);
}

void assert_nothing_new(uint32_t prog_id, enum xdp_mode mode)
{
	present(3, "eth0", prog_id, mode);
	assert_false(registry_step(registry, 0));
	assert_calls("");
}
