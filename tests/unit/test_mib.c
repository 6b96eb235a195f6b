/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module as net-snmp's library asks for it, over a fake registry: one ordered table says what
 * there is, and GET and GETNEXT are compared with it.
 */
#include "kernel/cpus.h"
#include "unit.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "snmp/agentx.h"
#include "snmp/mib.h"

#define SESSION 77
#define TRANSACTION 4242

struct registry {
	struct rows rows;
};

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
static struct iface last = {
	.netdev = { .ifindex = INT32_MAX, .mode = XDP_MODE_NONE },
	.kind = SOURCE_NONE,
	.status = IFACE_WAITING,
	.reason = { "about to attach" },
	.program_changes = 2,
	.last_change = 8000,
	.discontinuity = 7000,
};

static struct iface *all_rows[] = { &eth9, &eth10, &last }, *all_counted[] = { &eth9, &last };
static struct registry registry;
static struct mib mib = { .registry = &registry, .cpu_table = true };

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

static int possible_cpus;
static bool eth9_unreadable, eth9_without_cpus, last_without_cpus;
static unsigned int readings, cpu_readings;

const struct rows *registry_rows(const struct registry *of)
{
	return &of->rows;
}

unsigned int registry_missing(struct registry *of)
{
	assert_ptr_equal(of, &registry);
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
	readings++;
	errors = (struct xdp_errors){ .exceptions = iface->netdev.ifindex,
				      .redirects = 2,
				      .transmit_drops = UINT64_MAX };
	return iface == &last ? NULL : &errors;
}

int registry_read_invalid(const struct iface *iface, uint64_t *count)
{
	readings++;
	if (iface != &last)
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
	return possible_cpus;
}

const struct counters *snapshots_read(struct snapshots *snapshots, uint32_t session,
				      uint32_t transaction, struct iface *iface)
{
	assert_null(snapshots);
	assert_int_equal(session, SESSION);
	assert_int_equal(transaction, TRANSACTION);
	readings++;
	if (iface == &eth9)
		return eth9_unreadable ? NULL : &eth9_counters;
	assert_ptr_equal(iface, &last);
	return &last_counters;
}

const struct cpu_counters *snapshots_read_cpus(struct snapshots *snapshots, uint32_t session,
					       uint32_t transaction, struct iface *iface)
{
	assert_null(snapshots);
	assert_int_equal(session, SESSION);
	assert_int_equal(transaction, TRANSACTION);
	assert_true(mib.cpu_table);
	readings++;
	cpu_readings++;
	if (iface == &eth9)
		return eth9_unreadable || eth9_without_cpus ? NULL : eth9_cpus;
	return iface == &last && !last_without_cpus ? last_cpus : NULL;
}

#define LAST "2147483647"

/* In xdpCpuTable: column, ifIndex, and what all its values begin with; then verdict and CPU. */
#define CPU_ROWS_OF(column, index, digit, action)                                                  \
	{ "1.4.1." column "." index "." action ".0", "Counter64: " digit action "00" },            \
		{ "1.4.1." column "." index "." action ".2", "Counter64: " digit action "02" },    \
	{                                                                                          \
		"1.4.1." column "." index "." action ".70", "Counter64: " digit action "70"        \
	}
#define CPU_ROWS(column, index, digit)                                                             \
	CPU_ROWS_OF(column, index, digit, "0"), CPU_ROWS_OF(column, index, digit, "1"),            \
		CPU_ROWS_OF(column, index, digit, "2"), CPU_ROWS_OF(column, index, digit, "3"),    \
		CPU_ROWS_OF(column, index, digit, "4")

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

