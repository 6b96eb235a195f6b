#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The module as shipped, and moved to another root.
. "${srcdir:-.}/tests/tap.sh"
builddir=${builddir:-$PWD}
cd "${srcdir:-.}" || exit 1

need smilint
need snmptranslate
MODULE=mibs/XDP-STATS-MIB.txt
BASE=tests/mibs/stubs:/usr/share/snmp/mibs
export SMIPATH=$BASE
tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT
mkdir "$tmp/mibs" # of net-snmp, which takes every file in a directory
MOVED=$tmp/mibs/XDP-STATS-MIB.txt

lint() {
	smilint -l 6 "$1" 2>&1
}

# root_of FILE: where all that the module defines lies, but for the nodes above it; then what does not.
root_of() {
	smidump -q -f identifiers "$1" | awk '
		$4 == "" || $2 ~ /^xdpRoot[0-9]/ { next }
		root == "" { root = $4; print root }
		index($4 ".", root ".") != 1 { print $2, $4 }'
}

is "smilint is silent at level 6" "$(lint $MODULE)" ""
is "all of it is below the playpen" "$(root_of $MODULE)" 1.3.6.1.4.1.8072.9999.9999.48620
sed '/^    OBJECTS  *{ xdpStatsPackets/s/, xdpStatsBytes//' $MODULE >"$tmp/broken"
ok "smilint does see what is wrong" grep xdpStatsBytes <(lint "$tmp/broken")

for root in 1.3.6.1.4.1.32473.7 1.3.6.1.4.1.32473.1.2.3 1.3.6.1.4.1.32473 1.3.6.1.3.5; do
	mibs/reroot.sh .$root $MODULE >"$MOVED"
	is "$root: smilint is silent" "$(lint "$MOVED")" ""
	is "$root: all of it is there" "$(root_of "$MOVED")" $root
	is "$root: net-snmp finds it there" \
		"$(snmptranslate -M "$tmp/mibs:$BASE" -m XDP-STATS-MIB -On -IR xdpStatsBytes)" \
		.$root.1.3.1.3
done
for root in '' x 1.3.6.1 2.25.7 .1.3.6.1.4.1.32473. 1.3.6.1.4.1.4294967296 1.3.6.1.4.1.07; do
	is "'$root' is refused, and said to be" \
		"$(mibs/reroot.sh "$root" $MODULE 2>&1 | grep -c "ROOT='$root'")" 1
done

move() {
	env -u MAKEFLAGS -u MFLAGS make -s --no-print-directory -C "$builddir" mib ROOT="$1"
}
ok "make mib prints the module" cmp <(move .1.3.6.1.3.5) "$MOVED"
done_testing
