#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# packaging/nms/librenms: discovery as LibreNMS does it, its test data served by snmpsim, the Custom OIDs, and
# graphs over restarts and a reset.
. "${srcdir:-.}/tests/nms/lib.sh" || exit 1
need rrdtool
need snmpsimd

cd "$NMS/librenms" || exit 1
SIMULATOR=127.0.0.1:1161
mib_dir $RUN/mibs

# gets OID...: by the flags with which LibreNMS polls.
gets() {
	snmpget -v2c -c public -OUQnte "$SNMP_ADDRESS" "$@" | sed 's/.* = //'
}

# subtree OID: of the simulator and of the host, in a form that can be compared.
simulated() {
	snmpbulkwalk -v2c -c linux_xdp -Oen $SIMULATOR "$1" | grep -v ' = No more variables'
}

served_by_host() {
	snmpbulkwalk -v2c -c public -Oen "$SNMP_ADDRESS" "$1" | grep -v ' = No more variables'
}

# simulate FILE: serves it as the community linux_xdp.
simulate() {
	mkdir -p $RUN/data
	cp "$1" $RUN/data/linux_xdp.snmprec
	rm -rf $RUN/cache
	snmpsimd --data-dir=$RUN/data --cache-dir=$RUN/cache --agent-udpv4-endpoint=$SIMULATOR \
		--process-user=root --process-group=root --logging-method=file:$RUN/simulator.log &
	simulator_pid=$!
	wait_for 20 snmpget -v2c -c linux_xdp -t 0.5 -r 0 $SIMULATOR .1.3.6.1.2.1.1.3.0
}

end_simulation() {
	kill $simulator_pid
	wait $simulator_pid 2>/dev/null
}

counted_by_itself eth1 eth2
start_snmpd "sysname edge1" "sysdescr Linux edge1 #1 SMP x86_64" "syscontact root@example.org" "syslocation rack 1"
settings "xdpInterface eth9 count" "xdpInterface * map"
start_agent -c $RUN/agent.conf
wait_for 5 reading eth1
wait_for 5 reading eth2
send eth1 $DROP 10 100
send eth1 $PASS 5 60
send eth2 $ABORTED 3 100

# --- discovery -----------------------------------------------------------------------------------

sensors=$($PYTHON "$srcdir/tests/nms/librenms_discovery.py" xdp.yaml "$SNMP_ADDRESS" $RUN/mibs 2>&1)
is "sensors: 13 counts and 2 states for each interface, and one for all" "$(wc -l <<<"$sensors")" 31
is "... a counter of eth1" "$(grep -F 'xdpIfDropPackets.2|' <<<"$sensors")" \
	"count|xdpIfDropPackets.2|eth1 XDP drop packets|$ROOT.1.7.1.3.2|2|10|DCOUNTER"
is "... its port" "$(get ".1.3.6.1.2.1.31.1.1.1.1.$(grep -F 'xdpIfDropPackets.2|' <<<"$sensors" | cut -d'|' -f5)")" '"eth1"'
is "... a state of eth2" "$(grep -F 'xdpIfAttachMode.3|' <<<"$sensors")" \
	"state|xdpIfAttachMode.3|eth2 XDP mode|$ROOT.1.2.1.1.3|3|2|"
is "... an interface is missing" "$(grep -F xdpIfMissing <<<"$sensors")" \
	"count|xdpIfMissing.0|XDP interfaces missing|$ROOT.1.1.4.0||1|"
is "each num_oid has the value that was discovered" \
	"$(cut -d'|' -f4 <<<"$sensors" | xargs -n 10 | while read -r -a oids; do gets "${oids[@]}"; done)" \
	"$(cut -d'|' -f6 <<<"$sensors")"
is "indexes are unique in each class" "$(cut -d'|' -f1,2 <<<"$sensors" | sort | uniq -d)" ""
for object in xdpIfStatus xdpIfAttachMode; do
	is "$object: all its states, with their numbers" \
		"$(awk -v object="state_name: $object" '
			index($0, object) { here = 1; next }
			here && /descr:/ { gsub(/[,}]/, ""); print $4 "(" $6 ")" }
			here && /^ *-$/ { exit }' xdp.yaml | paste -sd, | sed 's/,/, /g')" \
		"$(snmptranslate -M $RUN/mibs -m XDP-STATS-MIB -Td XDP-STATS-MIB::$object |
			sed -n 's/.*{\(.*\)}.*/\1/p' | head -n 1)"
