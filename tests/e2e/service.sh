#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the agent tells a service manager: that it is ready, reads its configuration, stops; and that it
# is alive, as often as is asked for, whatever snmpd does.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

WATCHDOG=4 # seconds: WatchdogSec=

# told: all that it has told, but for the signs of life.
told() {
	grep -v WATCHDOG $RUN/told | sed 's/^[0-9]* //; s/\(MONOTONIC_USEC=\)[0-9]*/\1N/'
}

told_lines() {
	[ "$(told | wc -l)" -ge "$1" ]
}

signs() {
	grep -c 'WATCHDOG=1$' $RUN/told
}

more_signs() {
	[ "$(signs)" -ge "$1" ]
}

# late: the times between its messages, from when it was ready on, that the manager would end it for.
late() {
	awk -v limit=$((WATCHDOG * 1000)) '
		/READY=1|WATCHDOG=1/ { if (last && $1 - last > limit) print $1 - last; last = $1 }' $RUN/told
}

# start_service: the agent, as a service manager starts it.
start_service() {
	NOTIFY_SOCKET=$RUN/notify start_agent -c $RUN/agent.conf -i xa
}

"$builddir/tests/e2e/notify_socket" $RUN/notify >$RUN/told &
listener=$!
wait_for 5 test -S $RUN/notify
veth xa
export WATCHDOG_USEC=$((WATCHDOG * 1000000))
start_service 2>/dev/null
wait "$agent_pid"
is "it cannot start: it is not ready" "$(cat $RUN/told)" ""
echo "xdpNotifications no" >$RUN/agent.conf
start_service
ok "it is ready, with or without snmpd" wait_for 5 told_lines 1
is "... and says nothing else" "$(told)" "READY=1"
ok "it is alive" wait_for $((2 * WATCHDOG)) more_signs 3

start_snmpd
wait_for 5 served
kill -STOP "$snmpd_pid"
ok "snmpd hangs: it is alive" wait_for $((4 * WATCHDOG)) more_signs $(($(signs) + 3))
kill -CONT "$snmpd_pid"
is "... and has never been late" "$(late)" ""

kill -HUP "$agent_pid"
ok "it reads its configuration" wait_for 5 told_lines 3
echo "xdpNonsense" >>$RUN/agent.conf
kill -HUP "$agent_pid"
ok "... which is wrong" wait_for 5 told_lines 5
stop_agent
ok "it stops" wait_for 5 told_lines 6
is "that is what it told" "$(told)" "READY=1
RELOADING=1 MONOTONIC_USEC=N
READY=1
RELOADING=1 MONOTONIC_USEC=N
READY=1
STOPPING=1"

before=$(signs)
unset WATCHDOG_USEC
sed -i /xdpNonsense/d $RUN/agent.conf
start_service
wait_for 5 told_lines 7
stop_agent
wait_for 5 told_lines 8
is "nobody watches: no signs of life" "$(signs)" "$before"
kill $listener
wait $listener 2>/dev/null
start_service
ok "nobody listens: it says so" wait_for 5 logged \
	'^cannot reach the service manager by NOTIFY_SOCKET: Connection refused'
ok "... and serves" wait_for 5 served
stop_agent
unload >/dev/null
done_testing
