#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 before and after every call that changes something in the kernel, while an interface goes from
# our program to a map that another one keeps itself, and back. Each time the next start ends right: no
# value is below what was served before, none is served twice, and nobody's map has been written into.
# STEP=1 does so at all of these calls, else it is every STEP-th.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"
. "$srcdir/tests/e2e/crash_lib.sh"
need strace

STEP=${STEP-5}

# trace OPTION...: the agent under strace goes through the change, or is killed in it, or stopped after
# it. Returns 137 if it was killed.
trace() {
	settings "xdpInterface xa $from"
	strace -qq "$@" "$AGENT" -C -x "$AGENTX" -Ln -c $RUN/agent.conf &
	traced=$!
	wait_for 10 ended_or is_at "$from" && [ -d "/proc/$traced" ] && {
		[ "$from" = count ] || detach xa
		settings "xdpInterface xa $to"
		kill -HUP "$(pgrep -P "$traced")"
		[ "$from" = map ] || { wait_for 10 ended_or no_program xa && attach xa theirs; }
		wait_for 10 ended_or is_at "$to" && kill "$(pgrep -P "$traced")"
	}
	wait "$traced" 2>/dev/null # bash tells of each process that is killed
}

ended_or() {
	[ ! -d "/proc/$traced" ] || "$@"
}

# right: the next start goes on to the end, and so does the one after it, which counts three more frames.
right() {
	go "$to" || return
	stop_agent
	go "$to" || return
	deliver xa $DROP 3 100
	served=$(table xa)
	stop_agent
	[ "$agent_code" = 0 ]
}

# served_right: these three, where they belong; and the two that were sent right after the kill, if our
# program was there, or theirs while its map was the source's.
served_right() {
	local drops passes

	read -r drops passes < <(cut -d' ' -f1 <<<"$served" | sed -n 2,3p | paste -sd' ')
	if [ "$to" = map ]; then
		dropped=$((dropped + 3))
	else
		passed=$((passed + 3))
	fi
	if [ "$after" = "$theirs" ]; then
		[ "$drops" = "$dropped" ] || dropped=$((dropped + 2))
	elif [ "$after" ]; then
		passed=$((passed + 2))
	fi
	why="served $drops and $passes, expected $dropped and $passed"
	[ "$served" = "$(printf '%s\n' "0 0" "$dropped $((dropped * 100))" \
		"$passed $((passed * 100))" "0 0" "0 0")" ] &&
		[ "$drops" -le "$(in_map theirs_map $DROP | cut -d' ' -f1)" ] &&
		[ "$(in_map theirs_map $PASS)" = "0 0" ] && return
	dropped=$drops passed=$passes
	return 1
}

# go RULE: the agent starts with it, and brings the interface there.
go() {
	settings "xdpInterface xa $1"
	if [ "$1" = count ] && [ "$(xdp_id xa)" = "$theirs" ]; then
		detach xa
	fi
	start_agent -c $RUN/agent.conf
	if [ "$1" = map ] && [ "$(xdp_id xa)" != "$theirs" ]; then
		wait_for 10 no_program xa && attach xa theirs
	fi
	wait_for 10 is_at "$1"
}

is_at() {
	if [ "$1" = count ]; then counting xa; else reading xa; fi
}

# crash_at_each FROM TO: at every STEP-th call.
crash_at_each() {
	local all i call nth killed=0 tries=0 wrong=""

	from=$1 to=$2
	go "$from"
	stop_agent
	trace -o $RUN/calls -e "trace=$CALLS"
	mapfile -t all < <(sites)
	for ((i = 0; i < ${#all[@]}; i += STEP)); do
		read -r call nth <<<"${all[i]}"
		go "$from"
		stop_agent
		trace -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$nth"
		[ $? = 137 ] && killed=$((killed + 1))
		tries=$((tries + 1))
		after=$(xdp_id xa) why="not counted: $(row xa)"
		deliver xa $DROP 2 100
		right && served_right || wrong+=" $call:$nth ($why)"
	done
	ok "$from to $to: there are more than 10 calls to be killed at" [ ${#all[@]} -gt 10 ]
	# The agent looks at programs of the whole machine: other tests shift the number of a call.
	ok "$from to $to: it was killed ($killed of $tries)" [ $((killed * 4)) -ge $tries ]
	is "$from to $to: right after it, $tries times in ${#all[@]}" "$wrong" ""
}

veth xa
load theirs
bpftool map pin id "$(map_of theirs)" $BPFFS/theirs_map
theirs=$(id prog theirs)
attach xa theirs
start_snmpd
dropped=0 passed=0
crash_at_each count map
crash_at_each map count
echo "# served in the end: $dropped dropped, $passed passed; in their map: $(in_map theirs_map $DROP)"
done_testing
