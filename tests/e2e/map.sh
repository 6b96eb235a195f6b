#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Maps in which programs count by themselves: xdp-filter's, one named by xdpMap, an array; wrong ones,
# each with its line; one that is reset, and one that is replaced, under a poller and a flood.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"
need xdp-filter
export LIBXDP_SKIP_DISPATCHER=1 # where the kernel allows one: tests/vm/map_dispatcher.sh
need ethtool

XDP_STATS=$builddir/src/xdp-stats
FILTERS=$BPFFS/xdp-filter/xdp_stats_map
SENDER=06:06:06:06:06:06 # as send_frames calls itself

# --- xdp-filter ----------------------------------------------------------------------------------

# What xdp-filter says: "PACKETS OCTETS" for each verdict that it gives. Itself it shows KiB only.
filter_says() {
	paste -d' ' <(xdp-filter status | awk '/XDP_(ABORTED|DROP|PASS) / { print $2 }') \
		<(bpftool map dump pinned $FILTERS | awk '/"key":/ { key = $2 + 0 }
			/"rx_bytes":/ { octets[key] += $2 }
			END { for (key = 0; key < 3; key++) print octets[key] + 0 }')
}

# What the driver says: frames received, and dropped or aborted.
driver_says() {
	ethtool -S "$1" | awk '/rx_queue_.*_xdp_packets:/ { all += $2 }
		/rx_queue_.*_xdp_drops:/ { drops += $2 } END { print all, drops }'
}

driver_to_say() {
	notes "$1" | awk '{ all += $1 } NR <= 2 { drops += $1 } END { print all, drops }'
}

# shared NAME: the agent says that several programs count in its map.
shared() {
	[ "$(row "$1" | cut -d'|' -f2-4)" = "1|3|program 'xdpfilt_alw_all' (id $(xdp_id "$1"), native) has no map that can be read: several programs count in its map (id $(id map xdp-filter/xdp_stats_map)): whose interface a value is of cannot be told" ]
}

no_counters() {
	get "$ROOT.1.3.1.2.$(ifindex "$1").2" | grep -q '^No Such Instance'
}

for name in xa xb xc; do
	veth $name
done
xdp-filter load xa -m native
send xa $PASS 3 100 # before anybody reads: the first values are served as they are
settings "xdpInterface xa,xb map"
start_snmpd
start_agent -c $RUN/agent.conf
ok "xdp-filter: its map is read" wait_for 5 reading xa
send xa $PASS 11 101
xdp-filter ether -m src $SENDER
send xa $DROP 13 103
xdp-filter ether -m src -r $SENDER
send xa $PASS 14 104
exact "... and served" xa
is "... equal to xdp-filter status" "$(table xa | head -n 3)" "$(filter_says)"
is "... and to ethtool -S" "$(driver_says xa)" "$(driver_to_say xa)"
is "... and to xdp-stats" "$("$XDP_STATS" xa | awk '/^xa/ { print $3, $4 }')" "$(notes xa)"
is "... which says whose it is" "$("$XDP_STATS" xa | grep '^#')" \
	"# xa: native, map, active, program $(xdp_id xa) xdpfilt_alw_all"
like "the log" "$(<$RUN/agent.log)" \
	"^xa: reading the map of program 'xdpfilt_alw_all' \(id $(xdp_id xa), native\)$"
before=$(column 10 xa)

xdp-filter load xb -m native
ok "on two interfaces: refused in words, the second" wait_for 2 shared xb
ok "... and the first" wait_for 2 shared xa
ok "... neither is served" no_counters xb
ok "... rather than as it was" no_counters xa
deliver xa 0 21 100
deliver xb 0 22 100
deliver xc 0 1 100 # not to be counted at all
xdp-filter unload xb
ok "the second goes: the first is served again within xdpReconcile" wait_for 2 reading xa
ok "... and the other waits" wait_for 1 waiting xb
exact "... what was counted in between is not its" xa
ok "... which the discontinuity tells" [ "$(column 10 xa)" -gt "$before" ]
send xa $PASS 15 105
exact "... what comes now is" xa

# Without any news of it: a program that comes to be loaded, on an interface of another namespace.
settings "xdpReconcile 60" "xdpInterface xa map" # the later line holds
kill -HUP "$agent_pid"
wait_for 5 logged "read again"
ip netns exec peer ip link add xh type veth peer name xh-p
ip -n peer link set xh up
ip -n peer link set xh-p up
bpftool prog load "$builddir/tests/e2e/own_map.bpf.o" $BPFFS/elsewhere type xdp \
	map name xdp_stats_map pinned $FILTERS
nsenter --net=$RUN/netns/peer ip link set dev xh xdpdrv pinned $BPFFS/elsewhere
ip netns exec peer "$builddir/tests/e2e/send_frames" xh-p 9 100 2
ok "somebody elsewhere counts in the same map: not served, at once" no_counters xa
ok "... failed" failed xa
ip -n peer link delete xh
rm $BPFFS/elsewhere
xdp-filter unload xa
stop_agent
"$XDP_STATS" unload --all >/dev/null
unset 'noted[xa 1]' 'noted[xa 2]'

# --- named by xdpMap -----------------------------------------------------------------------------

make_map tutorial percpu_array 4 16 5 somebodys
load named map name xdp_stats_map pinned $BPFFS/tutorial
attach xa named
settings "xdpMap xa $BPFFS/tutorial" "xdpInterface xa map"
start_agent -c $RUN/agent.conf
ok "the tutorial's map, named by xdpMap" wait_for 5 reading xa
for verdict in {0..4}; do
	send xa "$verdict" $((20 + verdict)) $((110 + verdict))
done
exact "... all verdicts" xa
is "... and the same by xdp-stats" "$("$XDP_STATS" xa | awk '/^xa/ { print $3, $4 }')" "$(notes xa)"
like "... which says that it is read" "$("$XDP_STATS" xa)" "^# xa: native, map, active, program $(id prog named) "

is "release" "$("$XDP_STATS" release xa)" "xa: released; the agent lets go within xdpReconcile seconds"
ok "... nothing of it is read" wait_for 3 waiting xa
is "... and the program stays" "$(xdp_id xa)" "$(id prog named)"
deliver xa $PASS 7 100
exact "... the totals stay" xa
"$XDP_STATS" retake xa >/dev/null
ok "retake" wait_for 3 reading xa
send xa $PASS 8 100
exact "... and on" xa

stop_agent
deliver xa $PASS 6 100
note xa $PASS 6 100
detach xa
start_agent -c $RUN/agent.conf
ok "a start without the program: waiting" wait_for 5 waiting xa
exact "... what it had counted by then is served" xa
ok "... and it goes on waiting" waiting xa
attach xa named
ok "... until it is back" wait_for 5 reading xa
send xa $PASS 5 100
exact "... and on" xa

stop_agent
is "unload" "$("$XDP_STATS" unload xa; find $BPFFS/xdp-agentx -name "$(ifindex xa)")" \
	"xa: counters taken away"
is "... their map, program and pins stay" "$(xdp_id xa) $(id map tutorial)" \
	"$(id prog named) $(id map tutorial)"
send xa $PASS 8 100
note xa $PASS 7 100 # absolute values, once more
start_agent -c $RUN/agent.conf
wait_for 5 reading xa
exact "... and it is read anew, from its first frame" xa

detach xa
attach xa named xdpgeneric
ok "generic" wait_for 5 reading xa
is "... is said to be" "$(column 1 xa)" 3
send xa $DROP 9 200
exact "... and counted" xa

make_map plain array 4 16 5 xdp_stats_map
load plainly map name xdp_stats_map pinned $BPFFS/plain
detach xa
attach xc plainly
reload "xdpInterface xc map"
ok "a plain array, found by its name" wait_for 5 reading xc
for verdict in {0..4}; do
	send xc "$verdict" $((30 + verdict)) $((120 + verdict))
done
exact "... each value is one, for all CPUs" xc
detach xc

# --- wrong ones ----------------------------------------------------------------------------------

# wrong NAME LINE [PATH]: of the program that is on xb, perhaps with the map pinned as PATH. -t says
# the same.
wrong() {
	local expected

	expected="program 'own_map' (id $(xdp_id xb), native) has no map that can be read: $2"
	reload "xdpInterface xb map" ${3+"xdpMap xb $BPFFS/$3"}
	wait_for 2 says xb "$expected" >/dev/null
	is "wrong: $1" "$(column 4 xb)" "\"$expected\""
	is "... as -t says" "$("$AGENT" -C -t -c $RUN/agent.conf | sed -n 's/^xb  .* failed: //p')" \
		"$expected"
	ok "... and as the log does" grep -qFx "xb: $expected" $RUN/agent.log
}

says() {
	[ "$(column 4 "$1")" = "\"$2\"" ]
}

# layout NAME FOUND: what is said of a map of this layout.
layout() {
	echo "map 'another' (id $(id map "$1")) has $2; expected 6 (per-CPU array) or 2 (array), 4, 16, 5"
}

load right
make_map other percpu_array 4 16 5 xdp_stats_map
attach xb right
mkdir $BPFFS/directory
wrong "no such pin" "cannot open $BPFFS/nowhere: No such file or directory" nowhere
wrong "a directory" "cannot open $BPFFS/directory: Permission denied" directory
wrong "a program" "what is pinned at $BPFFS/named is no map" named
wrong "a map that the program does not use" \
	"it does not use the map at $BPFFS/other (id $(id map other))" other
make_map type hash 4 16 5 another
wrong "type" "$(layout type "type 1, key size 4, value size 16, entries 5")" type
make_map key percpu_hash 8 16 5 another
wrong "key" "$(layout key "type 5, key size 8, value size 16, entries 5")" key
make_map value percpu_array 4 8 5 another
wrong "value" "$(layout value "type 6, key size 4, value size 8, entries 5")" value
make_map entries percpu_array 4 16 6 another
wrong "entries" "$(layout entries "type 6, key size 4, value size 16, entries 6")" entries
attach xb named
wrong "no map of that name" "it has no map named xdp_stats_map; name the one it counts in by xdpMap"
load two map name short_frames pinned $BPFFS/other
attach xb two
wrong "two of that name" \
	"it has several maps named xdp_stats_map (id $(map_of two | paste -sd' ' | sed 's/ / and /'))"
attach xa right
attach xb right
wrong "on two interfaces" "it is on several interfaces, which its map does not tell apart"
detach xa
ok "... until it is not" wait_for 2 reading xb
stop_agent
unload >/dev/null

install -m 755 "$AGENT" $RUN # where anybody may run it
AGENTX=tcp:127.0.0.1:16162
stop_snmpd
start_snmpd
setpriv --reuid 65534 --clear-groups --inh-caps "-all,+bpf,+net_admin" --ambient-caps "+bpf,+net_admin" \
	$RUN/xdp-agentx -C -x "$AGENTX" -i xb:map -Lo >$RUN/agent.log 2>&1 &
agent_pid=$!
expected="program '?' (id $(xdp_id xb), native) has no map that can be read: to find its map takes CAP_SYS_ADMIN, which the agent does not have"
ok "wrong: an agent without rights" wait_for 5 says xb "$expected"
ok "... as the log says" grep -qFx "xb: $expected" $RUN/agent.log
stop_agent

# --- what becomes of a map -----------------------------------------------------------------------

settings "xdpInterface xb map" "xdpMap xb $BPFFS/path"
bpftool map pin id "$(map_of right)" $BPFFS/path
start_agent -c $RUN/agent.conf
ok "named by xdpMap, under a flood" wait_for 5 reading xb
start_flood xb $PASS
start_poll xb
before=$(column 10 xb) was=$(packets xb $PASS)
grown() {
	[ "$(packets xb $PASS)" -gt $((was + 3000)) ]
}
wait_for 5 grown
# shellcheck disable=SC2046 # bytes, a word each
bpftool map update pinned $BPFFS/path key 2 0 0 0 value $(yes 0 | head -n 16) >/dev/null
moved() {
	[ "$(column 10 xb)" -gt "$before" ]
}
ok "its map reset: the discontinuity moves" wait_for 5 moved
was=$(packets xb $PASS)
ok "... and counting goes on" wait_for 5 grown

before=$(column 10 xb)
load next
rm $BPFFS/path
bpftool map pin id "$(map_of next)" $BPFFS/path
attach xb next
ok "its map and program replaced: the new ones are read" wait_for 5 reading xb
ok "... the discontinuity moves" wait_for 5 moved
was=$(packets xb $PASS)
ok "... and counting goes on" wait_for 5 grown
end_flood
end_poll
is "no value of $polled has fallen" "$fallen" ""
ok "... and many were asked for" [ "$polled" -gt 10 ]
was=$(passed xb)
send xb $PASS 10 100
is "the flood over: exact again" "$(passed xb)" "$((${was% *} + 10)) $((${was#* } + 1000))"

# --- what -t says --------------------------------------------------------------------------------

bpftool prog load "$builddir/tests/e2e/pass.bpf.o" $BPFFS/other_xdp type xdp

# traces: this kernel allows tracing programs.
traces() {
	"$AGENT" -C -t -i xb:observe | grep -q '^xb .* will be observed'
}

plan() {
	"$AGENT" -C -t "$@" | sed -n 's/^xb  *\([a-z]*\) *[-a-z]* */\1: /p'
}

is "-t: a map" "$(plan -c $RUN/agent.conf)" \
	"map: the map of program 'own_map' (id $(xdp_id xb)) will be read"
if traces; then
	skip "-t: auto where tracing is refused" "this kernel allows it"
else
	is "-t: auto where tracing is refused" "$(plan -i xb:auto)" \
		"auto: the map of program 'own_map' (id $(xdp_id xb)) will be read"
	attach xb named
	is "... nor can its map be read" "$(plan -i xb:auto)" \
		"auto: failed: program 'own_map' (id $(xdp_id xb), native) cannot be observed: this kernel refuses tracing programs (fentry and fexit); nor can its map be read: it has no map named xdp_stats_map; name the one it counts in by xdpMap"
fi
attach xb other_xdp
is "-t: a program without any map" "$(plan -i xb:map)" \
	"map: failed: program 'somebody' (id $(xdp_id xb), native) has no map that can be read: it has no map named xdp_stats_map; name the one it counts in by xdpMap"
detach xb
is "-t: a map, and no program" "$(plan -i xb:map)" "map: no program is attached"
stop_agent
is "the agent stops" "$agent_code" 0
done_testing
