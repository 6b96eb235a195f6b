#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What becomes of the connection to snmpd when something goes wrong: a plain subagent of net-snmp's
# library and ours, side by side. Seconds are printed; docs/master.md has them in a table.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/long/plain_lib.sh"
need strace

# connection WHO: the descriptor of its connection to snmpd, the only unix socket that is connected.
connection() {
	awk 'NR == FNR { connected[$7] = $6 == "03"; next } connected[$2] { print $1 }' /proc/net/unix \
		<(find "/proc/${pid[$1]}/fd" -lname 'socket:*' -printf '%f %l\n' | tr -d 'a-z:[]')
}

# --- absent at start -----------------------------------------------------------------------------

veth xa
echo "xdpInterface x* count" >$RUN/agent.conf
start plain
start ours
ok "no snmpd: ours counts" wait_for 5 has_program xa
ok "plain: tries for the third time" wait_for 45 said plain "Failed to connect" 3
is "... a line in the log each time" "$(says plain 'Failed to connect')" 3
is "ours: one line in all" "$(says ours 'AgentX\|[Ff]ailed\|onnect')" 1
start_snmpd
back "snmpd was absent" plain ours

# --- ended, killed and started again -------------------------------------------------------------

for signal in TERM KILL; do
	before="$(connection plain), $(connection ours)"
	stop_snmpd -$signal
	wait_for 5 said plain 'disconnected us'
	start_snmpd
	back "snmpd ended by $signal" plain ours
	is "... with the same numbers of descriptors" "$(connection plain), $(connection ours)" "$before"
	echo "# $before"
done
like "plain: its socket stays open on exec" "$(open_on_exec "${pid[plain]}")" "^$(connection plain)$"
is "ours: no descriptor does" "$(open_on_exec "${pid[ours]}")" ""
stop ours

# --- hangs ---------------------------------------------------------------------------------------

# trace WHO: how long it waits, and in which functions of the library.
trace() {
	strace -k -T -qq -e trace=select,pselect6,poll -o "$RUN/$1.trace" -p "${pid[$1]}" &
	tracer=$!
	wait_for 5 grep -q '^TracerPid:.*[1-9]' "/proc/${pid[$1]}/status"
}

stop_trace() {
	kill $tracer
	wait $tracer
}

# blocked WHO: for how many seconds in one piece it did nothing but wait for an answer, at most. The
# library does so in snmp_synch_response_cb(), a second at a time.
blocked() {
	awk '
		/^[a-z]/ {
			if (!answer)
				piece = 0
			answer = 0
			took = $NF
			gsub(/[<>]/, "", took)
		}
		/snmp_synch_response/ && !answer {
			answer = 1
			piece += took
			longest = piece > longest ? piece : longest
		}
		END { printf "%.1f\n", longest }' "$RUN/$1.trace"
}

# It has waited for answers, and now for something else, which is not in the trace yet.
has_given_up() {
	grep -q snmp_synch_response $RUN/plain.trace &&
		[ $(($(date +%s) - $(stat -c %Y $RUN/plain.trace))) -ge 3 ]
}

# new_interfaces SECONDS: made one after the other; how many had no program in time is in $late.
new_interfaces() {
	local deadline=$((SECONDS + $1)) start took

	slowest=0 late=0
	until [ $SECONDS -ge $deadline ]; do
		start=$(milliseconds)
		ip link add xs type veth peer name xs-p netns peer
		within 10 has_program xs >/dev/null || late=$((late + 1))
		took=$(($(milliseconds) - start))
		slowest=$((took > slowest ? took : slowest))
		ip link delete xs
	done
}

