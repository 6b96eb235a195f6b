#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# NOTIFICATIONS (100,000) that are due one after the other, as fast as programs can be attached,
# exchanged and detached: what snmpd hands on and what was suppressed add up to them, no other manager
# waits, and nothing grows.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/notify_lib.sh"
. "$srcdir/tests/long/changes_lib.sh"

NOTIFICATIONS=${NOTIFICATIONS-100000}
MANY=200
A_ROUND=$((MANY * 5)) # attached and failed, exchanged, detached and failed no more
ROUNDS=$((NOTIFICATIONS / A_ROUND))
WARM=$((ROUNDS / 10 + 1)) # rounds

due=0
seen=0

# all FAILED NOTIFICATIONS COMMAND...: changes each interface, and waits until the agent has seen it: it
# asks for the state of an interface, and would not see two changes between two looks. So many have
# failed then.
all() {
	due=$((due + $2))
	seen=$((seen + MANY))
	"${@:3}"
	wait_for 20 eval "[ \$(changes) = $seen ] && have_failed $1"
}

# The programs have no map, so an interface with one fails, whatever the kernel.
a_round() {
	all $MANY $((MANY * 2)) put $MANY one-% &&
		all $MANY $MANY put $MANY other-% &&
		all 0 $((MANY * 2)) take_off $MANY
}

accounted() {
	local left_out
	left_out=$(suppressed) && [ $(($(traps | wc -l) + left_out)) = $due ]
}

start_snmptrapd
many_interfaces $MANY
load $(seq -f one-%g $MANY) $(seq -f other-%g $MANY)
echo "xdpInterface many* map" >$RUN/agent.conf
start_snmpd "trap2sink $SINK public"
start_agent -c $RUN/agent.conf
wait_for 10 served
poll 10 &
poll_pid=$!

start=$(date +%s%3N)
for ((round = 1; round <= ROUNDS; round++)); do
	a_round || break
	if [ $round = $WARM ]; then
		warm_rss=$(resident)
		warm_fds=$(descriptors)
	fi
done
took=$(($(date +%s%3N) - start))
is "the agent saw every change" "$(changes)" $((ROUNDS * MANY * 3))
ok "delivered + suppressed = due" wait_for 60 accounted
is "... that is all" $due $((ROUNDS * A_ROUND))
echo "# $due notifications in $((took / 1000)) s: $(traps | wc -l) delivered, $(suppressed) suppressed"
is "... each once" "$(received | sort | uniq -d)" ""
is "... of all kinds" "$(traps | cut -d'|' -f1 | sort -u | paste -sd' ')" \
	"xdpIfStatusChange xdpProgramAttached xdpProgramDetached xdpProgramReplaced"

touch $RUN/stop
wait $poll_pid
# snmpd itself waits for the kernel while it reads its interfaces and their programs are changed.
echo "# another manager: $(wc -l <$RUN/polled) requests, the slowest answer after $(
	sort -n $RUN/polled | tail -n 1 | cut -d' ' -f1) ms"
is "another manager was answered each time" "$(grep -c Timeout $RUN/polled)" 0

echo "# resident: $warm_rss kB after $WARM rounds of $ROUNDS, $(resident) kB at the end"
ok "memory stayed within 1 MB" [ "$(resident)" -le $((warm_rss + 1024)) ]
is "descriptors stayed the same" "$(descriptors)" "$warm_fds"
stop_agent
is "and it ended well" "$agent_code" 0
stop_snmptrapd
done_testing