/* All there is, in the order of a walk; names are relative to the root. */
static const struct row {
	const char *name, *value;
} rows[] = {
	{ "1.1.1.0", "STRING: " PACKAGE_STRING },
	{ "1.1.2.0", "Gauge32: 64" }, /* Unsigned32, which is the same on the wire */
	{ "1.1.3.0", "Gauge32: 3" },
	{ "1.1.4.0", "Gauge32: 4" },
	{ "1.1.5.0", "Gauge32: 1" },
	{ "1.1.6.0", "Timeticks: 900" },
	{ "1.1.7.0", "INTEGER: 2" },
	{ "1.1.8.0", "Counter32: 0" },

	{ "1.2.1.1.9", "INTEGER: 2" },
	{ "1.2.1.1.10", "INTEGER: 3" },
	{ "1.2.1.1." LAST, "INTEGER: 1" },
	{ "1.2.1.2.9", "INTEGER: 2" },
	{ "1.2.1.2.10", "INTEGER: 1" },
	{ "1.2.1.2." LAST, "INTEGER: 1" },
	{ "1.2.1.3.9", "INTEGER: 1" },
	{ "1.2.1.3.10", "INTEGER: 3" },
	{ "1.2.1.3." LAST, "INTEGER: 2" },
	{ "1.2.1.4.9", "STRING: " },
	{ "1.2.1.4.10", "STRING: somebody else's" },
	{ "1.2.1.4." LAST, "STRING: about to attach" },
	{ "1.2.1.5.9", "Gauge32: 1000" },
	{ "1.2.1.5.10", "Gauge32: 4294967295" },
	{ "1.2.1.5." LAST, "Gauge32: 0" },
	{ "1.2.1.6.9", "STRING: xdp_stats_count" },
	{ "1.2.1.6.10", "STRING: " },
	{ "1.2.1.6." LAST, "STRING: " },
	{ "1.2.1.7.9", "STRING: 0123456789abcdef" },
	{ "1.2.1.7.10", "STRING: " },
	{ "1.2.1.7." LAST, "STRING: " },
	{ "1.2.1.8.9", "Counter32: 1" },
	{ "1.2.1.8.10", "Counter32: 0" },
	{ "1.2.1.8." LAST, "Counter32: 2" },
	{ "1.2.1.9.9", "Timeticks: 500" },
	{ "1.2.1.9.10", "Timeticks: 600" },
	{ "1.2.1.9." LAST, "Timeticks: 800" },
	{ "1.2.1.10.9", "Timeticks: 400" },
	{ "1.2.1.10.10", "Timeticks: 0" },
	{ "1.2.1.10." LAST, "Timeticks: 700" },

	{ "1.3.1.2.9.0", "Counter64: 1" },
	{ "1.3.1.2.9.1", "Counter64: 2" },
	{ "1.3.1.2.9.2", "Counter64: 3" },
	{ "1.3.1.2.9.3", "Counter64: 4" },
	{ "1.3.1.2.9.4", "Counter64: 5" },
	{ "1.3.1.2." LAST ".0", "Counter64: 0" },
	{ "1.3.1.2." LAST ".1", "Counter64: 60" },
	{ "1.3.1.2." LAST ".2", "Counter64: 70" },
	{ "1.3.1.2." LAST ".3", "Counter64: 80" },
	{ "1.3.1.2." LAST ".4", "Counter64: 90" },
	{ "1.3.1.3.9.0", "Counter64: 10" },
	{ "1.3.1.3.9.1", "Counter64: 20" },
	{ "1.3.1.3.9.2", "Counter64: 30" },
	{ "1.3.1.3.9.3", "Counter64: 4294967296" },
	{ "1.3.1.3.9.4", "Counter64: 18446744073709551615" },
	{ "1.3.1.3." LAST ".0", "Counter64: 0" },
	{ "1.3.1.3." LAST ".1", "Counter64: 600" },
	{ "1.3.1.3." LAST ".2", "Counter64: 700" },
	{ "1.3.1.3." LAST ".3", "Counter64: 800" },
	{ "1.3.1.3." LAST ".4", "Counter64: 900" },

	CPU_ROWS("2", "9", "1"),
	CPU_ROWS("2", LAST, "2"),
	CPU_ROWS("3", "9", "3"),
	CPU_ROWS("3", LAST, "4"),

	{ "1.5.1.1.9", "Counter64: 9" },
	{ "1.5.1.1.10", "Counter64: 10" },
	{ "1.5.1.2." LAST, "Counter64: 1099511627776" },
	{ "1.5.1.3.9", "Counter64: 2" },
	{ "1.5.1.3.10", "Counter64: 2" },
	{ "1.5.1.4.9", "Counter64: 18446744073709551615" },
	{ "1.5.1.4.10", "Counter64: 18446744073709551615" },

	{ "1.7.1.1.9", "Counter64: 1" },
	{ "1.7.1.1." LAST, "Counter64: 0" },
	{ "1.7.1.2.9", "Counter64: 10" },
	{ "1.7.1.2." LAST, "Counter64: 0" },
	{ "1.7.1.3.9", "Counter64: 2" },
	{ "1.7.1.3." LAST, "Counter64: 60" },
	{ "1.7.1.4.9", "Counter64: 20" },
	{ "1.7.1.4." LAST, "Counter64: 600" },
	{ "1.7.1.5.9", "Counter64: 3" },
	{ "1.7.1.5." LAST, "Counter64: 70" },
	{ "1.7.1.6.9", "Counter64: 30" },
	{ "1.7.1.6." LAST, "Counter64: 700" },
	{ "1.7.1.7.9", "Counter64: 4" },
	{ "1.7.1.7." LAST, "Counter64: 80" },
	{ "1.7.1.8.9", "Counter64: 4294967296" },
	{ "1.7.1.8." LAST, "Counter64: 800" },
	{ "1.7.1.9.9", "Counter64: 5" },
	{ "1.7.1.9." LAST, "Counter64: 90" },
	{ "1.7.1.10.9", "Counter64: 18446744073709551615" },
	{ "1.7.1.10." LAST, "Counter64: 900" },
};

