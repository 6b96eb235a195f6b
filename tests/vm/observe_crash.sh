#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The agent that observes is killed before and after calls that change something in the kernel, every
# STEP-th of them: at a first start, at a start with pins, and while it follows to another program.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"
. "$srcdir/tests/e2e/crash_lib.sh"

STEP=${STEP-60}
OWNER=/sys/fs/bpf/owner # pins of theirs

need strace
veth xa
mkdir $OWNER
bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $OWNER/programs type xdp
bpftool net attach xdpdrv pinned $OWNER/programs/verdict_drop dev xa
serve
wait_for 10 observing xa
stop_agent

# To look into the log takes less than to ask the agent.
observed() {
	logged "xa: observing program .*\(id $(xdp_id xa),"
}

ended_or() {
	[ ! -d "/proc/$1" ] || "${@:2}"
}

# trace OPTION... -- WHILE: runs the agent under strace; once it observes, calls WHILE with the process,
# and tells it to stop. Returns 137 if it was killed.
trace() {
	local options=() pid

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	rm -f $RUN/agent.log
	strace -qq "${options[@]}" "$AGENT" -C -x "$AGENTX" -Lf $RUN/agent.log &
	pid=$!
	wait_for 20 ended_or $pid observed
	"$2" $pid
	[ ! -d /proc/$pid ] || kill "$(pgrep -P $pid)"
	wait $pid 2>/dev/null # bash tells of each process that is killed
}

# right: the agent starts, and counts each frame from then on; $first is what it starts from.
right() {
	local code

	rm $RUN/agent.log
	start_agent
	wait_for 10 observed && wait_for 5 served || return
	first=$(sum xa)
	frames xa 3 60
	now=$(sum xa)
	observers 1 && [ "$now" = $((first + 3)) ] && { [ -z "$old" ] || unloaded "$old"; }
	code=$?
	stop_agent
	[ "$code $agent_code" = "0 0" ]
}

# crash_at_each NAME WHILE: calls prepare before each, and expected, with $first, after it.
crash_at_each() {
	local name=$1 all i call nth killed=0 tries=0 wrong=""

	first_call=1
	prepare
	trace -o $RUN/calls -e "trace=$CALLS" -- "$2"
	mapfile -t all < <(sites $first_call)
	for ((i = (STEP < ${#all[@]} ? STEP : ${#all[@]}) / 2; i < ${#all[@]}; i += STEP)); do
		read -r call nth <<<"${all[i]}"
		prepare
		trace -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$nth" -- "$2"
		[ $? = 137 ] && killed=$((killed + 1))
		tries=$((tries + 1))
		frames xa 2 60 # counted or not
		right && expected || wrong+=" $call:$nth"
	done
	ok "$name: there are more than 10 calls to be killed at" [ ${#all[@]} -gt 10 ]
	is "$name: it was killed, each time" $killed $tries
	is "$name: right after it, $tries times in ${#all[@]}" "$wrong" ""
}
old=

# What was counted before the kill, if it was, is 0 or 2.
prepare() {
	unload >/dev/null
}
expected() {
	[ "$first" = 0 ] || [ "$first" = 2 ]
}
crash_at_each "first start" true

# Nothing is lost: the frames that come after the kill are counted, too.
prepare() {
	:
}
expected() {
	local before=$total

	total=$now
	[ "$first" = $((before + 2)) ]
}
unload >/dev/null
right
total=$now
crash_at_each "start with pins" true

# replace PID: another program is put there under the eyes of the agent; the old one is let go.
replace() {
	first_call=$(($(wc -l <$RUN/calls) + 1))
	old=$(xdp_id xa)
	rm -f $OWNER/next
	bpftool prog load "$builddir/tests/e2e/pass.bpf.o" $OWNER/next type xdp
	bpftool net attach xdpdrv pinned $OWNER/next dev xa overwrite
	wait_for 20 ended_or "$1" observed
}
expected() {
	local before=$total

	total=$now
	[ "$first" = "$before" ] || [ "$first" = $((before + 2)) ]
}
rm -r $OWNER/programs
crash_at_each "replacement" replace
done_testing
