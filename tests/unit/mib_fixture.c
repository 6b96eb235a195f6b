/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mib_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

struct name root = { { MIB_DEFAULT_ROOT }, 10 };

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

const struct row walk[] = {
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
const size_t walk_length = LENGTH(walk);

struct name name_of(const char *text)
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

netsnmp_handler_registration *registered(void)
{
	netsnmp_subtree *subtree = netsnmp_subtree_find(root.part, root.len, NULL, "");

	/* Where nobody is, the library has a handler of its own. */
	return subtree && subtree->namelen == root.len ? subtree->reginfo : NULL;
}

void ask(int mode, netsnmp_variable_list *variables, size_t count)
{
	netsnmp_pdu pdu = { .sessid = SESSION, .transid = TRANSACTION };
	netsnmp_agent_session session = { .pdu = &pdu };
	netsnmp_agent_request_info info = { .mode = mode, .asp = &session };
	netsnmp_request_info requests[LENGTH(walk)] = { 0 };

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

void set_variable(netsnmp_variable_list *variable, const struct name *name)
{
	*variable = (netsnmp_variable_list){ .type = ASN_NULL };
	snmp_set_var_objid(variable, name->part, name->len);
}

void assert_variable(const netsnmp_variable_list *variable, const struct row *row)
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
	    (!mib.cpu_table ||
	     (of_last ? fake_rows.last_without_cpus : fake_rows.eth9_without_cpus)))
		return false;
	if (!strcmp(row->name, "1.1.2.0"))
		return fake_rows.possible_cpus > 0;
	return !(counter && fake_rows.eth9_unreadable && !of_last &&
		 strncmp(row->name, "1.5.", 4) != 0);
}

static const struct row *present_after(const struct name *name)
{
	for (size_t i = 0; i < walk_length; i++) {
		struct name row_name = name_of(walk[i].name);

		if (is_present(&walk[i]) && compare(&row_name, name) > 0)
			return &walk[i];
	}
	return NULL;
}

void check_next(const struct name *name)
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

void check_next_is(const struct name *name, const char *wanted)
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

void check_get(const char *name, const char *value)
{
	struct name full = name_of(name);
	netsnmp_variable_list variable;

	set_variable(&variable, &full);
	ask(MODE_GET, &variable, 1);
	assert_variable(&variable, &(struct row){ name, value });
	snmp_reset_var_buffers(&variable);
}

void check_absent(const char *name, int error)
{
	struct name full = name_of(name);
	netsnmp_variable_list variable;

	set_variable(&variable, &full);
	ask(MODE_GET, &variable, 1);
	if (variable.type != error)
		fail_msg("%s: %s", name, value_text(&variable));
	snmp_reset_var_buffers(&variable);
}

void check_walk(void)
{
	struct name name = root;

	check_next(&name);
	for (size_t i = 0; i < walk_length; i++) {
		name = name_of(walk[i].name);
		check_next(&name);
	}
}

int mib_fixture_begin(void **state)
{
	(void)state;
	log_set_sink(unit_log);
	fake_rows_begin();
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_enable_subagent();
	init_agent("unit");
	return mib_register(&mib, root.part, root.len);
}

int mib_fixture_end(void **state)
{
	(void)state;
	mib_unregister(&mib);
	snmp_shutdown("unit");
	fake_rows_end();
	return 0;
}

int mib_fixture_setup(void **state)
{
	(void)state;
	fake_rows_reset();
	return 0;
}