/* What GET says of names that are not in the table. */
static const struct {
	const char *name;
	int error;
} absent[] = {
	{ "", SNMP_NOSUCHOBJECT },
	{ "1", SNMP_NOSUCHOBJECT },
	{ "1.1", SNMP_NOSUCHOBJECT },
	{ "1.1.0.0", SNMP_NOSUCHOBJECT },
	{ "1.1.9.0", SNMP_NOSUCHOBJECT },
	{ "1.1.1", SNMP_NOSUCHINSTANCE },
	{ "1.1.1.1", SNMP_NOSUCHINSTANCE },
	{ "1.1.1.0.0", SNMP_NOSUCHINSTANCE },
	{ "1.2.1", SNMP_NOSUCHOBJECT },
	{ "1.2.2.1.9", SNMP_NOSUCHOBJECT },
	{ "1.2.1.0.9", SNMP_NOSUCHOBJECT },
	{ "1.2.1.11.9", SNMP_NOSUCHOBJECT },
	{ "1.2.1.1", SNMP_NOSUCHINSTANCE },
	{ "1.2.1.1.0", SNMP_NOSUCHINSTANCE },
	{ "1.2.1.1.8", SNMP_NOSUCHINSTANCE },
	{ "1.2.1.1.9.0", SNMP_NOSUCHINSTANCE },
	{ "1.2.1.1.4294967295", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.1.9.0", SNMP_NOSUCHOBJECT }, /* the index: not-accessible */
	{ "1.3.1.4.9.0", SNMP_NOSUCHOBJECT },
	{ "1.3.1.2.9", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.2.9.5", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.2.9.4294967295", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.2.9.0.0", SNMP_NOSUCHINSTANCE },
	{ "1.3.1.2.10.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.1.9.0.0", SNMP_NOSUCHOBJECT }, /* the index: not-accessible */
	{ "1.4.1.4.9.0.0", SNMP_NOSUCHOBJECT },
	{ "1.4.1.2.9.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.0.1", SNMP_NOSUCHINSTANCE }, /* in a gap of the numbers */
	{ "1.4.1.2.9.0.69", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.0.71", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.0.4294967295", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.5.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.4294967295.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.9.0.0.0", SNMP_NOSUCHINSTANCE },
	{ "1.4.1.2.10.0.0", SNMP_NOSUCHINSTANCE },
	{ "1.5.1.0.9", SNMP_NOSUCHOBJECT },
	{ "1.5.1.5.9", SNMP_NOSUCHOBJECT },
	{ "1.5.1.1.2147483647", SNMP_NOSUCHINSTANCE },
	{ "1.5.1.3.8", SNMP_NOSUCHINSTANCE },
	{ "1.5.1.2.9", SNMP_NOSUCHINSTANCE },
	{ "1.5.1.2.10", SNMP_NOSUCHINSTANCE },
	{ "1.7.1.0.9", SNMP_NOSUCHOBJECT },
	{ "1.7.1.11.9", SNMP_NOSUCHOBJECT },
	{ "1.7.1.1.10", SNMP_NOSUCHINSTANCE },
	{ "2.1", SNMP_NOSUCHOBJECT },
	{ "4294967295", SNMP_NOSUCHOBJECT },
};

struct name {
	oid part[MAX_OID_LEN];
	size_t len;
};

static struct name root = { { MIB_DEFAULT_ROOT }, 10 };

/* The name that this text has below the root. */
static struct name name_of(const char *text)
{
	struct name name = root;
	char *end = NULL;

	for (; *text; text = *end ? end + 1 : end)
		name.part[name.len++] = strtoul(text, &end, 10);
	return name;
}

static int compare(const struct name *a, const struct name *b)
{
	return snmp_oid_compare(a->part, a->len, b->part, b->len);
}

static const char *value_text(const netsnmp_variable_list *value)
{
	static char text[512];

	switch (value->type) {
	case ASN_OCTET_STR:
		snprintf(text, sizeof(text), "STRING: %.*s", (int)value->val_len,
			 (const char *)value->val.string);
		break;
	case ASN_INTEGER:
		snprintf(text, sizeof(text), "INTEGER: %ld", *value->val.integer);
		break;
	case ASN_GAUGE:
		snprintf(text, sizeof(text), "Gauge32: %ld", *value->val.integer);
		break;
	case ASN_COUNTER:
		snprintf(text, sizeof(text), "Counter32: %ld", *value->val.integer);
		break;
	case ASN_TIMETICKS:
		snprintf(text, sizeof(text), "Timeticks: %ld", *value->val.integer);
		break;
	case ASN_COUNTER64:
		snprintf(text, sizeof(text), "Counter64: %" PRIu64,
			 ((uint64_t)value->val.counter64->high << 32) | value->val.counter64->low);
		break;
	default:
		snprintf(text, sizeof(text), "type %u", value->type);
	}
	return text;
}

/* The registration at the root, NULL if there is none. */
static netsnmp_handler_registration *registered(void)
{
	netsnmp_subtree *subtree = netsnmp_subtree_find(root.part, root.len, NULL, "");

	/* Where nobody is, the library has a handler of its own. */
	return subtree && subtree->namelen == root.len ? subtree->reginfo : NULL;
}

/* Hands the handler a request for all these variables; they are the caller's. */
static void ask(int mode, netsnmp_variable_list *variables, size_t count)
{
	netsnmp_pdu pdu = { .sessid = SESSION, .transid = TRANSACTION };
	netsnmp_agent_session session = { .pdu = &pdu };
	netsnmp_agent_request_info info = { .mode = mode, .asp = &session };
	netsnmp_request_info requests[LENGTH(rows)] = { 0 };

	assert_true(count <= LENGTH(requests));
	for (size_t i = 0; i < count; i++) {
		requests[i].requestvb = &variables[i];
		requests[i].agent_req_info = &info;
		requests[i].next = i + 1 < count ? &requests[i + 1] : NULL;
	}
	assert_non_null(registered());
	assert_int_equal(netsnmp_call_handlers(registered(), &info, requests), SNMP_ERR_NOERROR);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(requests[i].status, SNMP_ERR_NOERROR);
}

static void set_variable(netsnmp_variable_list *variable, const struct name *name)
{
	*variable = (netsnmp_variable_list){ .type = ASN_NULL };
	snmp_set_var_objid(variable, name->part, name->len);
}

static void assert_variable(const netsnmp_variable_list *variable, const struct row *row)
{
	struct name name = name_of(row->name);

	if (snmp_oid_compare(variable->name, variable->name_length, name.part, name.len))
		fail_msg("not the name %s", row->name);
	assert_string_equal(value_text(variable), row->value);
}

/* The rows that are there at the moment. */
static bool is_present(const struct row *row)
{
	bool counter = !strncmp(row->value, "Counter64", 9);
	bool of_last = strstr(row->name, LAST);

	if (!strncmp(row->name, "1.4.", 4) &&
	    (!mib.cpu_table || (of_last ? last_without_cpus : eth9_without_cpus)))
		return false;
	if (!strcmp(row->name, "1.1.2.0"))
		return possible_cpus > 0;
	return !(counter && eth9_unreadable && !of_last && strncmp(row->name, "1.5.", 4) != 0);
}

static const struct row *present_after(const struct name *name)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct name row_name = name_of(rows[i].name);

		if (is_present(&rows[i]) && compare(&row_name, name) > 0)
			return &rows[i];
	}
	return NULL;
}

static void check_next(const struct name *name)
{
	const struct row *wanted = present_after(name);
	netsnmp_variable_list variable;

	set_variable(&variable, name);
	ask(MODE_GETNEXT, &variable, 1);
	if (wanted) {
		assert_variable(&variable, wanted);
	} else {
		assert_int_equal(variable.type, ASN_NULL);
		assert_int_equal(snmp_oid_compare(variable.name, variable.name_length, name->part,
						  name->len),
				 0);
	}
	snmp_reset_var_buffers(&variable);
}

static void check_next_is(const struct name *name, const char *wanted)
{
	struct name wanted_name = name_of(wanted);
	netsnmp_variable_list variable;

	set_variable(&variable, name);
	ask(MODE_GETNEXT, &variable, 1);
	assert_int_equal(snmp_oid_compare(variable.name, variable.name_length, wanted_name.part,
					  wanted_name.len),
			 0);
	snmp_reset_var_buffers(&variable);
}

static void check_get(const char *name, const char *value)
{
	struct name full = name_of(name);
	netsnmp_variable_list variable;

	set_variable(&variable, &full);
	ask(MODE_GET, &variable, 1);
	assert_variable(&variable, &(struct row){ name, value });
	snmp_reset_var_buffers(&variable);
}

static void check_absent(const char *name, int error)
{
	struct name full = name_of(name);
	netsnmp_variable_list variable;

	set_variable(&variable, &full);
	ask(MODE_GET, &variable, 1);
	if (variable.type != error)
		fail_msg("%s: %s", name, value_text(&variable));
	snmp_reset_var_buffers(&variable);
}

static void check_walk(void)
{
	struct name name = root;

	check_next(&name);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		name = name_of(rows[i].name);
		check_next(&name);
	}
}