done

# --- Custom OIDs ---------------------------------------------------------------------------------

custom=$(run_command README.md custom_oids)
is "Custom OIDs: ten for each interface" "$(tail -n +2 <<<"$custom" | wc -l)" 20
is "... each with another name" "$(cut -c1-30 <<<"$custom" | sort | uniq -d)" ""
is "... as in the README" "$(grep -E '^(Name|eth1 XDP drop)' <<<"$custom")" \
	"$(sed -n 's/^    \(Name .*\|eth1 XDP drop.*\)/\1/p' README.md)"
is "... the drops of eth1" "$(gets "$(awk '/^eth1 XDP drop packets/ { print $5 }' <<<"$custom")")" 10

# --- test data -----------------------------------------------------------------------------------

run_command README.md snmprec "s|> .*|>$RUN/live.snmprec|"
before=$(served_by_host $ROOT)
simulate $RUN/live.snmprec
is "the walk of the agent, served by snmpsim, is the same" "$(simulated $ROOT)" "$before"
is "... and so are the names" "$(simulated .1.3.6.1.2.1.31.1.1.1.1)" "$(served_by_host .1.3.6.1.2.1.31.1.1.1.1)"
end_simulation
# of_objects: without what differs from one run to the next.
of_objects() {
	sed -E "/^$ROOT\.1\.(1\.2|1\.6|2\.1\.(5|7|9|10))\./s/ = .*//"
}
simulate linux_xdp.snmprec
is "the data that is shipped: the same" "$(simulated $ROOT | of_objects)" "$(served_by_host $ROOT | of_objects)"
end_simulation

# --- graphs --------------------------------------------------------------------------------------

# In LibreNMS' time, a poll every 300 s: LibreNMS' file, and one with COUNTER to compare.
start=1700000100 polls=0
for type in DCOUNTER COUNTER; do
	rrdtool create $RUN/$type.rrd --start $start --step 300 \
		DS:sensor:$type:600:U:U RRA:AVERAGE:0.5:1:100 RRA:MAX:0.5:1:100
done
poll_once() {
	local type

	polls=$((polls + 1))
	for type in DCOUNTER COUNTER; do
		rrdtool update $RUN/$type.rrd $((start + polls * 300)):"$(gets "$ROOT.1.7.1.3.$(ifindex eth1)")"
	done
}

# rates TYPE: one for each poll, per 300 s, rounded.
rates() {
	rrdtool fetch $RUN/"$1".rrd MAX -s $start -e $((start + polls * 300 - 300)) | awk '
		/^[0-9]+:/ { print $2 ~ /nan/ ? "nan" : sprintf("%.0f", $2 * 300) }' | head -n $polls | paste -sd' '
}

poll_once
send eth1 $DROP 3000 100
poll_once
stop_agent
send eth1 $DROP 3000 100
start_agent -c $RUN/agent.conf
wait_for 5 reading eth1
poll_once
is "over a restart of the agent: no spike, and no gap" "$(rates DCOUNTER)" "nan 3000 3000"

stop_agent
unload >/dev/null
# shellcheck disable=SC2046 # octets
bpftool map update id "$(map_of program-eth1)" key $DROP 0 0 0 value $(yes 0 | head -n 16)
start_agent -c $RUN/agent.conf
wait_for 5 reading eth1
send eth1 $DROP 100 100
poll_once
send eth1 $DROP 3000 100
poll_once
is "everything taken away, and begun anew at 0: a gap, and no spike" "$(rates DCOUNTER)" "nan 3000 3000 nan 3000"
ok "... where COUNTER has one" [ "$(rates COUNTER | cut -d' ' -f4)" -gt 1000000000 ]
echo "# with COUNTER: $(rates COUNTER)"
all_run README.md
done_testing
