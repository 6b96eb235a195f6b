#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# reroot.sh ROOT MODULE: prints XDP-STATS-MIB with xdpStatsMIB at ROOT, for example
# .1.3.6.1.4.1.32473.7. The agent needs the same: xdpRootOid.
set -eu

die() {
	echo "reroot.sh: $*" >&2
	exit 1
}

[ $# -eq 2 ] || die "usage: reroot.sh ROOT MODULE"
root=${1#.}
printf '%s\n' "$root" | grep -Eqx '(0|[1-9][0-9]{0,9})(\.(0|[1-9][0-9]{0,9}))*' ||
	die "ROOT='$1' is no numeric object identifier; expected for example .1.3.6.1.4.1.32473.7"
printf '%s\n' "$root" | tr . '\n' | awk '$1 > 4294967295 { exit 1 }' ||
	die "ROOT='$1' has a number above 4294967295"
case $root in
1.3.6.1.4.1.*)
	parent=enterprises
	rest=${root#1.3.6.1.4.1.}
	;;
1.3.6.1.*)
	parent=internet
	rest=${root#1.3.6.1.}
	;;
*)
	die "ROOT='$1' is not below .1.3.6.1, where SMIv2 has all its modules"
	;;
esac

# A value of more than one number would define nodes in passing, which lint tools do not like: each
# number but the last gets a node with a name.
awk -v parent="$parent" -v rest="$rest" '
/^    netSnmpPlaypen$/ { sub("netSnmpPlaypen", parent); changed++ }
/^        FROM NET-SNMP-MIB;$/ { sub("NET-SNMP-MIB", "SNMPv2-SMI"); changed++ }
/^    ::= \{ netSnmpPlaypen 48620 \}$/ {
	count = split(rest, number, ".")
	for (i = 1; i < count; i++) {
		nodes = nodes "\nxdpRoot" i " OBJECT IDENTIFIER ::= { " parent " " number[i] " }"
		parent = "xdpRoot" i
	}
	$0 = "    ::= { " parent " " number[count] " }" (nodes ? "\n" nodes : "")
	changed++
}
{ print }
END {
	if (changed != 3) {
		print "reroot.sh: the module is not as expected" >"/dev/stderr"
		exit 1
	}
}' "$2"
