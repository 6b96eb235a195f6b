#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 before and after every call that changes something in the kernel: while the agent starts for
# the first time, starts again, upgrades, and stops. After each of them the network works, and the next
# start ends in a right state. STEP=1 does so at all of these calls, else it is every STEP-th.
# WITHOUT=sys_admin: by an agent that lacks the capability.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/crash_lib.sh"
command -v strace >/dev/null || { echo "1..0 # SKIP strace is not installed"; exit 0; }

NEXT_AGENT=$builddir/tests/next/xdp-agentx
STEP=${STEP-4}
[ -z "${WITHOUT-}" ] || AGENT=$(without "$WITHOUT" "$AGENT")

veth xa
start_snmpd

# trace OPTION... -- AGENT: runs it under strace until it ends, or counts and is told to stop. Returns
# 137 if it was killed.
trace() {
	local options=() pid

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	strace -qq "${options[@]}" "$2" -C -x "$AGENTX" -Ln -i xa &
	pid=$!
	wait_for 20 ended_or_counting $pid
	if [ -d /proc/$pid ]; then
		kill "$(pgrep -P $pid)"
	fi
	wait $pid 2>/dev/null # bash tells of each process that is killed
}

ended_or_counting() {
	[ ! -d "/proc/$1" ] || counting xa
}

# right: the agent starts, counts three more frames than were counted before, and stops.
right() {
	start_agent -i xa
	wait_for 10 counting xa || return
	frames xa 3 60
	now=$(packets xa 2)
	stop_agent
	[ "$agent_code" = 0 ]
}

# restore: what the agent leaves when it stops is there, of the first version.
restore() {
	start_agent -i xa
	wait_for 10 counting xa
	stop_agent
}

# count_calls AGENT: sets all.
count_calls() {
	restore
	prepare
	trace -o $RUN/calls -e "trace=$CALLS" -- "$1"
	mapfile -t all < <(sites)
	restore
}

# kill_at NUMBER AGENT: of all; sets call and nth. The agent looks at links of the whole machine, so
# other tests shift the number of a call, and it may not come to the one that was counted: they are
# counted anew, then.
kill_at() {
	local attempt

	for attempt in 1 2 3; do
		[ $attempt = 1 ] || count_calls "$2"
		read -r call nth <<<"${all[$1]-${all[-1]}}"
		prepare
		trace -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$nth" -- "$2"
		[ $? = 137 ] && return
	done
	return 1
}

# crash_at_each NAME AGENT: calls prepare before each, and expected, with $now, after it.
crash_at_each() {
	local name=$1 agent=$2 all i call nth killed=0 tries=0 wrong=""

	count_calls "$agent"
	for ((i = 0; i < ${#all[@]}; i += STEP)); do
		kill_at $i "$agent" && killed=$((killed + 1))
		tries=$((tries + 1))
		frames xa 2 60 # the network works, counted or not
		right && expected || wrong+=" $call:$nth"
	done
	ok "$name: there are more than 10 calls to be killed at" [ ${#all[@]} -gt 10 ]
	ok "$name: it was killed, $killed of $tries times" [ $((10 * killed)) -ge $((9 * tries)) ]
	is "$name: right after it, $tries times in ${#all[@]}" "$wrong" ""
}

# The first start. What was counted before the kill, if it was, is 0 or 2.
prepare() {
	unload >/dev/null
}
expected() {
	[ "$now" = 3 ] || [ "$now" = 5 ]
}
crash_at_each "first start" "$AGENT"

# A start that takes over what the one before has left: nothing is lost.
unload >/dev/null
start_agent -i xa
wait_for 10 counting xa
stop_agent
total=0
prepare() {
	:
}
expected() {
	total=$((total + 5))
	[ "$now" = $total ]
}
crash_at_each "start with pins" "$AGENT"

# The same with another version of the program; right() brings the first version back each time.
crash_at_each "upgrade" "$NEXT_AGENT"

done_testing
