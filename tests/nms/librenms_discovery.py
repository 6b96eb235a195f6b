#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""librenms_discovery.py YAML HOST MIBDIRS: does with a host what LibreNMS' discovery does with such a file.

Prints a line for each sensor: class|index|descr|num_oid|port|value|rrd_type. What its schema does not allow
is an error.
"""
import re
import subprocess
import sys

import yaml

KEYS = {
    "oid", "value", "num_oid", "index", "descr", "group", "entPhysicalIndex",
    "entPhysicalIndex_measured", "warn_limit",
}
CLASS_KEYS = {"count": KEYS | {"rrd_type"}, "state": KEYS | {"state_name", "states"}}
NUM_OID = re.compile(r"^(\.\d+)+(\.?\{\{ \$(index|subindex\d) \}\})?(\.\d+)*$")
TEMPLATE = re.compile(r"\{\{ (\S+) \}\}")


def walk(host, mibdirs, oid):
    """{index: {MIB::object: value}}, by the flags with which LibreNMS walks."""
    command = ["snmpbulkwalk", "-v2c", "-c", "public", "-OQUb", "-m", oid.split("::")[0],
               "-M", mibdirs, host, oid]
    rows = {}
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        name, value = line.split(" = ", 1)
        name, index = name.split(".", 1)
        rows.setdefault(index, {})[name] = value.strip('"')
    return rows


def fill(template, index, row):
    return TEMPLATE.sub(lambda m: index if m[1] == "$index" else row[m[1]], template)


def main(path, host, mibdirs):
    with open(path, encoding="utf-8") as file:
        sensors = yaml.safe_load(file)["modules"]["sensors"]
    joined = {}
    for entry in sensors.pop("additional_oids")["data"]:
        for oid in entry["oid"]:
            for index, row in walk(host, mibdirs, oid).items():
                joined.setdefault(index, {}).update(row)
    for sensor_class, definition in sensors.items():
        for data in definition["data"]:
            unknown = set(data) - CLASS_KEYS[sensor_class]
            assert not unknown, f"{data['value']}: {unknown} are not in the schema"
            assert NUM_OID.match(data["num_oid"]), f"{data['num_oid']} is not what the schema asks for"
            for index, row in walk(host, mibdirs, data["oid"]).items():
                row = {**joined.get(index, {}), **row}
                if data["value"] not in row:
                    continue
                value = row[data["value"]]
                if sensor_class == "state":
                    value = {s["descr"]: s["value"] for s in data["states"]}[value]
                print(sensor_class, fill(data["index"], index, row), fill(data["descr"], index, row),
                      fill(data["num_oid"], index, row), fill(data.get("entPhysicalIndex", ""), index, row),
                      value, data.get("rrd_type", ""), sep="|")


main(*sys.argv[1:])
