#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Zabbix templates are what their generator prints, and ask for objects that the agent serves.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}/packaging/nms/zabbix" || exit 1
need python3
OBJECTS=../../../tests/mibs/objects
ROOT=.1.3.6.1.4.1.8072.9999.9999.48620
OTHER=.1.3.6.1.4.1.32473.7

# asked FILE: name and OID below the root of what each item is said to be, and asks for.
asked() {
	awk -v root="$ROOT." '
		/ uuid:/ { name = oid = "" }
		/ description: .XDP-STATS-MIB::/ { sub(/.*::/, ""); sub(/\..*/, ""); name = $0 }
		{ at = index($0, root) }
		at && !/walk/ { oid = substr($0, at + length(root)); sub(/\.([{]#SNMPINDEX[}]|0)[^0-9]*$/, "", oid) }
		name && oid { print name, oid; name = oid = "" }' "$1"
}

uuids() {
	sed -n 's/.*uuid: //p' "$1" | sort
}

for version in 6.0 7.0; do
	file=xdp-$version.yaml
	ok "$file is what template.py prints" diff $file <(./template.py $version)
	ok "... with another root, but for that" \
		diff <(sed "s/$ROOT/$OTHER/g" $file) <(./template.py $version $OTHER)
	is "... asks in each of 21 items for an object" "$(asked $file | sort -u | wc -l)" 21
	is "... that is served, and is what it is said to be" \
		"$(asked $file | grep -vxFf <(awk '{ print $1, $2 }' $OBJECTS))" ""
	is "... has UUIDs of version 4" "$(uuids $file | grep -vxE '[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}')" ""
	is "... of which none is there twice" "$(uuids $file | uniq -d)" ""
done
is "xdp-7.0.yaml has the UUIDs of 6.0, and one for the walk" \
	"$(comm -3 <(uuids xdp-6.0.yaml) <(uuids xdp-7.0.yaml) | grep -c .)" 1
done_testing
