#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every kind of request, against counts that are known exactly.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

veth xa
veth xb 9000
serve -i xa -i xb
ok "both interfaces are counted" wait_for 5 counting xa xb
ids="$(xdp_id xa) $(xdp_id xb)"
a=$(ifindex xa)
b=$(ifindex xb)

frames xa 7 60
frames xa 3 1514
frames xb 5 9014

is "GET: packets" "$(packets xa 2)" 10
is "GET: bytes" "$(bytes xa 2)" $((7 * 60 + 3 * 1514))
is "GET: bytes of multi-buffer frames" "$(bytes xb 2)" $((5 * 9014))
is "GET: several varbinds" "$(get $ROOT.1.3.1.2."$a".2 $ROOT.1.3.1.2."$b".2 $ROOT.1.7.1.5."$b")" \
	"10
5
5"
is "the other verdicts are there, as zeros" \
	"$(get $ROOT.1.3.1.2."$a".{0,1,3,4} $ROOT.1.3.1.3."$a".{0,1,3,4} | sort | uniq -c | tr -s ' ')" \
	" 8 0"
is "GET: no such instance" "$(get $ROOT.1.3.1.2."$a".5)" \
	"No Such Instance currently exists at this OID"
is "GET: no such object" "$(get $ROOT.1.3.1.4."$a".2)" "No Such Object available on this agent at this OID"

is "GETNEXT: into the next column" "$(getnext $ROOT.1.3.1.2."$b".4)" "$ROOT.1.3.1.3.$a.0 = 0"
is "GETNEXT: from a partial index" "$(getnext $ROOT.1.3.1.2."$b")" "$ROOT.1.3.1.2.$b.0 = 0"
is "GETNEXT: from below the table" "$(getnext $ROOT.1.3)" "$ROOT.1.3.1.2.$a.0 = 0"
is "GETNEXT: behind a verdict that does not exist" "$(getnext $ROOT.1.3.1.2."$a".9)" \
	"$ROOT.1.3.1.2.$b.0 = 0"

is "GETBULK: three columns" \
	"$(snmpbulkget -v2c -c public -Cn0 -Cr2 -OQUn "$SNMP_ADDRESS" \
		$ROOT.1.3.1.2."$a".1 $ROOT.1.3.1.3."$a".1 $ROOT.1.7.1.5)" \
	"$ROOT.1.3.1.2.$a.2 = 10
$ROOT.1.3.1.3.$a.2 = 4962
$ROOT.1.7.1.5.$a = 10
$ROOT.1.3.1.2.$a.3 = 0
$ROOT.1.3.1.3.$a.3 = 0
$ROOT.1.7.1.5.$b = 5"

is "a walk of xdpStatsTable has 2 interfaces x 5 verdicts x 2 columns" \
	"$(walk $ROOT.1.3 | wc -l)" 20
is "a bulk walk finds the same" \
	"$(snmpbulkwalk -v2c -c public -Cr50 -OQUn "$SNMP_ADDRESS" $ROOT.1.3)" "$(walk $ROOT.1.3)"
is "xdpIfStatsTable has the same values as xdpStatsTable" \
	"$(walk $ROOT.1.7 | sed 's/.* = //' | sort)" "$(walk $ROOT.1.3 | sed 's/.* = //' | sort)"

# shellcheck disable=SC2046 # several words
is "snmptable shows rows by name" \
	"$(snmptable -v2c -c public $(names) -OU -Ci -CH -Cf '|' "$SNMP_ADDRESS" \
		XDP-STATS-MIB::xdpStatsTable | grep "^$a.pass")" \
	"$a.pass|10|4962"

is "SNMPv1: GET of a Counter64 is refused" \
	"$(snmpget -v1 -c public -OQUn "$SNMP_ADDRESS" $ROOT.1.3.1.2."$a".2 2>&1 | grep -c noSuchName)" 1
is "SNMPv1: a walk passes the counters over and goes on" \
	"$(snmpwalk -v1 -c public -OQUn "$SNMP_ADDRESS" $ROOT | wc -l)" $((8 + 2 * 10))
like "a SET is refused" \
	"$(snmpset -v2c -c public "$SNMP_ADDRESS" $ROOT.1.3.1.2."$a".2 i 0 2>&1)" \
	'noAccess|notWritable|noSuchName'

stop_agent
is "SIGTERM ends the agent with 0" "$agent_code" 0
is "and leaves the programs on the interfaces" "$(xdp_id xa) $(xdp_id xb)" "$ids"
ok "until they are taken away" unload
is "and then there is none" "$(xdp_id xa)$(xdp_id xb)" ""

done_testing
