#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each way to lose snmpd and to have it back: how soon the agent's objects are served again, what it
# logs meanwhile, and what else it gets done.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

SYS_OR_ID=.1.3.6.1.2.1.1.9.1.2
BACK=20 # seconds until it has failed; on a quiet machine it takes one

milliseconds() {
	date +%s%3N
}

# back WHAT SINCE: served again, and how soon after that millisecond.
back() {
	ok "$1: served again" within $BACK served
	echo "# $1: served again after $(($(milliseconds) - $2)) ms"
}

# The agent's own lines, and those of net-snmp's library, without those of interfaces.
log_lines() {
	grep -Ev ': counting|: about to|started' $RUN/agent.log
}

# said WHAT LOST: of the last loss there are two lines, of this kind and of the return.
said() {
	is "$1: one line for the loss, one for the return" \
		"$(log_lines | tail -n +$((lines_before + 1)) | sed 's/version [^ ]* //')" \
		"$2
NET-SNMP AgentX subagent connected"
}

remember_log() {
	lines_before=$(log_lines | wc -l)
}

# noisy LINES: the log has more than these of the last loss.
noisy() {
	[ $(($(log_lines | wc -l) - lines_before)) -gt "$1" ]
}

# How often sysORTable has our root.
in_sys_or_table() {
	walk $SYS_OR_ID | grep -c "= $ROOT\$"
}

sys_or_entries() {
	[ "$(in_sys_or_table)" = "$1" ]
}

CLOSED="AgentX master disconnected us, reconnecting in 1"
SILENT="AgentX master agent failed to respond to ping.  Attempting to re-register."

# --- restarted, killed, moved; by both transports ------------------------------------------------

rounds() {
	serve -c $RUN/agent.conf -i 'x*'
	ok "$AGENTX: sysORTable has an entry for the module" wait_for 5 sys_or_entries 1
	for signal; do
		remember_log
		stop_snmpd "-$signal"
		within 3 noisy 1 >/dev/null # the agent tries several times, and says nothing of it
		start_snmpd
		back "$AGENTX: snmpd ended by $signal" "$(milliseconds)"
		said "$AGENTX: snmpd ended by $signal" "$CLOSED"
		ok "$AGENTX: sysORTable has it again, once" wait_for 5 sys_or_entries 1
	done
}

veth xa
echo "xdpNotifications no" >$RUN/agent.conf # there would be many, while snmpd hangs
rounds TERM KILL
remember_log
rm $RUN/agentx.sock
stop_snmpd -KILL
mkdir $RUN/agentx.sock # nobody can listen there
within 2 noisy 1 >/dev/null
rmdir $RUN/agentx.sock
start_snmpd
back "the socket was removed and made anew" "$(milliseconds)"
said "the socket was removed and made anew" "$CLOSED"

# --- snmpd hangs ---------------------------------------------------------------------------------

# Longer than what its queue of connections can take; new interfaces are counted meanwhile.
hang() {
	local deadline=$((SECONDS + $1)) start took

	slowest=0 late=0
	kill -STOP "$snmpd_pid"
	until [ $SECONDS -ge $deadline ]; do
		start=$(milliseconds)
		ip link add xs type veth peer name xs-p netns peer
		within $BACK has_program xs >/dev/null || late=$((late + 1))
		took=$(($(milliseconds) - start))
		slowest=$((took > slowest ? took : slowest))
		ip link delete xs
	done
}

remember_log
hang 20
is "snmpd hangs for 20 s: each new interface has its program meanwhile" $late 0
echo "# the slowest after $slowest ms"
kill -CONT "$snmpd_pid"
back "snmpd hung, and goes on" "$(milliseconds)"
said "snmpd hung, and goes on" "$SILENT"

remember_log
hang 8
stop_snmpd -KILL
start_snmpd
back "snmpd hung, was killed and started again" "$(milliseconds)"
within 3 noisy 2 >/dev/null
said "snmpd hung, was killed and started again" "$SILENT"

# --- the agent is stalled ------------------------------------------------------------------------

given_up() {
	get $ROOT.1.1.1.0 | grep -q '^No Such Object'
}

kill -STOP "$agent_pid"
ok "the agent is stalled: snmpd gives it up" wait_for 20 given_up
kill -CONT "$agent_pid"
back "the agent goes on" "$(milliseconds)"

# --- a master that breaks connections off --------------------------------------------------------

talks() {
	[ "$(wc -l <$RUN/talks)" -ge "$1" ]
}

stop_snmpd -KILL
rm $RUN/agentx.sock
remember_log
"$builddir/tests/e2e/fake_master" $RUN/agentx.sock 1 >$RUN/talks &
fake_pid=$!
ok "a master talks nonsense, and breaks connections off" wait_for 30 talks 8
kill $fake_pid
wait $fake_pid 2>/dev/null
start_snmpd
back "snmpd instead of that master" "$(milliseconds)"
ok "... and the library tries no more" eval '! within 3 logged re-opened >/dev/null'

stop_agent
ok "sysORTable has no entry any more" wait_for 5 sys_or_entries 0

# --- with more descriptors than select(2) can take, by TCP ---------------------------------------

stop_snmpd
AGENTX=tcp:127.0.0.1:7051
AGENT=$(with_many_descriptors "$AGENT")
rounds KILL TERM
highest=$(find "/proc/$agent_pid/fd" -lname 'socket:*' -printf '%f\n' | sort -n | tail -1)
ok "the agent's connection has a descriptor above 1,024" [ "$highest" -gt 1024 ]
ok "... and it counts" wait_for 5 counting xa
frames xa 5 60
is "... exactly" "$(passed xa)" "5 300"
is "no descriptor stays open on exec" "$(open_on_exec "$agent_pid")" ""

# --- signals interrupt its system calls ----------------------------------------------------------

interrupt() {
	while kill -ALRM "$agent_pid" 2>/dev/null; do :; done
}

expected=$(walk $ROOT)
remember_log
interrupt &
interrupting=$!
for _ in {1..20}; do
	walk $ROOT
done | sort | uniq -c | awk '{ print $1 }' | sort -u >$RUN/rounds
kill $interrupting
wait $interrupting 2>/dev/null
is "20 walks under a stream of signals: the same each time" "$(cat $RUN/rounds)" 20
is "... as without" "$(walk $ROOT)" "$expected"
is "... and the connection is the same" "$(log_lines | wc -l)" "$lines_before"
stop_agent
is "the agent stopped in order" "$agent_code" 0
done_testing