static void test_get(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		check_get(rows[i].name, rows[i].value);
}

static void test_getnext(void **state)
{
	(void)state;
	check_walk();
}

static void test_many_in_one_request(void **state)
{
	netsnmp_variable_list variables[LENGTH(rows)];

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct name name = name_of(rows[i].name);

		set_variable(&variables[i], &name);
	}
	ask(MODE_GET, variables, LENGTH(rows));
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_variable(&variables[i], &rows[i]);
	ask(MODE_GETNEXT, variables, LENGTH(rows) - 1);
	for (size_t i = 0; i + 1 < LENGTH(rows); i++)
		assert_variable(&variables[i], &rows[i + 1]);
	for (size_t i = 0; i < LENGTH(rows); i++)
		snmp_reset_var_buffers(&variables[i]);
}

static void test_get_absent(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(absent); i++)
		check_absent(absent[i].name, absent[i].error);
}

/* Names beside the rows: cut short at every place, then one less, more, the most, and longer. */
static void test_getnext_from_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct name name = name_of(rows[i].name);

		for (size_t full = name.len; name.len > root.len; full = --name.len) {
			oid *end = &name.part[full - 1], value = *end;

			check_next(&name);
			*end = value + 1;
			check_next(&name);
			*end = UINT32_MAX;
			check_next(&name);
			*end = value;
			if (value) {
				*end = value - 1;
				check_next(&name);
				*end = value;
			}
			name.part[name.len++] = 0;
			check_next(&name);
			name.part[full] = UINT32_MAX;
			check_next(&name);
			name.len = full;
		}
	}
	for (size_t i = 0; i < LENGTH(absent); i++) {
		struct name name = name_of(absent[i].name);

		check_next(&name);
	}
}

