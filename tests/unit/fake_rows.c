/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel/cpus.h"
#include "snmp/agentx.h"

struct fake_rows fake_rows;
struct registry fake_registry;
struct mib mib = { .registry = &fake_registry };

static struct iface eth9 = {
	.netdev = { .ifindex = 9, .mode = XDP_MODE_NATIVE, .prog_id = 1000 },
	.kind = SOURCE_COUNT,
	.status = IFACE_ACTIVE,
	.program = { "xdp_stats_count", "0123456789abcdef" },
	.program_changes = 1,
	.last_change = 5000,
	.discontinuity = 4000,
};
static struct iface eth10 = {
	.netdev = { .ifindex = 10, .mode = XDP_MODE_GENERIC, .prog_id = UINT32_MAX },
	.kind = SOURCE_NONE,
	.status = IFACE_FAILED,
	.reason = { "somebody else's" },
	.last_change = 6000,
};
struct iface fake_last = {
	.netdev = { .ifindex = INT32_MAX, .mode = XDP_MODE_NONE },
	.kind = SOURCE_NONE,
	.status = IFACE_WAITING,
	.reason = { "about to attach" },
	.program_changes = 2,
	.last_change = 8000,
	.discontinuity = 7000,
};

static struct iface *shown[] = { &eth9, &eth10, &fake_last }, *counted[] = { &eth9, &fake_last };

static const struct counters eth9_counters = {
	{ { 1, 10 }, { 2, 20 }, { 3, 30 }, { 4, UINT64_C(1) << 32 }, { 5, UINT64_MAX } }
};
static const struct counters last_counters = {
	{ { 0, 0 }, { 60, 600 }, { 70, 700 }, { 80, 800 }, { 90, 900 } }
};

/* Three possible CPUs, by numbers with gaps; values are unlike any other's. */
static const unsigned int cpu_numbers[] = { 0, 2, 70 };
#define CPUS LENGTH(cpu_numbers)
static struct cpu_counters *eth9_cpus, *last_cpus;

static struct cpu_counters *make_cpus(uint64_t packets_digit, uint64_t bytes_digit)
{
	struct cpu_counters *made =
		malloc(sizeof(*made) + XDP_STATS_ACTIONS * CPUS * sizeof(*made->slot));

	assert_non_null(made);
	made->cpus = CPUS;
	made->number = cpu_numbers;
	for (unsigned int i = 0; i < XDP_STATS_ACTIONS * CPUS; i++) {
		uint64_t rest = i / CPUS * 100 + cpu_numbers[i % CPUS];

		made->slot[i] = (struct xdp_stats_rec){ packets_digit * 1000 + rest,
							bytes_digit * 1000 + rest };
	}
	return made;
}

void fake_rows_begin(void)
{
	eth9_cpus = make_cpus(1, 3);
	last_cpus = make_cpus(2, 4);
}

void fake_rows_end(void)
{
	free(eth9_cpus);
	free(last_cpus);
}

void fake_rows_reset(void)
{
	fake_rows = (struct fake_rows){ .possible_cpus = 64 };
	mib.cpu_table = true;
	fake_registry.rows.last_change = 9000;
	fake_registry.rows.shown = (struct iface_set){ .iface = shown, .count = LENGTH(shown) };
	fake_registry.rows.counted =
		(struct iface_set){ .iface = counted, .count = LENGTH(counted) };
}

const struct rows *registry_rows(const struct registry *of)
{
	return &of->rows;
}

bool registry_knows_all(const struct registry *of)
{
	(void)of;
	return true;
}

unsigned int registry_missing(struct registry *of)
{
	assert_ptr_equal(of, &fake_registry);
	return 4;
}

/* Of eth9 nobody has observed a program, and the errors of the last one are not counted. */
const struct xdp_errors *snapshots_read_errors(struct snapshots *snapshots, uint32_t session,
					       uint32_t transaction, const struct iface *iface)
{
	static struct xdp_errors errors;

	assert_null(snapshots);
	assert_int_equal(session, SESSION);
	assert_int_equal(transaction, TRANSACTION);
	fake_rows.readings++;
	errors = (struct xdp_errors){ .exceptions = iface->netdev.ifindex,
				      .redirects = 2,
				      .transmit_drops = UINT64_MAX };
	return iface == &fake_last ? NULL : &errors;
}

int registry_read_invalid(const struct iface *iface, uint64_t *count)
{
	fake_rows.readings++;
	if (iface != &fake_last)
		return -ENOENT;
	*count = UINT64_C(1) << 40;
	return 0;
}

unsigned long agentx_timestamp(int64_t event)
{
	return (unsigned long)event / 10;
}

int cpus_count(void)
{
	return fake_rows.possible_cpus;
}

const struct counters *snapshots_read(struct snapshots *snapshots, uint32_t session,
				      uint32_t transaction, struct iface *iface)
{
	assert_null(snapshots);
	assert_int_equal(session, SESSION);
	assert_int_equal(transaction, TRANSACTION);
	fake_rows.readings++;
	if (iface == &eth9)
		return fake_rows.eth9_unreadable ? NULL : &eth9_counters;
	assert_ptr_equal(iface, &fake_last);
	return &last_counters;
}

const struct cpu_counters *snapshots_read_cpus(struct snapshots *snapshots, uint32_t session,
					       uint32_t transaction, struct iface *iface)
{
	assert_null(snapshots);
	assert_int_equal(session, SESSION);
	assert_int_equal(transaction, TRANSACTION);
	assert_true(mib.cpu_table);
	fake_rows.readings++;
	fake_rows.cpu_readings++;
	if (iface == &eth9)
		return fake_rows.eth9_unreadable || fake_rows.eth9_without_cpus ? NULL : eth9_cpus;
	return iface == &fake_last && !fake_rows.last_without_cpus ? last_cpus : NULL;
}
