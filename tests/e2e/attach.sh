#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is attached where, and whose it is.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

pass=$builddir/tests/e2e/pass.bpf.o

ids() {
	local name
	for name; do
		echo "$name $(xdp_id "$name")"
	done
}

has_row() {
	[[ $(column 3 "$1") = [1-3] ]]
}

tag() {
	bpftool prog show id "$(xdp_id "$1")" | sed -n 's/.* tag \([0-9a-f]\{16\}\).*/\1/p'
}

link_id() {
	bpftool link show | sed -n "s/^\([0-9]*\): xdp  prog $(xdp_id "$1") .*/\1/p"
}

# The ifIndexes in xdpStatsTable; those of some interfaces, in order.
counted() {
	walk $ROOT.1.3.1.2 | sed 's/.*\.\([0-9]*\)\.[0-9]* = .*/\1/' | uniq
}

ifindexes() {
	local name
	for name; do
		ifindex "$name"
	done | sort -n
}

# What a process holds of BPF, in the words of bpftool; how much of that there still is.
held() {
	sed -n 's/^\(prog\|map\|link\)_id:\t/\1 show id /p' "/proc/$1/fdinfo/"* | sort -u
}

existing() {
	local object
	while read -ra object; do
		bpftool "${object[@]}" >/dev/null 2>&1 && echo "${object[@]}"
	done <<<"$1" | wc -l
}

none_exist() {
	[ "$(existing "$1")" = 0 ]
}

# How many programs the agent has in the kernel that tell it of changes at once: 1, or 0 where the
# kernel refuses.
watches() {
	local object
	held "$agent_pid" | grep ^prog | while read -ra object; do
		bpftool "${object[@]}"
	done | grep -c "name watch_install"
}

# A host that has no such service refuses: frames pass in both directions.
traffic_passes() {
	timeout 5 ip netns exec peer bash -c '</dev/tcp/192.0.2.1/9' 2>&1 | grep refused
}

# --- the first agent: native, generic, and other people's programs ------------------------------

# n: native; g: generic; m: macvlan; f: somebody else's; a: auto; ob: observe; mp: map; xx: has IP.
for name in na ga mm fa fb aa ob mp xx; do
	veth $name
done
for name in nb gb yy; do
	veth $name 9000
done
ip link add mx link mm address 02:02:02:02:02:02 type macvlan # where send_frames sends to
ip link add my link mm type macvlan
ip link set mx up
ip link set my up
ip addr add 192.0.2.1/24 dev xx
ip -n peer addr add 192.0.2.2/24 dev xx-p

ip link set dev fa xdp obj "$pass" sec xdp
"$builddir/tests/e2e/hold_link" fb "$pass" &
holder=$!
wait_for 5 has_program fb
theirs=$(ids fa fb)
refusal=$(ip link set dev my xdpdrv obj "$pass" sec xdp 2>&1 | sed -n 's/^Error: \(.*\)\.$/\1/p')

cat >$RUN/agent.conf <<END
xdpReconcile 1
xdpPersist no
xdpInterface na,nb,xx count
xdpInterface ga,gb    count generic
xdpInterface mx       count any
xdpInterface my       count native
xdpInterface fa,fb    count
xdpInterface aa       auto
xdpInterface ob       observe
xdpInterface mp       map
END
serve -c $RUN/agent.conf
ok "what can be counted is counted" wait_for 5 counting na nb xx ga gb mx aa

like "changes by bpf_link are noticed at once, or the log says why not" \
	"$(watches) $(sed -n 's/^programs attached by bpf_link .* (1 s) only: //p' $RUN/agent.log)" \
	'^(1 |0 this kernel refuses tracing programs)$'
is "... in our own words" "$(grep -c ulimit $RUN/agent.log)" 0

is "native by default" "$(row na)" "2|2|1||$(xdp_id na)|xdp_stats_count|$(tag na)"
is "generic as asked" "$(row ga)" "3|2|1||$(xdp_id ga)|xdp_stats_count|$(tag ga)"
is "auto counts where nothing is attached" "$(row aa)" \
	"2|2|1||$(xdp_id aa)|xdp_stats_count|$(tag aa)"
like "the driver of a macvlan refuses" "$refusal" 'native mode'
like "generic where native is refused, with the kernel's words" "$(row mx)" \
	"^3\|2\|1\|.*native.*$refusal\|$(xdp_id mx)\|"
ok "... in the log, too" logged "^mx: counting \(generic\).*$refusal"
like "native only: failed, with the kernel's words" "$(row my)" "^1\|1\|3\|.*$refusal\|0\|\|$"
ok "... in the log, too" logged "^my: .*$refusal"

for name in na ga mm; do
	frames $name 7 60
	frames $name 3 1514
done
for name in nb gb; do
	frames $name 2 60
	frames $name 5 9014
