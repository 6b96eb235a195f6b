#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""telegraf_rows.py CONFIGURATION HOST: the rows that Telegraf's input snmp makes, joined by index.

The discontinuity and what has no value are left out.
"""
import subprocess
import sys
import tomllib


def walk(host, oid):
    command = ["snmpbulkwalk", "-v2c", "-c", "public", "-OQUnet", host, oid]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    pairs = (line.split(" = ", 1) for line in lines if line.startswith(oid + "."))
    return {name[len(oid) + 1:]: value.strip('"') for name, value in pairs}


def main(path, host):
    with open(path, "rb") as file:
        plugin, = tomllib.load(file)["inputs"]["snmp"]
    for field in plugin["field"]:
        value, = walk(host, field["oid"].removesuffix(".0")).values()
        print(plugin["name"], f"{field['name']}={value}")
    for table in plugin["table"]:
        columns = [(field, walk(host, field["oid"])) for field in table["field"]]
        indexes = {index for field, column in columns if not field.get("is_tag") for index in column}
        for index in sorted(indexes, key=int):
            tags = "".join(f",{f['name']}={c[index]}" for f, c in columns if f.get("is_tag") and index in c)
            fields = [f"{f['name']}={c[index]}" for f, c in columns if not f.get("is_tag") and index in c]
            print(f"{table['name']},index={index}{tags}",
                  *(f for f in fields if not f.startswith("xdpIfDiscontinuityTime")))


main(*sys.argv[1:])
