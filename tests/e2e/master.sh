#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# snmpd is absent, hangs, dies, comes back: what becomes of counters, times and descriptors.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# The agent's log tells what net-snmp's library does: how many lines are like that.
lines() {
	grep -c -- "$1" $RUN/agent.log
}

at_least() {
	[ "$(lines "$2")" -ge "$1" ]
}

# TimeStamps: xdpIfTableLastChange; xdpIfLastChange and xdpIfDiscontinuityTime of each interface.
times() {
	local name
	{
		get $ROOT.1.1.6.0
		for name; do
			get $ROOT.1.2.1.{9,10}."$(ifindex "$name")"
		done
	} | paste -sd' '
}

# Most of this needs an agent that pings more often than every 5 s; each begins with nothing.
printf '%s\n' "agentXPingInterval 1" "xdpPersist no" >$RUN/agent.conf

# --- absent at start -----------------------------------------------------------------------------

veth xa
start_agent -c $RUN/agent.conf -i 'x*' -Dagentx/subagent
ok "no snmpd: the agent counts" wait_for 5 has_program xa
frames xa 4 60
ok "... and tries to connect, time and again" wait_for 10 at_least 3 'opening session\.\.\.$'
is "... which it says once" \
	"$(grep -v '^agentx/' $RUN/agent.log | grep -c 'AgentX\|[Ff]ailed\|onnect')" 1
ok "... with the address" logged "^no AgentX master .*$AGENTX"
start_snmpd "sysName first"
ok "there is one: served" wait_for 5 served
is "... with the frames of before" "$(passed xa)" "4 240"

# --- the same master, the same times -------------------------------------------------------------

veth xb
ok "another interface" wait_for 5 counting xb
before=$(times xa xb)
like "TimeStamps: 0 for what was before snmpd, and only for that" "$before" \
	'^[1-9][0-9]* 0 0 [1-9][0-9]* [1-9][0-9]*$'
for round in 1 2; do
	pings=$(lines 'responded to ping')
	for _ in {1..10}; do
		times xa xb
	done
	# A request puts the next ping off.
	wait_for 5 at_least $((pings + 1)) 'responded to ping' || echo "no ping in round $round"
done >$RUN/times
is "20 polls and 2 pings: they stay the same" "$(sort -u $RUN/times)" "$before"

# --- hung ----------------------------------------------------------------------------------------

tries=$(lines 'opening session\.\.\.$')
slowest=0
deadline=$((SECONDS + 10))
kill -STOP "$snmpd_pid"
until at_least $((tries + 2)) 'opening session\.\.\.$' || [ $SECONDS -gt $deadline ]; do
	start=$(date +%s%3N)
	ip link add xs type veth peer name xs-p netns peer
	wait_for 5 has_program xs
	took=$(($(date +%s%3N) - start))
	slowest=$((took > slowest ? took : slowest))
	ip link delete xs
done
veth xh
frames xa 3 100
ok "snmpd hangs: the agent tries to connect again" at_least $((tries + 2)) 'opening session\.\.\.$'
ok "... a new interface has its program within 2 s" [ $slowest -lt 2000 ]
echo "# the slowest after $slowest ms"
kill -CONT "$snmpd_pid"
ok "snmpd goes on: served again" wait_for 5 served
ok "... with the new interface" wait_for 5 counting xh
is "... with the frames of the meantime" "$(passed xa)" "7 540"
is "... and the TimeStamps are the same" "$(times xa xb | cut -d' ' -f2-)" \
	"$(cut -d' ' -f2- <<<"$before")"
stop_agent -TERM

# --- killed, and started again later: an agent without special settings --------------------------

start_agent -i 'x*'
ok "the next agent: served" wait_for 5 served
ok "... and counting" wait_for 5 counting xa xb xh
frames xa 2 100
stop_snmpd -KILL
frames xa 5 100
start_snmpd "sysName second"
start=$(date +%s%3N)
ok "snmpd is back: served again within 2 s" wait_for 2 served
took=$(($(date +%s%3N) - start))
echo "# served again after $((took / 1000)).$((took % 1000 / 100)) s"
is "... with the frames of the meantime" "$(passed xa)" "7 700"
is "TimeStamps: everything was before this snmpd" "$(times xa xb xh)" "0 0 0 0 0 0 0"
veth xc
ok "another interface" wait_for 5 counting xc
like "TimeStamps: this was later" "$(times xa xb xc)" \
	'^[1-9][0-9]* 0 0 0 0 [1-9][0-9]* [1-9][0-9]*$'
stop_agent -TERM
unload >/dev/null

# --- restarted time and again, by both transports -------------------------------------------------

# restarts SIGNAL...: snmpd gets one after the other.
restarts() {
	local signal descriptors
	stop_snmpd -TERM
	start_snmpd "sysName third"
	start_agent -c $RUN/agent.conf -i 'x*'
	ok "$AGENTX: served" wait_for 5 served
	ok "... and counting" wait_for 5 counting xa xb xh xc
	frames xa 2 60
	descriptors=$(descriptors)
	for signal; do
		stop_snmpd "$signal"
		start_snmpd "sysName fourth"
		ok "snmpd ended by $signal is back: served again" wait_for 5 served
	done
	is "... exactly" "$(passed xa)" "2 120"
	is "... with as many descriptors as before" "$(descriptors)" "$descriptors"
	stop_agent -TERM
}

restarts -TERM -KILL -TERM -KILL -TERM
AGENTX=tcp:127.0.0.1:7050
restarts -KILL

done_testing
