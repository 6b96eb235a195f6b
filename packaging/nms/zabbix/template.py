#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""template.py 6.0|7.0 [ROOT]: prints the Zabbix template, in the form in which that version exports it.

ROOT is the OID of xdpStatsMIB, if the agent was given another one by xdpRootOid.
"""
import hashlib
import re
import sys

VERSION = sys.argv[1]
ROOT = sys.argv[2] if len(sys.argv) > 2 else ".1.3.6.1.4.1.8072.9999.9999.48620"
WALK = VERSION != "6.0"  # all values of an agent by one walk, which Zabbix has since 6.4

TEMPLATE = "XDP by SNMP"
GROUP = "Templates/Network devices"  # one that Zabbix comes with
GROUP_UUID = "36bff6c29af64692839d077febfc7079"

# Objects of XDP-STATS-MIB and of the IF-MIB, below their roots.
OBJECTS = {
    "xdpAgentVersion": "1.1.1",
    "xdpIfNumber": "1.1.3",
    "xdpIfMissing": "1.1.4",
    "xdpIfFailed": "1.1.5",
    "xdpIfAttachMode": "1.2.1.1",
    "xdpIfCounterSource": "1.2.1.2",
    "xdpIfStatus": "1.2.1.3",
    "xdpIfStatusText": "1.2.1.4",
    "xdpIfProgramId": "1.2.1.5",
    "xdpIfProgramName": "1.2.1.6",
    "xdpIfDiscontinuityTime": "1.2.1.10",
    "xdpIfAbortedPackets": "1.7.1.1",
    "xdpIfAbortedBytes": "1.7.1.2",
    "xdpIfDropPackets": "1.7.1.3",
    "xdpIfDropBytes": "1.7.1.4",
    "xdpIfPassPackets": "1.7.1.5",
    "xdpIfPassBytes": "1.7.1.6",
    "xdpIfTxPackets": "1.7.1.7",
    "xdpIfTxBytes": "1.7.1.8",
    "xdpIfRedirectPackets": "1.7.1.9",
    "xdpIfRedirectBytes": "1.7.1.10",
}
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
IF_ALIAS = "1.3.6.1.2.1.31.1.1.1.18"
TABLES = ["1.1", "1.2", "1.7"]

ACTIONS = {"aborted": "D50000", "drop": "FF8000", "pass": "00AA00", "tx": "2774A4", "redirect": "8E44AD"}

VALUE_MAPS = {
    "XDP attach mode": ["none", "native", "generic", "offload", "multiple"],
    "XDP counter source": ["none", "count", "observe", "map"],
    "XDP status": ["active", "waiting", "failed"],
}

MACROS = [
    ("{$XDP.ABORTED.TIME}", "5m", "How long aborted frames stay a problem."),
    ("{$XDP.CHANGE.TIME}", "1h", "How long a changed program and a discontinuity stay a problem."),
    ("{$XDP.DROP.PPS.WARN}", "1000",
     'Packets per second that XDP may drop. With a context for one interface: {$XDP.DROP.PPS.WARN:"eth0"}.'),
    ("{$XDP.DROP.TIME}", "5m", "How long more has to be dropped for a problem, or less for its end."),
    ("{$XDP.IFALIAS.MATCHES}", ".*", "Interfaces with such an alias (ifAlias) are discovered,"),
    ("{$XDP.IFALIAS.NOT_MATCHES}", "CHANGE_IF_NEEDED", "but for those with such a one."),
    ("{$XDP.IFNAME.MATCHES}", ".*", "Interfaces with such a name (ifName) are discovered,"),
    ("{$XDP.IFNAME.NOT_MATCHES}", "CHANGE_IF_NEEDED", "but for those with such a one."),
    ("{$XDP.INTERVAL}", "1m", "How often values are asked for."),
    ("{$XDP.LLD.INTERVAL}", "10m", "How often interfaces are looked for."),
    ("{$XDP.NODATA.TIME}", "5m", "How long the agent may be silent."),
]


def uuid(what):
    """The same in all versions, so that a newer template takes the place of an older one."""
    digits = list(hashlib.sha256(("xdp-agentx " + what).encode()).hexdigest()[:32])
    digits[12] = "4"
    digits[16] = "89ab"[int(digits[16], 16) % 4]
    return "".join(digits)


def oid(name):
    return f"{ROOT}.{OBJECTS[name]}"


def ref(key):
    return f"/{TEMPLATE}/{key}"


def tags(**values):
    return [{"tag": tag, "value": value} for tag, value in sorted(values.items())]


def step(kind, *parameters, **more):
    return {"type": kind, "parameters": list(parameters), **more}


def of_type(value_type):
    """Numbers without a fraction are the default; text has no trends."""
    fields = {"value_type": value_type} if value_type else {}
    if value_type in ("CHAR", "TEXT"):
        fields = {**fields, "trends": "0"} if WALK else {"trends": "0", **fields}
    return fields


def item(name, key, obj, instance, description, value_type=None, units=None, valuemap=None,
         steps=(), triggers=(), **tag):
    """An item or an item prototype: the value of an object of the MIB."""
    at = f"{oid(obj)}.{instance}"
    result = {"uuid": uuid("item " + key), "name": name}
    if WALK:
        steps = [step("SNMP_WALK_VALUE", at, "0", error_handler="CUSTOM_ERROR",
                      error_handler_params="The agent does not serve it."), *steps]
        result |= {"type": "DEPENDENT", "key": key, "delay": "0"}
    else:
        result |= {"type": "SNMP_AGENT", "snmp_oid": at, "key": key, "delay": "{$XDP.INTERVAL}"}
    result |= of_type(value_type)
    if units:
        result["units"] = units
    result["description"] = f"XDP-STATS-MIB::{obj}. {description}"
    if valuemap:
        result["valuemap"] = {"name": valuemap}
    if steps:
        result["preprocessing"] = list(steps)
    if WALK:
        result["master_item"] = {"key": "xdp.walk"}
    result["tags"] = tags(**tag)
    if triggers:
        result["trigger_prototypes" if "{#" in key else "triggers"] = ordered(triggers, "expression")
    return result


def trigger(name, expression, priority, description, recovery=None, event_name=None, opdata=None,
            manual_close=False):
    result = {"uuid": uuid("trigger " + name), "expression": expression}
    if recovery:
        result |= {"recovery_mode": "RECOVERY_EXPRESSION", "recovery_expression": recovery}
    result["name"] = name
    if event_name:
        result["event_name"] = event_name
    if opdata:
        result["opdata"] = opdata
    result |= {"priority": priority, "description": description}
    if manual_close:
        result["manual_close"] = "YES"
    return result


def ordered(things, key):
    return sorted(things, key=lambda thing: thing[key])


def agent_items():
    number = ref("xdp.if.number")
    missing = ref("xdp.if.missing")
    silent = trigger(
        "XDP: xdp-agentx does not answer", f"nodata({number},{{$XDP.NODATA.TIME}})=1", "AVERAGE",
        "Neither counters nor the state of any interface are known. Is xdp-agentx running, and connected to snmpd?")
    gone = trigger(
        "XDP: interfaces are missing", f"last({missing})>0", "WARNING",
        "Interfaces that xdp-agentx is configured by name to watch do not exist.",
        opdata="{ITEM.LASTVALUE1}")
    items = [
        item("XDP: agent version", "xdp.agent.version", "xdpAgentVersion", 0,
             "Name and version of the agent.", "CHAR", component="xdp"),
        item("XDP: interfaces", "xdp.if.number", "xdpIfNumber", 0,
             "How many interfaces the agent watches.", triggers=[silent], component="xdp"),
        item("XDP: interfaces missing", "xdp.if.missing", "xdpIfMissing", 0,
             "How many are configured by name and do not exist.", triggers=[gone], component="xdp"),
        item("XDP: interfaces failed", "xdp.if.failed", "xdpIfFailed", 0,
             "How many give verdicts that the agent cannot count.", component="xdp"),
    ]
    if WALK:
        oids = [f"{ROOT}.{table}" for table in TABLES] + [IF_NAME, IF_ALIAS]
        items.append({
            "uuid": uuid("item xdp.walk"), "name": "XDP: walk", "type": "SNMP_AGENT",
            "snmp_oid": f"walk[{','.join(oids)}]", "key": "xdp.walk", "delay": "{$XDP.INTERVAL}",
            "history": "0", **of_type("TEXT"),
            "description": "Everything that the other items are taken from.",
            "tags": tags(component="raw"),
        })
    return items


def counter_items(action):
    """Rates of one action. A counter that falls, or starts, gives no rate for that interval."""
    triggers = []
    packets = f"xdp.packets[{{#IFNAME}},{action}]"
    limit = '{$XDP.DROP.PPS.WARN:"{#IFNAME}"}'
    if action == "aborted":
        triggers.append(trigger(
            "XDP on {#IFNAME}: frames are aborted", f"max({ref(packets)},{{$XDP.ABORTED.TIME}})>0", "WARNING",
            "The program failed, or returned what is no verdict. The frames are lost.",
            opdata="{ITEM.LASTVALUE1}"))
    if action == "drop":
        triggers.append(trigger(
            "XDP on {#IFNAME}: many frames are dropped",
            f"min({ref(packets)},{{$XDP.DROP.TIME}})>{limit}", "WARNING",
            f"More than {limit} packets per second for {{$XDP.DROP.TIME}}; it ends below four fifths of that.",
            recovery=f"max({ref(packets)},{{$XDP.DROP.TIME}})<0.8*{limit}", opdata="{ITEM.LASTVALUE1}"))
    common = {"action": action, "component": "xdp", "interface": "{#IFNAME}"}
    name = action.capitalize()
    return [
        item(f"XDP on {{#IFNAME}}: {action}, packets", packets, f"xdpIf{name}Packets", "{#SNMPINDEX}",
             "Frames per second with this verdict. {#IFALIAS}", "FLOAT", "pps",
             steps=[step("CHANGE_PER_SECOND", "")], triggers=triggers, **common),
        item(f"XDP on {{#IFNAME}}: {action}, bits", f"xdp.bits[{{#IFNAME}},{action}]",
             f"xdpIf{name}Bytes", "{#SNMPINDEX}",
             "Bits per second with this verdict. {#IFALIAS}", "FLOAT", "bps",
             steps=[step("MULTIPLIER", "8"), step("CHANGE_PER_SECOND", "")], **common),
    ]


def state_items():
    def state(name, key, obj, description, *more, **keywords):
        return item(f"XDP on {{#IFNAME}}: {name}", f"xdp.{key}[{{#IFNAME}}]", obj, "{#SNMPINDEX}",
                    description, *more, component="xdp", interface="{#IFNAME}", **keywords)

    mode, program, moved = (ref(f"xdp.{key}[{{#IFNAME}}]") for key in ("mode", "program.id", "discontinuity"))
    fell = trigger(
        "XDP on {#IFNAME}: native has become generic",
        f"last({mode})=3 and count({mode},{{$XDP.CHANGE.TIME}},\"eq\",\"2\")>0", "WARNING",
        "The program no longer runs in the driver, which costs a multiple for each frame.",
        recovery=f"last({mode})<>3", manual_close=True)
    changed = trigger(
        "XDP on {#IFNAME}: the program has changed",
        f"changecount({program},{{$XDP.CHANGE.TIME}})>0", "INFO",
        "Another program, or none; a program that is loaded again counts as another.",
        opdata="{ITEM.LASTVALUE1}", manual_close=True)
    broken = trigger(
        "XDP on {#IFNAME}: the counters are discontinuous",
        f"last({moved})<>last({moved},#2) and last({moved})>0", "INFO",
        "Frames may have gone uncounted, or counters have begun anew: a rate across this moment is too low.",
        recovery=f"changecount({moved},{{$XDP.CHANGE.TIME}})=0", manual_close=True)
    return [
        state("attach mode", "mode", "xdpIfAttachMode", "Where the program is attached.",
              valuemap="XDP attach mode", triggers=[fell]),
        state("counter source", "source", "xdpIfCounterSource", "Where the counters come from.",
              valuemap="XDP counter source"),
        state("status", "status", "xdpIfStatus", "Whether verdicts are being counted.",
              valuemap="XDP status"),
        state("status text", "status.text", "xdpIfStatusText", "What explains the status.", "CHAR"),
        state("program", "program.name", "xdpIfProgramName", "The name of the attached program.", "CHAR"),
        state("program id", "program.id", "xdpIfProgramId", "The kernel's number of the attached program.",
              triggers=[changed]),
        state("discontinuity", "discontinuity", "xdpIfDiscontinuityTime",
              "The uptime of snmpd when the counters last lost count.", None, "uptime",
              steps=[step("MULTIPLIER", "0.01")], triggers=[broken]),
    ]


def failed_trigger():
    """Of two items, so Zabbix keeps it beside them; it waits for the text, for it is in the name."""
    status, text = (ref(f"xdp.{key}[{{#IFNAME}}]") for key in ("status", "status.text"))
    return trigger(
        "XDP on {#IFNAME}: cannot be counted", f"last({status})=3 and length(last({text}))>0", "AVERAGE",
        "Verdicts are given that the agent cannot count, or it could not attach its program.",
        event_name="XDP on {#IFNAME} cannot be counted: {ITEM.LASTVALUE2}")


def graph(name, kind):
    return {
        "uuid": uuid("graph " + name), "name": name, "type": "STACKED",
        "graph_items": [
            {**({"sortorder": str(number)} if number else {}), "color": color, "calc_fnc": "ALL",
             "item": {"host": TEMPLATE, "key": f"xdp.{kind}[{{#IFNAME}},{action}]"}}
            for number, (action, color) in enumerate(ACTIONS.items())
        ],
    }


GRAPHS = [graph("XDP on {#IFNAME}: bits", "bits"), graph("XDP on {#IFNAME}: packets", "packets")]


def discovery():
    macros = {"{#XDPSTATUS}": oid("xdpIfStatus"), "{#IFNAME}": IF_NAME, "{#IFALIAS}": IF_ALIAS}
    rule = {"uuid": uuid("rule xdp.discovery"), "name": "XDP interfaces"}
    if WALK:
        rule |= {"type": "DEPENDENT", "key": "xdp.discovery", "delay": "0"}
    else:
        pairs = ",".join(f"{macro},{column}" for macro, column in macros.items())
        rule |= {"type": "SNMP_AGENT", "snmp_oid": f"discovery[{pairs}]", "key": "xdp.discovery",
                 "delay": "{$XDP.LLD.INTERVAL}"}
    conditions = []
    for macro in ("IFALIAS", "IFNAME"):
        conditions += [
            {"macro": f"{{#{macro}}}", "value": f"{{$XDP.{macro}.MATCHES}}"},
            {"macro": f"{{#{macro}}}", "value": f"{{$XDP.{macro}.NOT_MATCHES}}",
             "operator": "NOT_MATCHES_REGEX"},
        ]
    conditions.append({"macro": "{#XDPSTATUS}", "operator": "EXISTS"})
    for letter, condition in zip("ABCDE", conditions):
        condition["formulaid"] = letter
    rule["filter"] = {"evaltype": "AND", "conditions": conditions}
    rule["description"] = "The interfaces of xdpIfTable, with their names from the IF-MIB."
    items = state_items() + [one for action in ACTIONS for one in counter_items(action)]
    rule["item_prototypes"] = ordered(items, "key")
    rule["trigger_prototypes"] = [failed_trigger()]
    rule["graph_prototypes"] = GRAPHS
    if WALK:
        rule["master_item"] = {"key": "xdp.walk"}
        rows = [part for macro, column in macros.items() for part in (macro, column, "0")]
        rule["preprocessing"] = [
            step("SNMP_WALK_TO_JSON", *rows),
            step("DISCARD_UNCHANGED_HEARTBEAT", "{$XDP.LLD.INTERVAL}"),
        ]
    return rule


def dashboard():
    """Packets above bits, for all interfaces."""
    widgets = []
    for number, name in enumerate(["XDP on {#IFNAME}: packets", "XDP on {#IFNAME}: bits"]):
        fields = [{"type": "GRAPH_PROTOTYPE", "name": "graphid.0" if WALK else "graphid",
                   "value": {"host": TEMPLATE, "name": name}}]
        one = {"type": "graphprototype" if WALK else "GRAPH_PROTOTYPE"}
        if number:
            one["y"] = "10"
        one |= {"width": "72" if WALK else "24", "height": "10", "fields": fields}
        widgets.append(one)
    return {"uuid": uuid("dashboard XDP"), "name": "XDP", "pages": [{"widgets": widgets}]}


def template():
    return {
        "uuid": uuid("template"), "template": TEMPLATE, "name": TEMPLATE,
        "description": "Verdicts of XDP programs for each interface, as xdp-agentx serves them. "
                       "snmpd has to show XDP-STATS-MIB and, for names, the ifXTable.",
        "groups": [{"name": GROUP}],
        "items": ordered(agent_items(), "key"),
        "discovery_rules": [discovery()],
        "tags": tags(**{"class": "network", "target": "xdp"}),
        "macros": [{"macro": macro, "value": value, "description": text} for macro, value, text in MACROS],
        "dashboards": [dashboard()],
        "valuemaps": [
            {"uuid": uuid("value map " + name), "name": name,
             "mappings": [{"value": str(number), "newvalue": word} for number, word in enumerate(words, 1)]}
            for name, words in VALUE_MAPS.items()
        ],
    }


def scalar(value):
    """As Symfony's YAML component writes it, which Zabbix uses."""
    if (value.lower() in ("", "null", "~", "true", "false", "y", "n", "yes", "no", "on", "off")
            or re.fullmatch(r"[-+]?(\d[\d_]*\.?\d*|\.\d+)", value)
            or re.search(r"[\s'\":{}\[\],&*#?]|^[-|<>=!%@`]", value)):
        return "'" + value.replace("'", "''") + "'"
    return value


def dump(value, indent=""):
    """Lines of a mapping or a list."""
    if isinstance(value, list):
        for entry in value:
            if isinstance(entry, dict):
                lines = list(dump(entry, indent + "  "))
                if WALK:
                    yield indent + "- " + lines.pop(0).lstrip()
                else:
                    yield indent + "-"
                yield from lines
            else:
                yield f"{indent}- {scalar(entry)}"
        return
    for key, entry in value.items():
        if isinstance(entry, (dict, list)):
            yield f"{indent}{scalar(key)}:"
            yield from dump(entry, indent + "  ")
        else:
            yield f"{indent}{scalar(key)}: {scalar(entry)}"


def main():
    groups = "template_groups" if WALK else "groups"
    export = {
        "version": VERSION,
        groups: [{"uuid": GROUP_UUID, "name": GROUP}],
        "templates": [template()],
    }
    print("\n".join(dump({"zabbix_export": export})))


main()
