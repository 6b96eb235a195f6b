#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# xdp-stats: the same numbers as by SNMP, with and without the agent, and what it does to pins.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

XDP_STATS=$builddir/src/xdp-stats

# stats ARGUMENT...: output and exit code.
stats() {
	"$XDP_STATS" "$@" 2>&1
	echo "exit $?"
}

# said ARGUMENT...: what goes where, and the exit code.
said() {
	"$XDP_STATS" "$@" >$RUN/out 2>$RUN/err
	echo "exit $?"
	sed 's/^/stdout: /' $RUN/out
	sed 's/^/stderr: /' $RUN/err
}

# value NAME ACTION: packets and bytes in the table.
value() {
	"$XDP_STATS" "$1" | awk -v action="$2" '$2 == action { print $3, $4 }'
}

# nothing_is_pinned: whatever there was, and however often it was taken away.
nothing_is_pinned() {
	local arguments words

	for arguments in "" xa "unload xa" "release xa" "retake xa"; do
		read -ra words <<<"$arguments"
		is "nothing is pinned: xdp-stats $arguments" "$(said "${words[@]}")" \
			"exit 1
stderr: xdp-stats: nothing is pinned in /sys/fs/bpf/xdp-agentx for this network namespace"
	done
	is "... xdp-stats unload --all has done what it was asked for" "$(said unload --all)" "exit 0"
}

nothing_is_pinned # there is no directory
veth xa
veth xb
echo "xdpReconcile 1" >$RUN/agent.conf
start_snmpd
start_agent -c $RUN/agent.conf -i xa -i xb
wait_for 10 counting xa xb
frames xa 5 60
is "the same as by SNMP" "$(value xa pass)" "$(passed xa)"
is "namely" "$(value xa pass)" "5 300"
is "all interfaces, all verdicts" "$("$XDP_STATS" | grep -c '^x')" 10
is "an unknown interface" "$(stats nope | tail -n 1)" "exit 1"
like "is named" "$(stats nope)" "^xdp-stats: nope: there is no such interface"
is "-w without a number" "$(stats -w x)" \
	"xdp-stats: option -w: not a number of seconds; xdp-stats -h lists the options
exit 2"

for arguments in --all "release --all xa"; do
	read -ra words <<<"$arguments"
	is "$arguments" "$(stats "${words[@]}")" \
		"xdp-stats: option --all: only unload has it; xdp-stats -h lists the options
exit 2"
done
is "unload --all xa" "$(stats unload --all xa)" \
	"xdp-stats: option --all: not together with names; xdp-stats -h lists the options
exit 2"
is "unload without a name" "$(stats unload)" \
	"xdp-stats: the command needs the name of an interface; xdp-stats -h lists the options
exit 2"

(wait_for 5 grep -q pass $RUN/looks && frames xa 1000 100) &
like "rates over an interval" "$(stats -w 2 -c 2 xa | tee $RUN/looks | grep pass | tail -n 1)" \
	"xa +pass +1005 +100300 +[0-9]+ +[0-9]+$"
wait $!

is "unload while the agent runs" "$(stats unload xa)" \
	"xdp-stats: xdp-agentx is running: process $agent_pid uses the pins in $(echo /sys/fs/bpf/xdp-agentx/*); stop it first, or release the interface
exit 1"

is "release takes the program off at once" "$(stats release xa; xdp_id xa)" \
	"xa: released, program taken off
exit 0"
ok "the agent sees it" wait_for 5 waiting xa
is "and says so" "$(column 4 xa)" \
	'"released by the operator; xdp-stats retake ends that"'
frames xa 3 100
is "rows are kept with their totals" "$(passed xa)" "1005 100300"
stop_agent
start_agent -c $RUN/agent.conf -i xa -i xb
wait_for 10 counting xb
is "also after a restart" "$(column 3 xa)|$(passed xa)|$(xdp_id xa)" "2|1005 100300|"
is "retake" "$(stats retake xa)" "xa: the agent will count it again
exit 0"
ok "the agent takes the hook again" wait_for 5 counting xa
is "retake what is not released" "$(stats retake xa | head -n 1)" "xdp-stats: xa: it is not released"
frames xa 3 100
is "and counts on" "$(passed xa)" "1008 100600"
# shellcheck disable=SC2046 # bytes, a word each
bpftool map update pinned "$(pin xa xdp_stats_map)" key 2 0 0 0 \
	value $(yes 0 | head -n 16) >/dev/null
is "somebody resets the map: what was counted is carried" "$(passed xa) $(value xa pass)" \
	"1008 100600 1008 100600"

stop_agent
# As nobody: there is no agent that could answer for it.
install -m 755 "$XDP_STATS" $RUN/xdp-stats # where anybody may run it
as_nobody() {
	setpriv --reuid 65534 --clear-groups $RUN/xdp-stats "$@" 2>&1
	echo "exit $?"
}
for arguments in xa "release xa" "unload xa" "unload --all"; do
	read -ra words <<<"$arguments"
	like "without root: $arguments" "$(as_nobody "${words[@]}" | grep -v INTERFACE | paste -sd' ')" \
		'^xdp-stats: .*Permission denied.* exit 1$'
done
ok "and nothing was taken away" has_program xa
frames xa 2 100
is "without the agent: counting goes on" "$(value xa pass)" "1010 100800"
# shared: what is pinned of the namespace and of all its interfaces, by the kernel's numbers.
shared() {
	(cd /sys/fs/bpf/xdp-agentx/* && ls -d epoch 0/*)
	bpftool map show pinned "$(echo /sys/fs/bpf/xdp-agentx/*/0/errors)" | sed 's/:.*//;q'
}
before=$(shared)
is "unload one" "$(stats unload xa; xdp_id xa)" "xa: program and counters taken away
exit 0"
ok "the other one counts on" has_program xb
is "with what they have in common" "$(shared)" "$before"
like "unload all" "$(stats unload --all)" "/xdp-agentx/[0-9]+/[0-9]+: program and counters taken away"
is "nothing of ours is left in this namespace" "$(xdp_id xa)$(xdp_id xb)$(ls /sys/fs/bpf/xdp-agentx)" ""
nothing_is_pinned # there is a directory
done_testing
