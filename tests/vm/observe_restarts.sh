#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Observing over restarts. Under a flood the agent is stopped, killed and started again CYCLES times at
# random moments; a program is replaced while no agent runs. Last, a start with PROGRAMS programs.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"

CYCLES=${CYCLES-6} PROGRAMS=${PROGRAMS-20}
OWNER=/sys/fs/bpf/owner # pins of theirs

# theirs NAME VERDICT: a program of theirs with that verdict, from now on.
theirs() {
	bpftool net attach xdpdrv pinned "$OWNER/programs/verdict_$2" dev "$1" overwrite
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