static void test_getnext_from_before_the_root(void **state)
{
	netsnmp_variable_list variable;
	struct name name = root;

	(void)state;
	name.len--;
	check_next(&name);
	name.part[root.len - 1]--;
	name.len = root.len;
	check_next(&name);
	name = (struct name){ { 0, 0 }, 2 };
	check_next(&name);

	/* What is behind the end of a name is no part of it. */
	name = name_of("1.7");
	set_variable(&variable, &name);
	variable.name_length = root.len - 1;
	ask(MODE_GETNEXT, &variable, 1);
	assert_variable(&variable, &rows[0]);
	snmp_reset_var_buffers(&variable);
}

static void test_getnext_from_behind_the_root(void **state)
{
	struct name name = root;

	(void)state;
	name.part[root.len - 1]++;
	check_next(&name);
	name.part[name.len++] = 0;
	check_next(&name);
	name = (struct name){ { 2 }, 1 };
	check_next(&name);
}

/* RFC 3416, 2.1: 128 sub-identifiers are the most that a name has. */
static void test_getnext_from_the_longest_name(void **state)
{
	struct name name = name_of("1.3.1.2.9.0");

	(void)state;
	while (name.len < MAX_OID_LEN)
		name.part[name.len++] = 1;
	check_next(&name);
}

