#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What observing does to the program that is observed, and to its owner: nothing. And the program
# cannot tell whether the agent is there, ends, or is killed.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"

need ethtool
OWNER=/sys/fs/bpf/owner # pins of theirs
STATS=$builddir/src/xdp-stats

# What the kernel says of it: id, tag, load time, lengths, maps, pins, and links but for ours.
facts() {
	bpftool -f -j prog show id "$id"
	bpftool -f link show | grep -A2 "^[0-9]*: xdp "
	find $OWNER
	ip -d link show dev "$1" | grep prog/xdp
}

# fate NAME: what the interface did with frames: dropped, sent back, handed to the protocol stack,
# where nobody wants them. A line each.
fate() {
	ethtool -S "$1" | awk '
		sub(/^ *rx_queue_[0-9]+_xdp_/, "") { sum[$1] += $2 }
		END { print sum["drops:"] "\n" sum["tx:"] }'
	ip -s link show dev "$1" | awk '$1 == "RX:" { getline; print $4 }'
}

# flooded TEXT COMMAND...: during a flood this is done; each frame has the verdict of the program.
flooded() {
	local fates_before fates

	mapfile -t fates_before < <(fate xa)
	start_flood xa
	wait_for 5 flowing
	"${@:2}"
	wait_for 5 flowing
	end_flood
	mapfile -t fates < <(fate xa)
	is "$1: each frame is dropped, as without us" "$((fates[0] - fates_before[0])) ${fates[*]:1}" \
		"$sent ${fates_before[*]:1}"
}

# More frames have arrived than when it was asked last.
flowing() {
	local now
	now=$(cat /sys/class/net/xa/statistics/rx_packets)
	[ "$now" -gt $((arrived + 50)) ] && arrived=$now
}
arrived=0

counted_drops() {
	get "$ROOT.1.3.1.2.$(ifindex xa).1"
}

kill_agent() {
	stop_agent -KILL
}

start() {
	start_agent -c $RUN/agent.conf
	wait_for 10 observing xa
}

veth xa
mkdir $OWNER
bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $OWNER/programs type xdp
bpftool net attach xdpdrv pinned $OWNER/programs/verdict_drop dev xa
id=$(xdp_id xa)
start_snmpd

# A directory that is in no bpffs: nothing is pinned.
cat >$RUN/agent.conf <<END
xdpReconcile 1
xdpPinDir    $RUN/none
END
before=$(facts xa)
flooded "before" true
start
is "while it is observed, the kernel says the same of it" "$(facts xa)" "$before"
flooded "observed" true
is "... and counted" "$(counted_drops)" "$sent"
flooded "killed, nothing pinned" kill_agent
ok "... and nothing of ours is left" wait_for 5 observers 0
is "... afterwards the kernel says the same of it" "$(facts xa)" "$before"

echo xdpReconcile 1 >$RUN/agent.conf
start
total=$(counted_drops)
flooded "killed, with pins" kill_agent
is "... the kernel says the same of it" "$(facts xa)" "$before"
total=$((total + sent))
flooded "while no agent runs" true
total=$((total + sent))
flooded "started again" start
total=$((total + sent))
is "... no frame has been missed" "$(counted_drops)" "$total"
flooded "stopped" stop_agent
total=$((total + sent))
start
is "... no frame has been missed" "$(counted_drops)" "$total"

# replace: the owner puts another program into the place of the entry function.
replace() {
	"$builddir/tests/vm/harmless" $OWNER/programs/verdict_drop verdict_drop \
		"$builddir/tests/vm/harmless.bpf.o" >$RUN/replaced 2>/dev/null &
	owner=$!
	wait_for 10 [ -s $RUN/replaced ]
}

replace
is "the owner cannot replace the entry function while it is observed" "$(<$RUN/replaced)" \
	"refused: Device or resource busy"
like "released: it says so" "$("$STATS" release xa)" '^xa: released'
ok "... and nothing of ours is left at it within xdpReconcile" wait_for 3 observers 0
replace
is "... the owner replaces its entry function" "$(<$RUN/replaced)" replaced
total=$(counted xa)
dropped=$(fate xa | sed -n 1p)
frames xa 10 100
is "... which gives the verdicts now" "$(fate xa | sed -n 1p)" "$dropped"
is "... and is not counted" "$(counted xa)" "$total"
"$STATS" retake xa >/dev/null
ok "retaken: observed again" wait_for 10 observing xa
frames xa 10 100
is "... with the verdicts of what replaces it" "$(packets xa 3)" 10
kill "$owner"
wait "$owner" 2>/dev/null

stop_agent
ok "stopped: observed by what is pinned" observers 1
"$STATS" release xa >/dev/null
ok "released while no agent runs: nothing of ours is left at it" wait_for 2 observers 0
"$STATS" retake xa >/dev/null
start
frames xa 10 100
is "retaken: counted again" "$(counted_drops)" $(($(sed -n '2s/ .*//p' <<<"$total") + 10))
is "the kernel says the same of it as before" "$(facts xa)" "$before"

bpftool net detach xdpdrv dev xa
rm -r $OWNER
ok "its owner unloads it: it is gone" wait_for 3 unloaded "$id"
ok "... and the agent waits" wait_for 3 waiting xa
mkdir $OWNER
bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $OWNER/programs type xdp
bpftool net attach xdpdrv pinned $OWNER/programs/verdict_pass dev xa
wait_for 10 observing xa
stop_agent
bpftool net detach xdpdrv dev xa
rm -r $OWNER
"$STATS" unload --all >/dev/null
no_programs() {
	[ -z "$(bpftool prog show)" ]
}
ok "unload --all leaves nothing of ours: no program" wait_for 3 no_programs # they are freed in time
is "... no link" "$(bpftool link show)" ""
is "... no map" "$(bpftool map show)" ""
is "... no pin" "$(find /sys/fs/bpf -type f)" ""
done_testing
