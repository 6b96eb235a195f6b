#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# xdpErrTable: each kind of failure is provoked, and counted exactly; on no other interface, in no
# other namespace; over restarts of the agent, and while none runs.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

OWNER=/sys/fs/bpf/owner # pins of theirs
NO_SUCH="No Such Instance currently exists at this OID"

# errors NAME: exceptions, redirects, transmitted and lost.
errors() {
	get "$ROOT".1.5.1.{1,3,4}."$(ifindex "$1")" | paste -sd' '
}

is_errors() {
	[ "$(errors "$1")" = "$2" ]
}

# errors_are TEXT NAME COUNTS: the last ones may still be on their way.
errors_are() {
	wait_for 2 is_errors "$2" "$3" >/dev/null
	is "$1" "$(errors "$2")" "$3"
}

# common: the path of what all interfaces have in common.
common() {
	(cd /sys/fs/bpf/xdp-agentx/*/0 && pwd)
}

# tracers: the links that count errors.
tracers() {
	local pin

	for pin in /sys/fs/bpf/xdp-agentx/*/0/{exception,redirect,transmit}; do
		bpftool link show pinned "$pin"
	done 2>/dev/null | sed -n 's/^\([0-9]*\): raw_tracepoint .*/\1/p' | paste -sd' '
}

# is_gone ID: a link.
is_gone() {
	! bpftool link show id "$1" 2>/dev/null
}

# theirs NAME PROGRAM [MODE]: a program of theirs is there, from now on.
theirs() {
	ip link set dev "$1" xdpdrv off
	ip link set dev "$1" xdpgeneric off
	ip link set dev "$1" "${3-xdpdrv}" pinned "$OWNER/programs/verdict_$2"
}

# link NAMESPACE NAME INDEX: NAME is there, with NAME-p in the namespace peer.
link() {
	ip -n "$1" link add "$2" index "$3" type veth peer name "$2-p" netns peer
	ip -n "$1" link set "$2" up
	ip -n peer link set "$2-p" up
	wait_for 5 ip netns exec "$1" grep -q 1 "/sys/class/net/$2/carrier"
}

ip netns attach here $$
link here xa 777
link here xb 778
mkdir $OWNER
bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $OWNER/programs type xdp pinmaps $OWNER/maps
start_snmpd
start_agent -i 'zz*:observe'
wait_for 10 served
is "where there is no interface to be counted, nothing is traced" "$(tracers)" ""
stop_agent
start_agent -i xa:observe -i xb:observe

# --- each kind ---------------------------------------------------------------------------------

theirs xa aborted
ok "a program comes, and errors are counted" wait_for 10 is_errors xa "0 0 0"
is "... by three programs" "$(tracers | wc -w)" 3
frames xa 20 60
errors_are "aborted, native" xa "20 0 0"
theirs xa aborted xdpgeneric
frames xa 3 60
errors_are "aborted, generic" xa "23 0 0"

redirect_to xb $OWNER
ip link set xb down
theirs xa redirect
frames xa 7 60
errors_are "redirected to an interface that is down" xa "23 7 0"
theirs xa redirect xdpgeneric
frames xa 5 60
errors_are "... generic" xa "23 12 0"

# Its peer has to be able to take such frames, and is then down.
ip link set xb up
nsenter --net=$RUN/netns/peer ip link set dev xb-p xdpdrv pinned $OWNER/programs/verdict_drop
ip -n peer link set xb-p down
theirs xa redirect
frames xa 9 60
errors_are "redirected, and lost on transmission: not where they came in" xa "23 12 0"
errors_are "... but where they were to go out" xb "0 0 9"

theirs xa pass
frames xa 10 60
errors_are "what goes well is not counted" xa "23 12 0"
if [ "$(row xa | cut -d'|' -f2)" = 3 ]; then
	is "all verdicts were valid" "$(get "$ROOT.1.5.1.2.$(ifindex xa)")" 0
else
	is "invalid verdicts are not known where nobody observes" \
		"$(get "$ROOT.1.5.1.2.$(ifindex xa)")" "$NO_SUCH"
fi

# --- another namespace -------------------------------------------------------------------------

link peer xz "$(ifindex xa)"
nsenter --net=$RUN/netns/peer ip link set dev xz xdpdrv pinned $OWNER/programs/verdict_aborted
frames xz 50 60
is "50 frames were aborted in another namespace" \
	"$(ip netns exec peer ethtool -S xz | sed -n 's/ *rx_queue_0_xdp_packets: //p')" 50
errors_are "errors on an equal ifIndex there are not ours" xa "23 12 0"

# --- restarts ----------------------------------------------------------------------------------

theirs xa aborted
frames xa 2 60
errors_are "aborted again" xa "25 12 0"
links=$(tracers)
stop_agent
frames xa 4 60
start_agent -i xa:observe -i xb:observe
errors_are "restarted: what was counted meanwhile is there, too" xa "29 12 0"
errors_are "... everywhere" xb "0 0 9"
is "... by the same links" "$(tracers)" "$links"
stop_agent -KILL
frames xa 1 60
AGENT=$builddir/tests/next/xdp-agentx start_agent -i xa:observe -i xb:observe
errors_are "killed, and another version started" xa "30 12 0"
ok "... which has programs of its own" [ "$(tracers)" != "$links" ]
is "... three of them" "$(tracers | wc -w)" 3
frames xa 6 60
errors_are "... that count each frame once" xa "36 12 0"

# --- interfaces come and go --------------------------------------------------------------------

index=$(ifindex xb)
ip link del xb
link here xb "$index"
theirs xb pass
errors_are "another interface of that ifIndex starts from 0" xb "0 0 0"
ip link del xb

# --- pins --------------------------------------------------------------------------------------

# agent ARGUMENT...: with a new log, and one that looks for its pins each second.
agent() {
	rm -f $RUN/agent.log
	echo "xdpReconcile 1" >$RUN/agent.conf
	start_agent -c $RUN/agent.conf "$@"
}

# common_pins: what is pinned in common, and by which links.
common_pins() {
	(cd /sys/fs/bpf/xdp-agentx/*/0 && echo * "$(tracers)")
}

is_whole() {
	[ "$(common_pins)" = "$whole" ]
}

stop_agent
agent -i xa:observe
wait_for 10 is_errors xa "36 12 0"
whole=$(common_pins)
rm "$(common)"/{exception,redirect,transmit}{_program,}
ok "links and programs are unpinned while the agent runs: all are pinned again" wait_for 10 is_whole
rm "$(common)/redirect"
ok "... or one of them" wait_for 10 is_whole
is "... of which nothing is said" "$(grep -Ec 'not pinned|cannot pin|left alone' $RUN/agent.log)" 0
stop_agent

rm "$(common)"/{exception,redirect,transmit}
bpftool map create "$(common)/exception" type array key 4 value 4 entries 1 name other
ln -s nowhere "$(common)/transmit"
agent -i xa:observe
ok "a pin that is something else is named" wait_for 10 logged \
	'pin .*/0/exception is left alone: it is anon_inode:bpf-map, expected anon_inode:bpf-link'
ok "... so is one that cannot be made" wait_for 10 logged \
	'what interfaces have in common is not pinned: cannot pin .*/0/transmit: File exists'
frames xa 3 60
errors_are "... and errors are counted all the same" xa "39 12 0"
ok "... a map is left alone" bpftool map show pinned "$(common)/exception"
is "... and so is a symbolic link" "$(readlink "$(common)/transmit")" nowhere
ok "a link that was unpinned is pinned again" [ -e "$(common)/redirect" ]
rm "$(common)/transmit"
ok "one that could not be pinned is, once there is room" wait_for 10 logged \
	'what interfaces have in common is pinned again'
ok "... namely" bpftool link show pinned "$(common)/transmit"
stop_agent
rm "$(common)/exception"

rm "$(common)/errors"
bpftool map create "$(common)/errors" type hash key 4 value 4 entries 9 name other
start_agent -i xa:observe
ok "a map that is something else is named" wait_for 10 logged \
	"pin .*/0/errors is left alone: it is no map 'xdp_errors' of this version"
wait_for 10 is_errors xa "0 0 0"
frames xa 3 60
errors_are "... and errors are counted anew, without pins" xa "3 0 0"
stop_agent
rm "$(common)/errors"

mv "$(common)/redirect" "$(common)/exception"
agent -i xa:observe
ok "without it, there is a new one" wait_for 5 [ -e "$(common)/errors" ]
ok "a link to another tracepoint is named" wait_for 5 logged \
	'pin .*/0/exception is left alone: .* tracepoint xdp_exception$'
wait_for 10 is_errors xa "0 0 0"
frames xa 1 60
errors_are "... and errors are counted all the same" xa "1 0 0"
stop_agent

# --- xdp-stats unload --------------------------------------------------------------------------

link here xb 778
nsenter --net=$RUN/netns/peer ip link set dev xb-p xdpdrv pinned $OWNER/programs/verdict_drop
ip -n peer link set xb-p down
redirect_to xb $OWNER
theirs xa redirect
agent -i xa:observe -i xb:count
wait_for 10 counting xb
frames xa 4 60
errors_are "lost on transmission, beside a program of ours" xb "0 0 4"
stop_agent
whole=$(common_pins)
like "xdp-stats unload of one interface" "$("$builddir/src/xdp-stats" unload xa)" '^xa: .*taken away$'
is "... leaves what others need" "$(common_pins)" "$whole"
frames xa 3 60
agent -i xb:count
errors_are "... and their errors are counted on" xb "0 0 7"
stop_agent
links=$(tracers)
"$builddir/src/xdp-stats" unload xb >/dev/null
is "... of the last one takes the pins away" "$(ls /sys/fs/bpf/xdp-agentx)" ""
for link in $links; do
	ok "... and with them what counted errors" is_gone "$link"
done
done_testing