/* An interface that cannot be read hides no other. */
static void test_unreadable_interface(void **state)
{
	(void)state;
	eth9_unreadable = true;
	check_absent("1.3.1.2.9.0", SNMP_NOSUCHINSTANCE);
	check_absent("1.7.1.1.9", SNMP_NOSUCHINSTANCE);
	check_get("1.3.1.2." LAST ".1", "Counter64: 60");
	check_get("1.2.1.3.9", "INTEGER: 1");
	check_walk();
}

static void test_cpu_table_is_off(void **state)
{
	(void)state;
	mib.cpu_table = false;
	check_absent("1.4.1.2.9.0.0", SNMP_NOSUCHINSTANCE);
	check_absent("1.4.1.3." LAST ".4.70", SNMP_NOSUCHINSTANCE);
	check_walk();
}

/* Interfaces with rows in xdpStatsTable and none in xdpCpuTable: the first, the last, both. */
static void test_interfaces_without_cpus(void **state)
{
	(void)state;
	eth9_without_cpus = true;
	check_absent("1.4.1.2.9.0.0", SNMP_NOSUCHINSTANCE);
	check_get("1.4.1.2." LAST ".0.0", "Counter64: 2000");
	check_walk();
	last_without_cpus = true;
	check_absent("1.4.1.3." LAST ".4.70", SNMP_NOSUCHINSTANCE);
	check_walk();
	eth9_without_cpus = false;
	check_get("1.4.1.3.9.4.70", "Counter64: 3470");
	check_walk();
}

