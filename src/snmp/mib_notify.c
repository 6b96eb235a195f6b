/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdpNotifications: what each of them carries. */
#include "snmp/agentx.h"
#include "snmp/mib.h"

#define MAX_OBJECTS 6

enum object {
	END,
	IF_NAME,
	ATTACH_MODE,
	STATUS,
	STATUS_TEXT,
	PROGRAM_ID,
	PROGRAM_NAME,
	OLD_PROGRAM_ID,
	OLD_PROGRAM_NAME,
};

/* The OBJECTS of the MIB, in its order. */
static const enum object objects[][MAX_OBJECTS + 1] = {
	[EVENT_ATTACHED] = { IF_NAME, ATTACH_MODE, PROGRAM_ID, PROGRAM_NAME },
	[EVENT_DETACHED] = { IF_NAME, OLD_PROGRAM_ID, OLD_PROGRAM_NAME },
	[EVENT_REPLACED] = { IF_NAME, ATTACH_MODE, PROGRAM_ID, PROGRAM_NAME, OLD_PROGRAM_ID,
			     OLD_PROGRAM_NAME },
	[EVENT_STATUS] = { IF_NAME, STATUS, STATUS_TEXT },
};

/* Where they are: below the root, but for ifName. A scalar has the instance 0, a column ifIndex. */
#define MAX_NAME 4
static const struct {
	oid name[MAX_NAME];
	size_t len;
	bool scalar;
} places[] = {
	[ATTACH_MODE] = { { 1, 2, 1, 1 }, 4, false },  [STATUS] = { { 1, 2, 1, 3 }, 4, false },
	[STATUS_TEXT] = { { 1, 2, 1, 4 }, 4, false },  [PROGRAM_ID] = { { 1, 2, 1, 5 }, 4, false },
	[PROGRAM_NAME] = { { 1, 2, 1, 6 }, 4, false }, [OLD_PROGRAM_ID] = { { 1, 6, 1 }, 3, true },
	[OLD_PROGRAM_NAME] = { { 1, 6, 2 }, 3, true },
};

static const oid sys_up_time[] = { 1, 3, 6, 1, 2, 1, 1, 3, 0 };
static const oid trap_oid[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 };
static const oid if_name[] = { 1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1 };

static void set_value(netsnmp_variable_list *value, const struct event *event, enum object object)
{
	switch (object) {
	case IF_NAME:
		mib_set_string(value, event->ifname, MIB_STRING_MAX);
		break;
	case ATTACH_MODE:
		mib_set_integer(value, event->mode);
		break;
	case STATUS:
		mib_set_integer(value, event->status);
		break;
	case STATUS_TEXT:
		mib_set_string(value, event->reason.text, MIB_STRING_MAX);
		break;
	case PROGRAM_ID:
		mib_set_unsigned(value, event->prog_id, ASN_UNSIGNED);
		break;
	case PROGRAM_NAME:
		mib_set_string(value, event->prog_name, MIB_PROGRAM_NAME_MAX);
		break;
	case OLD_PROGRAM_ID:
		mib_set_unsigned(value, event->old_prog_id, ASN_UNSIGNED);
		break;
	case OLD_PROGRAM_NAME:
		mib_set_string(value, event->old_prog_name, MIB_PROGRAM_NAME_MAX);
		break;
	case END:
		break;
	}
}

/* The name of the object's instance; returns its length. */
static size_t instance_of(const struct event *event, enum object object, const oid *root,
			  size_t root_len, oid name[static MAX_OID_LEN])
{
	size_t len;

	if (object == IF_NAME) {
		len = OID_LENGTH(if_name);
		memcpy(name, if_name, sizeof(if_name));
	} else {
		len = root_len + places[object].len;
		memcpy(name, root, root_len * sizeof(*name));
		memcpy(name + root_len, places[object].name, places[object].len * sizeof(*name));
	}
	name[len] = object != IF_NAME && places[object].scalar ? 0 : event->ifindex;
	return len + 1;
}

static bool add_objects(netsnmp_variable_list **list, const struct event *event, const oid *root,
			size_t root_len)
{
	for (const enum object *object = objects[event->kind]; *object != END; object++) {
		oid name[MAX_OID_LEN];
		size_t len = instance_of(event, *object, root, root_len, name);
		netsnmp_variable_list *value =
			snmp_varlist_add_variable(list, name, len, ASN_NULL, NULL, 0);

		if (!value)
			return false;
		set_value(value, event, *object);
	}
	return true;
}

netsnmp_variable_list *mib_notification(const struct event *event, const oid *root, size_t root_len)
{
	unsigned long uptime = agentx_timestamp(event->time);
	netsnmp_variable_list *list = NULL;
	oid which[MAX_OID_LEN];

	memcpy(which, root, root_len * sizeof(*which));
	which[root_len] = 0;
	which[root_len + 1] = event->kind;
	if (!snmp_varlist_add_variable(&list, sys_up_time, OID_LENGTH(sys_up_time), ASN_TIMETICKS,
				       &uptime, sizeof(uptime)) ||
	    !snmp_varlist_add_variable(&list, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, which,
				       (root_len + 2) * sizeof(*which)) ||
	    !add_objects(&list, event, root, root_len)) {
		snmp_free_varbind(list);
		return NULL;
	}
	return list;
}
