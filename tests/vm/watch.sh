#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Changes that the kernel announces by no message are seen at once: the agent asks for all interfaces
# every ten minutes only, so it is the watch in the kernel that tells.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

OTHER=$builddir/tests/e2e/pass.bpf.o

# shows NAME MODE PROGRAM: the agent does, in xdpIfTable.
shows() {
	[ "$(column 1 "$1") $(column 5 "$1")" = "$2 $3" ]
}

# hold NAME [COMMAND...]: a program is attached by a bpf_link, until $holder is killed.
hold() {
	"${@:2}" "$builddir/tests/e2e/hold_link" "$1" "$OTHER" &
	holder=$!
}

let_go() {
	kill "$holder"
	wait "$holder" 2>/dev/null
}

# asked IFINDEX: how often the agent was told of an interface.
asked() {
	grep -c "interface $1: another program, or none" $RUN/agent.log
}

counting_again() {
	[ "$(column 5 xa)" != "$id" ] && counting xa
}

in_peer() {
	ip -n peer -d link show "$1" | grep -q prog/xdp
}

for name in xa xb; do
	veth $name
done
ip link add xc index 777 type veth peer name xc-p
ip -n peer link add xd index 777 type veth peer name xd-p
ip link add xe type veth peer name xe-p # is down: no message about it when its program changes
bpftool prog load "$OTHER" /sys/fs/bpf/other type xdp
cat >$RUN/agent.conf <<END
xdpReconcile 600
xdpInterface xa    count
xdpInterface xb,xc observe
END
serve -c $RUN/agent.conf -Dxdp:links
reason=$(sed -n 's/^programs attached by bpf_link .* only: //p' $RUN/agent.log)
[ -z "$reason" ] || {
	stop_agent
	skip_all "$reason"
}

ok "our program counts" wait_for 5 counting xa
frames xa 3 100
id=$(xdp_id xa)
bpftool link detach pinned "$(pin xa link)"
ok "detached by force: attached again at once" wait_for 2 counting_again
frames xa 4 100
is "... and counting on" "$(passed xa)" "7 700"

"$builddir/tests/e2e/update_link" "$(pin xa link)" /sys/fs/bpf/other
ok "exchanged in our link: shown at once" wait_for 2 shows xa 2 "$(xdp_id xa)"
bpftool link detach pinned "$(pin xa link)"
ok "... and counted again at once when it is gone" wait_for 2 counting xa

hold xb
wait_for 5 has_program xb
ok "attached by a bpf_link: shown at once" wait_for 2 shows xb 2 "$(xdp_id xb)"
let_go
ok "... gone with the link: at once, too" wait_for 2 shows xb 1 0
ip link set dev xb xdpgeneric pinned /sys/fs/bpf/other
ok "attached by netlink, generic: shown at once" wait_for 2 shows xb 3 "$(xdp_id xb)"
ip link set dev xb xdpgeneric off
ok "... and when it is gone" wait_for 2 shows xb 1 0

hold xd ip netns exec peer
wait_for 5 in_peer xd
let_go
hold xc
wait_for 5 has_program xc
ok "one of two interfaces with the same ifIndex: shown" wait_for 2 shows xc 2 "$(xdp_id xc)"
let_go
ok "... and gone" wait_for 2 shows xc 1 0
is "of the one in another namespace nothing was told" "$(asked 777)" 2

# More than there is room for, while nobody reads; the last change is the one to be lost.
kill -STOP "$agent_pid"
for _ in {1..150}; do
	echo "link set dev xe xdpgeneric pinned /sys/fs/bpf/other"
	echo "link set dev xe xdpgeneric off"
done | ip -batch -
hold xb
wait_for 5 has_program xb
kill -CONT "$agent_pid"
ok "after more changes than there is room for: the last one is shown, too" \
	wait_for 2 shows xb 2 "$(xdp_id xb)"
is "... though it was not told of" "$(($(asked "$(ifindex xe)") < 300)) $(asked "$(ifindex xb)")" "1 4"
is "... and no message was lost instead" "$(grep -c "dropped link messages" $RUN/agent.log)" 0
let_go
ok "... and the next one" wait_for 2 shows xb 1 0

# On Linux 6.1 a traced function is not let go while the first process of a PID namespace is ending.
stop_agent
is "the agent stops" "$agent_code" 0
done_testing
