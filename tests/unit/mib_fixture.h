/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module as net-snmp's library asks for it, over a fake registry: one ordered table says what
 * there is, and GET and GETNEXT are compared with it.
 */
#ifndef XDP_AGENTX_MIB_FIXTURE_H
#define XDP_AGENTX_MIB_FIXTURE_H

#include "fake_rows.h"

struct name {
	oid part[MAX_OID_LEN];
	size_t len;
};

/* Where the module is registered; and the name that a text has below it. */
extern struct name root;
struct name name_of(const char *text);

/* All there is, in the order of a walk; names are relative to the root. */
extern const struct row {
	const char *name, *value;
} walk[];
extern const size_t walk_length;

/* The registration at the root, NULL if there is none. */
netsnmp_handler_registration *registered(void);

/* Hands the handler a request for all these variables; they are the caller's. */
void ask(int mode, netsnmp_variable_list *variables, size_t count);
void set_variable(netsnmp_variable_list *variable, const struct name *name);
void assert_variable(const netsnmp_variable_list *variable, const struct row *row);

/* GETNEXT of a name finds the next row that is there at the moment; or this name. */
void check_next(const struct name *name);
void check_next_is(const struct name *name, const char *wanted);

/* GETNEXT from the root and from each row. */
void check_walk(void);

/* GET finds this value, or this exception. */
void check_get(const char *name, const char *value);
void check_absent(const char *name, int error);

/* Around all tests: the module is registered; and before each of them: nothing is missing. */
int mib_fixture_begin(void **state);
int mib_fixture_end(void **state);
int mib_fixture_setup(void **state);

#endif