done
is "counts: native" "$(passed na)" "10 4962"
is "counts: generic" "$(passed ga)" "10 4962"
is "counts: generic where native is refused" "$(passed mx)" "10 4962"
is "counts: native, multi-buffer frames" "$(row nb | cut -c1-6) $(passed nb)" "2|2|1| 7 45190"
is "counts: generic, multi-buffer frames" "$(row gb | cut -c1-6) $(passed gb)" "3|2|1| 7 45190"
like "a program without multi-buffer support is refused at this MTU" \
	"$(ip link set dev yy xdpdrv obj "$pass" sec xdp 2>&1)" "MTU"

ours=$(ids na nb)
ip link set na mtu 9000
ip -n peer link set na-p mtu 9000
ip link set nb mtu 1500
ip -n peer link set nb-p mtu 1500
frames na 4 9014
frames nb 3 1514
is "the MTU grew while the program was attached" "$(passed na)" "14 $((4962 + 4 * 9014))"
is "the MTU shrank while the program was attached" "$(passed nb)" "10 $((45190 + 3 * 1514))"
is "the programs are the same" "$(ids na nb)" "$ours"

for name in fa fb; do
	like "somebody else's program on $name: failed, and why" "$(row $name)" \
		"^2\|1\|3\|.*somebody.*left alone.*\|$(xdp_id $name)\|somebody\|$(tag $name)$"
done
is "observe" "$(row ob)" "1|1|2|no program is attached|0||"
is "map" "$(row mp)" "1|1|2|no program is attached|0||"
is "xdpIfFailed" "$(get $ROOT.1.1.5.0)" 3
is "only what is counted has rows in xdpStatsTable" "$(counted)" "$(ifindexes na nb xx ga gb mx aa)"
is "their programs are untouched" "$(ids fa fb)" "$theirs"
ok "traffic passes the program" traffic_passes

objects=$(held "$agent_pid")
is "the agent holds maps, programs and links" "$(($(existing "$objects") >= 3 * 7))" 1
stop_agent -TERM
ok "after SIGTERM there is nothing left of them, as xdpPersist no asks for" wait_for 5 none_exist "$objects"
is "their programs are still there" "$(ids fa fb)" "$theirs"
ok "traffic passes without the program" traffic_passes

# --- the second: programs that go away ----------------------------------------------------------

start_agent -c $RUN/agent.conf
ok "the next agent counts again" wait_for 5 counting na nb xx ga gb mx aa
is "... but not where a program is" "$(ids fa fb)" "$theirs"
ip link set dev fa xdp off
kill $holder
ok "when the owner has detached, the agent counts" wait_for 5 counting fa fb
for name in fa fb; do
	frames $name 5 60
	is "... the frames of $name" "$(row $name | cut -c1-6) $(passed $name)" "2|2|1| 5 300"
done
is "xdpIfFailed falls" "$(get $ROOT.1.1.5.0)" 1

# Attached once more, and the agent knows.
attached_again() {
	packets na 2 >>$RUN/samples
	[ "$(column 5 na)" != "$id" ] && [ "$(column 5 na)" = "$(xdp_id na)" ] && counting na
}

frames na 6 9014
id=$(xdp_id na)
changes=$(column 8 na)
discontinuity=$(column 10 na)
bpftool link detach id "$(link_id na)"
ok "our program is detached by force" [ "$(xdp_id na)" != "$id" ]
ok "the agent attaches it again within xdpReconcile and a little" wait_for 2 attached_again
frames na 3 60
is "the counters go on from where they were" "$(passed na)" "9 $((6 * 9014 + 3 * 60))"
ok "... and never fell" sort -nc $RUN/samples
is "xdpIfProgramChanges counts both changes" "$(column 8 na)" $((changes + 2))
is "xdpIfDiscontinuityTime moves" "$(($(column 10 na) > discontinuity))" 1

objects=$(held "$agent_pid")
ours=$(ids na nb xx ga gb mx aa fa fb)
stop_agent -KILL
is "after kill -9 the programs are still there" "$(ids na nb xx ga gb mx aa fa fb)" "$ours"
ok "traffic passes them" traffic_passes
is "xdp-stats unload --all takes away what was counted" "$(unload | grep -c "program and counters")" 9
ok "... and there is nothing left" wait_for 5 none_exist "$objects"
is "... on no interface" "$(ip -d link show | grep prog/xdp)" ""
ok "traffic passes" traffic_passes

# --- patterns, and no configuration at all ------------------------------------------------------

for options in "-i *:observe" ""; do
	read -ra options <<<"$options"
	start_agent "${options[@]}"
	ok "serves: agent ${options[*]}" wait_for 5 served
	is "no row where nothing is attached" "$(get $ROOT.1.1.3.0)" 0
	ip link set dev ob xdp obj "$pass" sec xdp
	ok "a row once a program is seen" wait_for 5 has_row ob
	like "... which tells of it" "$(row ob)" "^2\|.*\|$(xdp_id ob)\|somebody\|"
	is "... and no other row" "$(get $ROOT.1.1.3.0)" 1
	is "nothing is attached to any other interface" "$(ip -d link show | grep -c prog/xdp)" 1
	stop_agent -TERM
	ip link set dev ob xdp off
	unload >/dev/null # where it was observed, its counters would be a row
done

done_testing