/* To pass them over takes one look at each, not one at each row. */
static void test_many_without_cpus(void **state)
{
	enum { MANY = 300 };
	static struct iface many[MANY];
	struct iface *counted[MANY + 1];
	struct name name = name_of("1.3.1.3." LAST ".4");

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		many[i].netdev.ifindex = 1000 + i;
		counted[i] = &many[i];
	}
	counted[MANY] = &last;
	registry.rows.counted = (struct iface_set){ .iface = counted, .count = MANY + 1 };
	cpu_readings = 0;
	check_next_is(&name, "1.4.1.2." LAST ".0.0");
	assert_int_equal(cpu_readings, MANY + 2); /* the last one for the value */
	last_without_cpus = true;
	cpu_readings = 0;
	check_next_is(&name, "1.5.1.1.9");
	assert_int_equal(cpu_readings, 2 * (MANY + 1)); /* two columns */
}

static void test_unknown_number_of_cpus(void **state)
{
	(void)state;
	possible_cpus = -ENOENT;
	check_absent("1.1.2.0", SNMP_NOSUCHINSTANCE);
	check_walk();
}

static void test_no_interfaces(void **state)
{
	netsnmp_variable_list variable;
	struct name name = name_of("1.1.8.0");

	(void)state;
	registry.rows.shown.count = registry.rows.counted.count = 0;
	check_get("1.1.3.0", "Gauge32: 0");
	check_absent("1.2.1.1.9", SNMP_NOSUCHINSTANCE);
	set_variable(&variable, &name);
	ask(MODE_GETNEXT, &variable, 1);
	assert_int_equal(variable.type, ASN_NULL);
	snmp_reset_var_buffers(&variable);
}

/* Columns that are no counters read no map. */
static void test_only_counters_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		readings = 0;
		check_get(rows[i].name, rows[i].value);
		assert_int_equal(readings, !strncmp(rows[i].value, "Counter64", 9));
	}
}

static void test_another_root(void **state)
{
	const struct name old = root;

	(void)state;
	mib_unregister(&mib);
	assert_null(registered());
	root = (struct name){ { 1, 3, 6, 1, 4, 1, 99999, 7 }, 8 };
	assert_int_equal(mib_register(&mib, root.part, root.len), 0);
	check_get("1.1.3.0", "Gauge32: 3");
	check_walk();

	mib_unregister(&mib);
	mib_unregister(&mib);
	assert_null(mib.registration);
	root = old;
	assert_int_equal(mib_register(&mib, root.part, root.len), 0);
	check_get("1.1.3.0", "Gauge32: 3");
}

static int start(void **state)
{
	(void)state;
	log_set_sink(unit_log);
	eth9_cpus = make_cpus(1, 3);
	last_cpus = make_cpus(2, 4);
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_enable_subagent();
	init_agent("unit");
	return mib_register(&mib, root.part, root.len);
}

static int stop(void **state)
{
	(void)state;
	mib_unregister(&mib);
	snmp_shutdown("unit");
	free(eth9_cpus);
	free(last_cpus);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	registry.rows.last_change = 9000;
	registry.rows.shown = (struct iface_set){ .iface = all_rows, .count = LENGTH(all_rows) };
	registry.rows.counted =
		(struct iface_set){ .iface = all_counted, .count = LENGTH(all_counted) };
	eth9_unreadable = eth9_without_cpus = last_without_cpus = false;
	mib.cpu_table = true;
	possible_cpus = 64;
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_get),
		TEST(test_getnext),
		TEST(test_many_in_one_request),
		TEST(test_get_absent),
		TEST(test_getnext_from_anywhere),
		TEST(test_getnext_from_before_the_root),
		TEST(test_getnext_from_behind_the_root),
		TEST(test_getnext_from_the_longest_name),
		TEST(test_unreadable_interface),
		TEST(test_cpu_table_is_off),
		TEST(test_interfaces_without_cpus),
		TEST(test_many_without_cpus),
		TEST(test_unknown_number_of_cpus),
		TEST(test_no_interfaces),
		TEST(test_only_counters_are_read),
		TEST(test_another_root),
	};

	return cmocka_run_group_tests_name("mib", tests, start, stop);
}
