# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # what is not set here is of tests/e2e/lib.sh
#
# For the tests that receive notifications, after tests/e2e/lib.sh. snmpd sends them to $SINK if its
# configuration has the line "trap2sink $SINK public".
need snmptrapd

SINK=127.0.0.1:16162

start_snmptrapd() {
	# shellcheck disable=SC2046 # several words
	snmptrapd -f -C -c /dev/null --disableAuthorization=yes $(names) -OQUs -F '%V|%v\n' \
		-Lf "$RUN/traps" "udp:$SINK" &
	trapd_pid=$!
	wait_for 10 grep -q '^NET-SNMP version' "$RUN/traps"
}

stop_snmptrapd() {
	kill "$trapd_pid"
	wait "$trapd_pid" 2>/dev/null
}

# received: what has come since the last call of forget, a line each.
forgotten=0
received() {
	sed -n "$((forgotten + 1)),\$p" "$RUN/traps"
}

forget() {
	forgotten=$(wc -l <"$RUN/traps")
}

# traps: ours of them: NAME|OBJECT=VALUE|OBJECT=VALUE ...
traps() {
	received | grep -a 'snmpModules.1.1.4.1.0 = xdp' |
		sed 's/.*snmpModules.1.1.4.1.0 = //; s/ = /=/g'
}

arrived() {
	[ "$(traps | wc -l)" -ge "$1" ]
}

suppressed() {
	get "$ROOT.1.1.8.0"
}

# hang_up: has the agent read its configuration again, and waits until it has.
hang_up() {
	local before
	before=$(grep -c 'configuration was read again' "$RUN/agent.log")
	kill -HUP "$agent_pid"
	wait_for 5 reloaded "$before"
}

reloaded() {
	[ "$(grep -c 'configuration was read again' "$RUN/agent.log")" -gt "$1" ]
}

# poll [SECONDS]: another manager, which waits that long for an answer, until there is $RUN/stop.
# $RUN/polled has a line for each of its requests: after how many milliseconds it was answered, and what.
poll() {
	local start answer

	while [ ! -e "$RUN/stop" ]; do
		start=$(date +%s%3N)
		answer=$(snmpget -v2c -c public -t "${1-3}" -r 0 -Oqv "$SNMP_ADDRESS" .1.3.6.1.2.1.1.3.0 2>&1)
		echo "$(($(date +%s%3N) - start)) $answer"
	done >"$RUN/polled"
}
