#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens to an interface and to our program on a production host. Each is seen within
# xdpReconcile, here 1 s; no counter falls.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

OTHER=$builddir/tests/e2e/pass.bpf.o
total=0

settings() {
	printf '%s\n' "xdpReconcile 1" "$@" >$RUN/agent.conf
}

# send N: frames of 100 octets, of which all are to be counted.
send() {
	frames xa "$1" 100
	total=$((total + $1))
}

# counted NAME: all there were so far, and no more.
counted() {
	is "$1" "$(passed xa)" "$total $((total * 100))"
}

moved() {
	[ "$(column 10 xa)" -gt "$before" ]
}

veth xa 9000
settings "xdpInterface xa count"
start_snmpd
start_agent -c $RUN/agent.conf
wait_for 10 counting xa
index=$(ifindex xa)
send 5
counted "at first"

before=$(column 10 xa)
id=$(xdp_id xa)
bpftool link detach pinned "$(pin xa link)"
ok "detached by force: attached again" wait_for 5 moved
wait_for 5 counting xa
send 5
counted "... and counting on"
ok "... with another program" [ "$(xdp_id xa)" != "$id" ]

id=$(xdp_id xa)
ip link set xa down
ip link set xa up
ip link set xa mtu 1500
ip link set xa mtu 9000
send 5
counted "down, up, and the MTU to jumbo and back"
is "... with the same program" "$(xdp_id xa)" "$id"

ip link add link xa name xam type macvlan
ip link set xam up
send 5
counted "a macvlan on top"
ip link add xab type bridge
ip link set xam nomaster
ip link delete xam
ip link set xa master xab
send 5
counted "as the port of a bridge"
ip link set xa nomaster
ip link delete xab
send 5
counted "no longer"
is "... all with the same program" "$(xdp_id xa)" "$id"

ip link set xa name xc
ok "renamed to what no line matches: the program goes" wait_for 5 no_program xc
ip link set xc name xa
wait_for 5 has_program xa
send 5
counted "and back: it goes on where it was"
wait_for 5 counting xa

rm "$(pin xa link)" "$(pin xa state)" "$(pin xa xdp_stats_map)"
pins_back() {
	[ "$(pinned xa link)" ] && [ "$(pinned xa state)" ] && [ "$(pinned xa xdp_stats_map)" ]
}
ok "pins removed under the running agent: they come back" wait_for 5 pins_back
send 5
counted "... and counting goes on"

stop_agent
rm "$(pin xa xdp_stats_map)"
send 5
start_agent -c $RUN/agent.conf
wait_for 10 counting xa
counted "the map's pin removed while the agent was down"
stop_agent
rm "$(pin xa state)"
send 5
start_agent -c $RUN/agent.conf
wait_for 10 counting xa
counted "the record's pin removed while the agent was down"

before=$(column 10 xa)
# shellcheck disable=SC2046 # bytes, a word each
bpftool map update pinned "$(pin xa xdp_stats_map)" key 2 0 0 0 \
	value $(yes 0 | head -n 16) >/dev/null
send 5
counted "the map reset by somebody: what was served is carried on"
ok "... and xdpIfDiscontinuityTime has moved" moved

settings "xdpInterface xa off"
kill -HUP "$agent_pid"
ok "count to off: the program goes" wait_for 5 no_program xa
frames xa 3 100
settings "xdpInterface xa count"
kill -HUP "$agent_pid"
wait_for 5 counting xa
send 5
counted "and back to count: it goes on where it was"

settings "xdpInterface xa off"
stop_agent
start_agent -c $RUN/agent.conf
ok "off at a restart: the program goes" wait_for 5 no_program xa
stop_agent
settings "xdpInterface xa count"
start_agent -c $RUN/agent.conf
wait_for 10 counting xa
send 5
counted "and back to count at the next: it goes on where it was"

ip link set xa mtu 1500 # more than a page takes a program made for fragments
ip -n peer link set xa-p mtu 1500
bpftool prog load "$OTHER" /sys/fs/bpf/other type xdp
"$builddir/tests/e2e/update_link" "$(pin xa link)" /sys/fs/bpf/other
other=$(xdp_id xa)
ok "another program put into our link: the interface is failed" wait_for 5 failed xa
is "... and that program is left alone" "$(xdp_id xa)" "$other"
bpftool link detach pinned "$(pin xa link)"
ok "... until it is detached" wait_for 5 counting xa
send 5
counted "... and the counters have not fallen"

before=$(column 10 xa)
ip link set xa netns peer
no_row() {
	[ "$(column 3 xa 2>/dev/null)" = "" ] && ! get "$ROOT.1.2.1.3.$index" | grep -q '^[0-9]'
}
ok "moved to another namespace: the row goes" wait_for 5 no_row
is "... and so does the program" "$(ip -n peer -d link show xa | grep -c prog/xdp)" 0
is "... and what was pinned" "$(ls -I 0 /sys/fs/bpf/xdp-agentx/*)" "epoch
lock"
ip -n peer link set xa netns 1
ip link set xa up
ip -n peer link set xa-p up
total=0
wait_for 5 counting xa
send 5
counted "and back: a new row, from the beginning"
ok "... with a new discontinuity" moved
done_testing
