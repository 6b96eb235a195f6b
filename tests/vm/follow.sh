#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody replaces their program REPLACEMENTS times under a flood of frames, by netlink and in a
# bpf_link: the observer follows. The frames between the old program and the observer of the new one
# are not counted. How many those are is printed, with the watch on dev_xdp_install, which tells of
# each replacement at once, and without it: then nothing tells of those in a bpf_link, and the agent
# sees them when it asks for all interfaces, every second here.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"

REPLACEMENTS=${REPLACEMENTS-10}
OWNER=/sys/fs/bpf/owner # pins of theirs

program() {
	echo $OWNER/programs/verdict_"$1"
}

by_netlink() {
	bpftool net attach xdpdrv pinned "$(program "$1")" dev xa overwrite
}

in_link() {
	"$builddir/tests/e2e/update_link" $OWNER/link "$(program "$1")"
}

# hold: their bpf_link, which is pinned, is what holds their program.
hold() {
	"$builddir/tests/e2e/hold_link" xa "$builddir/tests/e2e/verdict.bpf.o" &
	holder=$!
	wait_for 5 has_program xa
	bpftool link pin id "$(bpftool link show | sed -n "s/^\([0-9]*\): xdp  prog $(xdp_id xa) .*/\1/p")" \
		$OWNER/link
}

let_go() {
	rm $OWNER/link
	end "$holder"
}

end() {
	kill "$1"
	wait "$1" 2>/dev/null
}

# What the programs themselves counted: a line for each verdict, packets and octets.
seen() {
	bpftool map dump pinned $OWNER/maps/xdp_stats_map | awk '
		$1 == "\"key\":" { key = $2 + 0 }
		/rx_packets/ { packets[key] += $2 }
		/rx_bytes/ { bytes[key] += $2 }
		END { for (key = 0; key < 5; key++) print packets[key] + 0, bytes[key] + 0 }'
}

sum() {
	awk '{ packets += $1 } END { print packets }'
}

# follow HOW VERDICT: puts that program there, and sets $now when it is observed: to the program's id,
# the changes, and the discontinuity time. Nothing else runs while the agent looks for the program.
follow() {
	local line=

	"$@"
	until [[ $line == *"xa: observing program 'verdict_$2'"* ]]; do
		read -t $((10 * TIME_SCALE)) -r -u "$log" line || return
	done
	wait_for 5 followed
}

followed() {
	now=$(get $ROOT.1.2.1.{2,3,5,8,10}."$index" | paste -sd' ' | sed -n 's/^3 1 //p')
	[ "${now%% *}" = "$(xdp_id xa)" ]
}

# Verdicts that are counted more often than the programs gave them.
more_than_seen() {
	paste -d' ' <(counted xa) <(seen) | awk '$1 > $3 || $2 > $4'
}

# replace_under_flood TEXT HOW TIMES: sets $gap to the frames that were not counted of one
# replacement, on average.
replace_under_flood() {
	local verdicts=(pass drop) before seen_before i states followed=0

	exec {log}< <(exec tail -n 0 -f $RUN/agent.log)
	tail=$!
	follow "$2" drop
	states=$now before=$(counted xa | sum) seen_before=$(seen | sum)
	start_flood xa
	for ((i = 0; i < $3; i++)); do
		follow "$2" "${verdicts[i % 2]}" || break
		states+=$'\n'$now followed=$((followed + 1))
	done
	end_flood
	kill $tail
	exec {log}<&-
	is "$1: each of $3 was followed" $followed "$3"
	is "... each was counted as one change, and is a discontinuity" "$(awk '
		NR > 1 && $2 == changes + 1 && $3 > time { right++ }
		{ changes = $2; time = $3 }
		END { print right }' <<<"$states")" "$3"
	is "... all frames got to a program" $(($(seen | sum) - seen_before)) "$sent"
	is "... no verdict is counted that was not given" "$(more_than_seen)" ""
	gap=$(((sent - $(counted xa | sum) + before) / $3))
	echo "# $1: $gap of $sent frames not counted, $((gap * flooded / sent)) ms, on average of $3"
}

veth xa
index=$(ifindex xa)
mkdir $OWNER
bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $OWNER/programs type xdp pinmaps $OWNER/maps
echo xdpReconcile 1 >$RUN/agent.conf
serve -c $RUN/agent.conf
! logged 'noticed within xdpReconcile' || skip_all "$(grep 'noticed within' $RUN/agent.log)"
by_netlink pass
wait_for 10 observing xa
start_poll xa

replace_under_flood "by netlink" by_netlink "$REPLACEMENTS"

total=$(counted xa)
bpftool net detach xdpdrv dev xa
ok "detached: waiting" wait_for 10 waiting xa
ok "... and nothing of ours is left at it" wait_for 5 observers 0
frames xa 10 100
is "... the totals are kept" "$(counted xa)" "$total"
hold
in_link pass
ok "attached again, in a bpf_link: active" wait_for 10 observing xa
frames xa 10 100
is "... and counting on: 10 more" "$(counted xa | sum)" $(($(sum <<<"$total") + 10))

replace_under_flood "in a bpf_link" in_link "$REPLACEMENTS"
with_watch=$gap

total=$(counted xa)
let_go
ok "detached with its link: waiting" wait_for 10 waiting xa
is "... the totals are kept" "$(counted xa)" "$total"

# The watch is refused, for the function has all the tracing programs that it takes.
stop_agent
"$builddir/tests/vm/follow" dev_xdp_install >$RUN/full &
full=$!
wait_for 10 [ -s $RUN/full ]
start_agent -c $RUN/agent.conf
wait_for 10 served
ok "no watch any more" logged 'noticed within xdpReconcile .*: '
hold
ok "attached by a bpf_link: active all the same" wait_for 10 observing xa
replace_under_flood "in a bpf_link, without the watch" in_link 3
ok "the watch makes the gap smaller" [ "$gap" -gt $((with_watch * 2)) ]
let_go
wait_for 10 waiting xa
by_netlink pass
wait_for 10 observing xa
replace_under_flood "by netlink, without the watch" by_netlink 3
end_poll

ok "there were polled values" [ "$polled" -gt 10 ]
is "no polled value is below the one before it" "$fallen" ""
total=$(counted xa | sum)
frames xa 10 100
is "in the end each frame is counted" "$(counted xa | sum)" $((total + 10))
ok "... by one observer" observers 1
stop_agent
is "the agent stops" "$agent_code" 0
end $full
done_testing
