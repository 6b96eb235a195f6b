#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Observing over restarts. Under a flood the agent is stopped, killed and started again CYCLES times at
# random moments; a program is replaced while no agent runs; and the agent is killed before and after
# calls that change something in the kernel, every STEP-th of them. Last, a start with PROGRAMS programs.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"

CYCLES=${CYCLES-6} STEP=${STEP-60} PROGRAMS=${PROGRAMS-20}
OWNER=/sys/fs/bpf/owner # pins of theirs
CALLS="bpf,?mkdir,?mkdirat,?rmdir,?unlink,?unlinkat"

need strace
# theirs NAME VERDICT: a program of theirs with that verdict, from now on.
theirs() {
	bpftool net attach xdpdrv pinned "$OWNER/programs/verdict_$2" dev "$1" overwrite
}

# sum NAME: the frames that are counted, of all verdicts.
sum() {
	counted "$1" | awk '{ sum += $1 } END { print sum }'
}

# --- at random moments -------------------------------------------------------------------------

for name in xa xb xc; do
	veth $name
done
mkdir $OWNER
bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $OWNER/programs type xdp
theirs xa drop
theirs xb drop
theirs xc pass
serve
wait_for 10 observing xa xb xc
links=$(observer_links)
is "two programs on three interfaces: two observers" "$(wc -w <<<"$links")" 4

start_flood xa xb xc
start_poll xa xb xc
others=""
for ((cycle = 0; cycle < CYCLES; cycle++)); do
	sleep "0.$((RANDOM % 5))$((RANDOM % 10))" # a random moment, not a condition to wait for
	case $((cycle % 3)) in
	0) stop_agent -KILL ;;
	*) stop_agent ;;
	esac
	start_agent
	wait_for 10 observing xa xb xc || break
	now=$(observer_links)
	[ "$now" = "$links" ] || others+=" $now"
done
end_flood
end_poll
is "each agent observed within its time" $cycle "$CYCLES"
is "they were always the same links" "$others" ""
is "after $CYCLES restarts: what was sent to each is counted" \
	"$(packets xa 1) $(packets xb 1) $(passed xc)" "$sent $sent $sent $((sent * 100))"
is "... and nothing else" "$(sum xa) $(sum xb) $(sum xc)" "$sent $sent $sent"
ok "there were polled values" [ "$polled" -gt 2 ]
is "no polled value is below the one before it" "$fallen" ""
echo "# $sent frames to each of three interfaces, $polled polls, $CYCLES restarts"

# --- replaced while no agent runs --------------------------------------------------------------

old=$(xdp_id xc)
time=$(column 10 xc)
stop_agent
theirs xc tx
rm $OWNER/programs/verdict_pass
frames xc 5 100
ok "an old program of which only our pins know is there until the next start" loaded "$old"
start_agent
ok "... which observes the new one" wait_for 10 observing xc
ok "... and lets the old one go" wait_for 5 unloaded "$old"
ok "... that is a discontinuity" [ "$(column 10 xc)" -gt "$time" ]
is "... nothing is lost of what was counted" "$(passed xc)" "$sent $((sent * 100))"
frames xc 5 100
is "... and the new verdicts are" "$(sum xc)" $((sent + 5))
ok "... by one observer for each program" observers 2

# The programs of xb and xc are not needed any more.
bpftool net detach xdpdrv dev xb
bpftool net detach xdpdrv dev xc
ok "without the second program there is one observer" wait_for 5 observers 1
stop_agent

# --- killed at each step -----------------------------------------------------------------------

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
	strace -f -qq "${options[@]}" "$AGENT" -C -x "$AGENTX" -Lf $RUN/agent.log &
	pid=$!
	wait_for 20 ended_or $pid observed
	"$2" $pid
	[ ! -d /proc/$pid ] || kill "$(pgrep -P $pid)"
	wait $pid
}

# sites FIRST: the calls, from that line of the trace on, at which to kill it: those that change
# something, and those that come next. A line each: name, and the how many-th of this name it is.
sites() {
	sed -n 's/^[0-9]* *\([a-z]*\)(\([A-Z_]*\).*/\1 \2/p' $RUN/calls | awk -v first="$1" '
		{ nth[$1]++; changes = $1 != "bpf" || $2 ~ /CREATE|UPDATE|LOAD|PIN|DETACH|DELETE/ }
		(changes || changed) && NR >= first { print $1, nth[$1] }
		{ changed = changes }'
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
exec 2>/dev/null # bash tells of each process that is killed
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

# --- many programs -----------------------------------------------------------------------------

for ((i = 1; i <= PROGRAMS; i++)); do
	echo "link add many$i type veth peer name many$i-p netns peer" >&3
	echo "prog load $builddir/tests/e2e/pass.bpf.o $OWNER/many$i type xdp" >&4
	echo "net attach xdpdrv pinned $OWNER/many$i dev many$i" >&4
done 3>$RUN/links 4>$RUN/programs
ip -batch $RUN/links
bpftool batch file $RUN/programs >/dev/null

# The log is read as it is written: nothing else runs while the agent is at work.
all_observed() {
	local line seen=0

	until [ $seen = "$PROGRAMS" ]; do
		read -t $((30 * TIME_SCALE)) -r -u "$log" line || return
		[[ $line != many*": observing program"* ]] || seen=$((seen + 1))
	done
}
: >$RUN/agent.log
exec {log}< <(exec tail -f $RUN/agent.log)
tail=$!
began=$(date +%s%3N)
start_agent
ok "$PROGRAMS programs more are observed" all_observed
took=$(($(date +%s%3N) - began))
kill $tail
ok "... with an observer for each" observers $((PROGRAMS + 1))
is "... and are active" "$(walk $ROOT.1.2.1.3 | grep -c ' = 1$')" $((PROGRAMS + 1))
echo "# $PROGRAMS programs: observed after $took ms, $(resident) kB resident, $(descriptors) descriptors"
stop_agent
done_testing
