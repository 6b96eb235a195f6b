#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What becomes of notifications when something goes wrong: those of a plain subagent of net-snmp's
# library and ours, side by side. Seconds are printed; docs/master.md has them in a table.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/notify_lib.sh"
. "$srcdir/tests/long/changes_lib.sh"
. "$srcdir/tests/long/plain_lib.sh"
need strace

BURST=1000
declare -A notification=([plain]=netSnmpPlaypen.48622.0.1 [ours]=xdp)

# datagrams WHO: what has come from it since the last call of forget.
datagrams() {
	received | grep -a "snmpModules.1.1.4.1.0 = ${notification[$1]}"
}

came() {
	[ "$(datagrams "$1" | sort -u | wc -l)" -ge "$2" ]
}

# Nothing has come for 3 s.
quiet() {
	[ $(($(date +%s) - $(stat -c %Y $RUN/traps))) -ge 3 ]
}

# send WHO NUMBER: so many notifications are due at once; plain was started with TRAPS=NUMBER.
send() {
	if [ "$1" = plain ]; then
		kill -USR1 "${pid[plain]}"
	else
		exchange "$2"
	fi
}

# exchange NUMBER: the programs on so many interfaces for another one.
loaded=0
exchange() {
	loaded=$((loaded + 1))
	load $loaded
	put "$1" $loaded
}

# start_ours: each interface has a program, and nothing is due.
start_ours() {
	exchange $BURST
	printf '%s\n' "xdpInterface many* count" "xdpNotifications no" >$RUN/agent.conf
	start ours
	wait_for 10 served_by ours
	wait_for 20 have_failed $BURST
	echo "xdpInterface many* count" >$RUN/agent.conf
	hang_up
}

master() {
	start_snmpd "trap2sink $SINK public"
}

start_snmptrapd
many_interfaces $BURST
master

# --- snmpd is away -------------------------------------------------------------------------------

TRAPS=10 start plain
start_ours
wait_for 20 served_by plain
stop_snmpd -KILL
wait_for 5 said plain 'disconnected us'
wait_for 5 said ours 'disconnected us'
forget
send plain 10
send ours 10
master
back "snmpd was away" plain ours
ok "ours: 10 notifications while snmpd was away come" wait_for 10 came ours 10
send plain 10
ok "plain: 10 after that come" wait_for 10 came plain 10
wait_for 10 quiet
is "... but those while it was away are lost" "$(datagrams plain | wc -l)" 10
is "ours: each once" "$(datagrams ours | wc -l)" 10
stop plain

# --- snmpd hangs for 4 s -------------------------------------------------------------------------

TRAPS=100 start plain
wait_for 20 served_by plain
for who in plain ours; do
	forget
	kill -STOP "$snmpd_pid"
	send $who 100
	sleep 4
	kill -CONT "$snmpd_pid"
	ok "$who: snmpd hangs for 4 s: 100 notifications come" wait_for 30 came $who 100
	wait_for 30 quiet
	echo "# $who: 100 notifications in $(datagrams $who | wc -l) datagrams"
done
ok "ours: one at most of them twice" [ "$(datagrams ours | wc -l)" -le 101 ]
stop plain

# --- snmpd has gone, and the subagent has not noticed yet ----------------------------------------

TRAPS=1 start plain
wait_for 20 served_by plain
kill -STOP "${pid[plain]}"
stop_snmpd -KILL
send plain 1
kill -CONT "${pid[plain]}"
ok "plain: sends one to a snmpd that has gone: dead" wait_for 5 eval "! kill -0 ${pid[plain]}"
stop plain
is "... by SIGPIPE" "$code" $((128 + 13))

master
wait_for 10 served_by ours
forget
send ours 100
wait_for 10 came ours 50 # the others follow one by one
strace -qq -e trace=sendto -o $RUN/trace -p "${pid[ours]}" &
tracer=$!
wait_for 5 grep -q '^TracerPid:.*[1-9]' "/proc/${pid[ours]}/status"
kill -STOP "${pid[ours]}"
stop_snmpd -KILL
sleep 0.2                 # until the next notification may go
kill -ALRM "${pid[ours]}" # so that it does not look at the connection first
kill -CONT "${pid[ours]}"
ok "ours: sends one to a snmpd that has gone" wait_for 5 grep -q EPIPE $RUN/trace
master
back "... and lives" ours
kill $tracer
wait $tracer
ok "... all 100 come" wait_for 20 came ours 100
ok "... one at most of them twice" [ "$(datagrams ours | wc -l)" -le 101 ]

# --- a burst -------------------------------------------------------------------------------------

# sends WHO PID: it waits for a place in the other's socket.
sends() {
	[ "$(<"/proc/$1/wchan")" = sock_alloc_send_pskb ]
}

TRAPS=$BURST start plain
wait_for 20 served_by plain
forget
send plain $BURST
ok "plain: $BURST in a row: it waits for snmpd" wait_for 20 sends "${pid[plain]}"
ok "... and snmpd for it" wait_for 20 sends "$snmpd_pid"
ok "... which answers nobody" eval "! within 30 answering"
echo "# plain: $(datagrams plain | wc -l) have come"
stop plain
ok "... until the subagent is killed" wait_for 10 answering

# accounted: what has come, and what was suppressed, is what was due.
accounted() {
	local left_out
	left_out=$(suppressed) && [ $(($(datagrams ours | wc -l) + left_out)) = $BURST ]
}

stop_snmpd -KILL
master
wait_for 10 served_by ours
forget
poll &
poll_pid=$!
send ours $BURST
ok "ours: $BURST at once: delivered + suppressed = due" wait_for 60 accounted
touch $RUN/stop
wait $poll_pid
echo "# ours: $(datagrams ours | wc -l) have come, $(suppressed) are counted as suppressed"
is "... another manager was answered each time" "$(grep -c Timeout $RUN/polled)" 0
echo "# $(wc -l <$RUN/polled) times, after $(sort -n $RUN/polled | tail -n 1 | cut -d' ' -f1) ms at most"
stop ours
stop_snmptrapd
done_testing
