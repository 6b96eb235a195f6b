#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No test: what a poll costs, for docs/poll.md. INTERFACES is how many there are. Needs snmp_exporter.
. "${srcdir:-.}/tests/nms/lib.sh" || exit 1
need prometheus-snmp-exporter

mapfile -t names < <(seq -f 'eth%g' "${INTERFACES:-2}")
veths "${names[@]}"
start_snmpd "createUser xdp SHA correct-horse AES battery-staple" "rouser xdp priv"
start_agent -i 'eth*'
wait_for 30 counting "${names[@]}"

# ticks PID: of CPU time, 10 ms each.
ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# measure TEXT POLLS COMMAND...: SNMP requests, and CPU time of snmpd, the agent and the exporter, for each.
measure() {
	local poll before after

	"${@:3}" >/dev/null
	before="$(get .1.3.6.1.2.1.11.1.0) $(ticks "$snmpd_pid") $(ticks "$agent_pid") $(ticks $exporter_pid)"
	for ((poll = 0; poll < $2; poll++)); do
		"${@:3}" >/dev/null
	done
	after="$(get .1.3.6.1.2.1.11.1.0) $(ticks "$snmpd_pid") $(ticks "$agent_pid") $(ticks $exporter_pid)"
	echo "$before $after" | awk -v polls="$2" -v text="$1" -v n=${#names[@]} '{
		printf "%2d %-32s %4d requests; ms of CPU: snmpd %.1f agent %.1f exporter %.1f\n", n, text,
		       ($5 - $1 - 1) / polls, ($6 - $2) * 10 / polls, ($7 - $3) * 10 / polls, ($8 - $4) * 10 / polls }'
}

walk_all() {
	"$@" -OQUn "$SNMP_ADDRESS" $ROOT
}

scrape() {
	curl -s "http://127.0.0.1:9116/snmp?module=xdp&target=$SNMP_ADDRESS"
}

prometheus-snmp-exporter --config.file="$NMS/prometheus/snmp-0.21.yml" 2>/dev/null &
exporter_pid=$!
wait_for 10 scrape
measure "one interface, ten counters" 200 get "$ROOT.1.7.1".{1..10}.2
measure "all, GETBULK of 25" 200 walk_all snmpbulkwalk -v2c -c public -Cr25
measure "all, GETBULK of 50" 200 walk_all snmpbulkwalk -v2c -c public -Cr50
measure "all, GETBULK of 25, SNMPv3" 200 walk_all snmpbulkwalk -v3 -l authPriv -u xdp -a SHA -A correct-horse \
	-x AES -X battery-staple -Cr25
measure "all, GETNEXT" 50 walk_all snmpwalk -v2c -c public
measure "snmp_exporter" 200 scrape