# One after the other: the one that tries to connect fills the queue in which the other would wait.
trace plain
kill -STOP "$snmpd_pid"
ok "plain: snmpd hangs: it waits for answers, and gives up" wait_for 60 has_given_up
stop_trace
echo "# plain: snmpd hangs: nothing else for $(blocked plain) s"
kill -CONT "$snmpd_pid"
back "snmpd hung, and goes on" plain
start ours
wait_for 5 served_by ours
trace ours
kill -STOP "$snmpd_pid"
new_interfaces 20
stop_trace
is "ours: snmpd hangs for 20 s: each new interface has its program meanwhile" $late 0
echo "# ours: snmpd hangs: nothing else for $(blocked ours) s; the slowest program after $slowest ms"
kill -CONT "$snmpd_pid"
back "snmpd hung, and goes on" ours

# --- the subagent is stalled ---------------------------------------------------------------------

# ask WHO: what a patient manager is told.
ask() {
	snmpgetnext -v2c -c public -t 20 -r 0 -OQn "$SNMP_ADDRESS" "${root[$1]}" 2>&1
}

for who in plain ours; do
	wait_for 30 served_by $who
	kill -STOP "${pid[$who]}"
	start=$(milliseconds)
	ask $who >$RUN/told &
	asking=$!
	ok "$who: is stalled: others are answered meanwhile" answering
	wait $asking
	echo "# $who: stalled: a manager is told after $(since "$start") s: $(paste -sd' ' $RUN/told)"
	ok "... and then snmpd has given it up" eval "! served_by $who"
	kill -CONT "${pid[$who]}"
	back "stalled, and goes on" $who
done

# --- a second one with the same OIDs -------------------------------------------------------------

first=${pid[plain]}
start plain
ok "plain: a second one is refused" wait_for 5 said plain "registering pdu failed"
{ kill -KILL "$first" && wait "$first"; } 2>/dev/null
ok "... the first one dies: not served within 40 s" eval "! within 40 served_by plain"
ok "... while the second one is alive" kill -0 "${pid[plain]}"
stop plain
first=${pid[ours]}
ip netns exec peer "$AGENT" -C -x "$AGENTX" -Lf $RUN/second.log -i xa-p &
pid[ours]=$!
ok "ours: a second one is refused" wait_for 10 grep -q "refuses XDP-STATS-MIB" $RUN/second.log
{ kill -KILL "$first" && wait "$first"; } 2>/dev/null
back "the first one dies" ours
stop ours

# --- a master that breaks connections off while they are opened ----------------------------------

talks() {
	[ "$(wc -l <$RUN/talks)" -ge "$1" ]
}

# talk_nonsense WHO: to it, instead of snmpd.
talk_nonsense() {
	rm -f $RUN/agentx.sock
	"$builddir/tests/e2e/fake_master" $RUN/agentx.sock 1 >$RUN/talks &
	fake_pid=$!
	start "$1"
	wait_for 90 eval "talks 4 || ! kill -0 ${pid[$1]}"
	kill $fake_pid
	wait $fake_pid 2>/dev/null
}

AGAIN="attempted to be re-opened"
stop_snmpd
talk_nonsense plain
ok "plain: a master breaks connections off: dead" eval "! kill -0 ${pid[plain]}"
stop plain
is "... by SIGPIPE" "$code" $((128 + 13))
plain=$PLAIN
PLAIN="env --ignore-signal=PIPE $plain"
talk_nonsense plain
start_snmpd
back "without SIGPIPE, snmpd instead of that master" plain
ok "... the library tries to connect a second time, for ever" wait_for 60 said plain "$AGAIN" 4
stop plain
PLAIN=$plain
stop_snmpd
talk_nonsense ours
start_snmpd
back "snmpd instead of that master" ours
ok "... the library tries no more" eval "! within 5 said ours '$AGAIN'"
stop ours

# --- more descriptors than select(2) can take ----------------------------------------------------

PLAIN=$(with_many_descriptors "$PLAIN")
AGENT=$(with_many_descriptors "$AGENT")
start plain
start ours
for who in plain ours; do
	ok "$who: more than 1,024 descriptors: served" wait_for 20 served_by $who
	ok "... by one above them" [ "$(connection $who)" -gt 1024 ]
done

stop plain
stop ours TERM
is "ours: ended well" "$code" 0
stop_snmpd
done_testing
