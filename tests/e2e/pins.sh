#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Pins that are not what they should be: each is named in the log with what was found and what was
# expected, and left alone; the interface is counted if the hook is free.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

veth xa
start_snmpd
start_agent -i xa
wait_for 10 counting xa
frames xa 4 100
stop_agent
dir=$(dirname "$(pin xa link)")

# with WHAT: starts the agent and waits until it has decided.
with() {
	rm -f $RUN/agent.log
	start_agent -i xa
	ok "$1: it starts" wait_for 10 decided
}
decided() {
	counting xa || failed xa
}

# left PIN WAS: the pin is there and is what it was.
left() {
	is "... and is left alone" "$(pinned xa "$1")" "$2"
}

# Each case puts something in the place of a pin, which is kept beside it and comes back.
swap() {
	mv "$dir/$1" "$dir/kept"
}
back() {
	rm -rf "${dir:?}/$1"
	mv "$dir/kept" "$dir/$1"
}

for case in "array 4 16 5|type 2, key size 4, value size 16, entries 5" \
	"percpu_hash 4 16 5|type 5, key size 4, value size 16, entries 5" \
	"percpu_array 4 8 5|type 6, key size 4, value size 8, entries 5" \
	"percpu_array 4 16 6|type 6, key size 4, value size 16, entries 6"; do
	read -r type key value entries <<<"${case%|*}"
	swap xdp_stats_map
	bpftool map create "$dir/xdp_stats_map" type "$type" key "$key" value "$value" \
		entries "$entries" name other
	id=$(pinned xa xdp_stats_map)
	with "a map of ${case%|*}"
	ok "it is named with what was found" logged "pin $dir/xdp_stats_map is left alone: .*${case#*|}"
	left xdp_stats_map "$id"
	stop_agent
	back xdp_stats_map
done

swap xdp_stats_map
mkdir "$dir/xdp_stats_map"
with "a directory for a map"
ok "it is named" logged "cannot open pin $dir/xdp_stats_map: "
ok "... and is left alone" test -d "$dir/xdp_stats_map"
stop_agent
back xdp_stats_map

swap state
bpftool map create "$dir/state" type array key 4 value 64 entries 1 name other
id=$(pinned xa state)
with "a record of another size"
ok "it is named" logged "pin $dir/state is left alone: it is no state record"
left state "$id"
stop_agent
back state

# The layout version is the first word of the record.
record=$(bpftool -j map lookup pinned "$dir/state" key 0 0 0 0 | tr -d '[]{}",' |
	sed 's/.*value://; s/0x/ 0x/g')
# shellcheck disable=SC2086 # bytes, a word each
bpftool map update pinned "$dir/state" key 0 0 0 0 value 0x63 ${record# 0x??}
with "a record of another version"
ok "it is named" logged "pin $dir/state is left alone: its layout has version 99, expected 3"
stop_agent
# shellcheck disable=SC2086
bpftool map update pinned "$dir/state" key 0 0 0 0 value $record

veth xb
"$builddir/tests/e2e/hold_link" xb "$builddir/tests/e2e/pass.bpf.o" &
holder=$!
wait_for 5 has_program xb
id=$(xdp_id xb)
swap link
bpftool prog pin id "$id" "$dir/link"
with "a program for a link"
ok "it is named" \
	logged "pin $dir/link is left alone: it is anon_inode:bpf-prog, expected anon_inode:bpf-link"
ok "... and is left alone" test -e "$dir/link"
stop_agent
rm "$dir/link"
bpftool link pin id "$(bpftool link show | sed -n "s/^\([0-9]*\): xdp *prog $id .*/\1/p")" "$dir/link"
with "the link of another interface"
ok "it is named with what was found" \
	logged "pin $dir/link is left alone: it is the link of interface $(ifindex xb), expected $(ifindex xa)"
ok "... and is left alone" [ "$(pinned xa link)" ]
is "and so is its program" "$(xdp_id xb)" "$id"
stop_agent
back link
kill $holder

chown 1234 "$dir/state"
with "a foreign owner"
ok "it is named" logged "pin $dir/state is left alone: it belongs to uid 1234, expected 0 or 0"
stop_agent
chown 0 "$dir/state"

with "all pins as they were"
frames xa 1 100
is "the counters have lost nothing" "$(passed xa)" "5 500"
is "and nothing is said" "$(grep -c pin $RUN/agent.log)" 0
stop_agent

echo "xdpPinDir /run/nowhere" >$RUN/agent.conf
unload >/dev/null
start_agent -c $RUN/agent.conf -i xa
ok "no bpffs: it counts all the same" wait_for 10 counting xa
ok "and says so" logged "no pins in /run/nowhere: that is in no bpffs .*; counters and programs will not outlive"
stop_agent
is "and leaves nothing" "$(xdp_id xa)" ""

chmod 700 /sys/fs/bpf/xdp-agentx
install -m 755 "$AGENT" $RUN/xdp-agentx # where anybody may run it
chmod 777 "${AGENTX#unix:}" # for this one, too
setpriv --reuid 65534 --clear-groups --inh-caps -all,+bpf,+net_admin --ambient-caps +bpf,+net_admin \
	$RUN/xdp-agentx -C -x "$AGENTX" -i xa -Lo >$RUN/agent.log 2>&1 &
agent_pid=$!
ok "no permission: it counts all the same" wait_for 10 counting xa
ok "and says so" logged "^no pins in /sys/fs/bpf/xdp-agentx: Permission denied; counters and programs will not outlive"
stop_agent
is "and leaves nothing" "$(xdp_id xa)" ""
chmod 755 /sys/fs/bpf/xdp-agentx

# Two interfaces of the same ifIndex.
ip link add name xm index 77 type veth peer name xm-p netns peer
ip -n peer link add name xo index 77 type veth peer name xo-p
nsenter --net=$RUN/netns/peer "$AGENT" -C -x unix:$RUN/nobody.sock -Lf $RUN/peer.log -i xo &
peer_pid=$!
wait_for 10 grep -q '^xo: counting' $RUN/peer.log
kill $peer_pid
wait $peer_pid
theirs=$(echo /sys/fs/bpf/xdp-agentx/*/77)
is "another namespace: its pins" "$(ls "$theirs")" "link
program
state
xdp_stats_map"
# What each pin is for the kernel, and the program on the interface.
others() {
	bpftool map show pinned "$theirs/xdp_stats_map"
	bpftool map show pinned "$theirs/state"
	bpftool link show pinned "$theirs/link"
	ip -n peer -d link show xo | grep -o 'prog/xdp id [0-9]*'
}
before=$(others)
echo "xdpPersist no" >$RUN/agent.conf
start_agent -c $RUN/agent.conf -i xm
ok "it is none of the agent's, which counts beside it" wait_for 10 counting xm
is "xdp-stats shows ours alone" "$("$builddir/src/xdp-stats" | awk '$2 == "pass" { print $1 }')" xm
stop_agent
is "and takes its own away" "$(xdp_id xm)$(find /sys/fs/bpf/xdp-agentx -path '*/77' ! -path "$theirs")" ""
is "not the other one's" "$(others)" "$before"
is "xdp-stats unload --all does" "$(unload)$(ls /sys/fs/bpf/xdp-agentx)" "$theirs: program and counters taken away"
is "with the program" "$(ip -n peer -d link show xo | grep -c prog/xdp)" 0
done_testing
