#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Interfaces that come, go and change, also while they are walked; 200 of them.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# The scalars: how many rows, how many names without an interface, the last change of rows.
if_number() {
	get $ROOT.1.1.3.0
}

if_missing() {
	get $ROOT.1.1.4.0
}

last_change() {
	get $ROOT.1.1.6.0
}

# The ifIndexes in a table: its column; how many interfaces are counted; whether one has no row.
indexes() {
	walk $ROOT.1."$1" | sed 's/ = .*//; s/.*\.//'
}

all_counting() {
	[ "$(walk $ROOT.1.2.1.3 | grep -c ' = 1$')" = "$1" ]
}

no_row() {
	! indexes 2.1.3 | grep -x "$1" && ! walk $ROOT.1.3 | grep -F "$ROOT.1.3.1.2.$1."
}

# add NAME IFINDEX; rename OLD NEW: both ends. Older kernels rename only what is down.
add() {
	ip link add name "$1" index "$2" type veth peer name "$1-p" netns peer
	ip link set "$1" up
	ip -n peer link set "$1-p" up
}

rename() {
	ip link set "$1" down
	ip link set "$1" name "$2"
	ip link set "$2" up
	ip -n peer link set "$1-p" down
	ip -n peer link set "$1-p" name "$2-p"
	ip -n peer link set "$2-p" up
}

# --- 200 interfaces ------------------------------------------------------------------------------

all=(100 9 99 10)
for ((i = 1000; i < 1196; i++)); do
	all+=("$i")
done
for i in "${all[@]}"; do
	echo "link add name ww$i index $i group $((i > 999)) type veth peer name ww$i-p netns peer"
	echo "link set ww$i up"
done | ip -batch -
printf 'link set ww%s-p up\n' "${all[@]}" | ip -n peer -batch -

# No timer helps: what follows is done because the kernel told.
cat >$RUN/agent.conf <<END
xdpReconcile 3600
xdpInterface late,ww* count
END
serve -c $RUN/agent.conf -Dxdp:links
ok "200 interfaces are counted" wait_for 10 all_counting 200
is "xdpIfNumber" "$(if_number)" 200

declare -A sent=([9]=1 [10]=2 [99]=3 [100]=4 [1000]=5 [1101]=6 [1195]=7)
for i in "${!sent[@]}"; do
	frames "ww$i" "${sent[$i]}" "$((60 + i))"
done
mapfile -t sorted < <(printf '%s\n' "${all[@]}" | sort -n)
for i in "${sorted[@]}"; do
	for action in 0 1 2 3 4; do
		count=$((action == 2 ? ${sent[$i]-0} : 0))
		echo "$ROOT.1.3.1.2.$i.$action = $count" >>$RUN/packets
		echo "$ROOT.1.3.1.3.$i.$action = $((count * (60 + i)))" >>$RUN/bytes
	done
done
cat $RUN/packets $RUN/bytes >$RUN/expected
is "a walk should have 200 x 5 x 2 rows" "$(wc -l <$RUN/expected)" 2000
walk $ROOT.1.3 >$RUN/walk
ok "a walk has just these, in the order of the numbers" diff $RUN/expected $RUN/walk
snmpbulkwalk -v2c -c public -Cr50 -OQUn "$SNMP_ADDRESS" $ROOT.1.3 >$RUN/bulkwalk
ok "a bulk walk finds the same" diff $RUN/expected $RUN/bulkwalk

before=$(last_change)
ip link delete group 1
ok "196 are deleted: 4 rows are left" wait_for 5 all_counting 4
is "... in xdpIfTable" "$(indexes 2.1.3)" "9
10
99
100"
is "... in xdpStatsTable" "$(walk $ROOT.1.3 | wc -l)" $((4 * 5 * 2))
is "... in xdpIfStatsTable" "$(walk $ROOT.1.7 | wc -l)" $((4 * 10))
is "xdpIfTableLastChange moves" "$(($(last_change) > before))" 1

# --- one by one ----------------------------------------------------------------------------------

before=$(last_change)
add ww50 50
ok "added: counted at once" wait_for 2 counting ww50
frames ww50 8 60
is "... with its frames" "$(passed ww50)" "8 480"
is "xdpIfNumber grows" "$(if_number)" 5
is "xdpIfTableLastChange moves" "$(($(last_change) > before))" 1

before=$(last_change)
rename ww50 ww-other
is "renamed, the name still matches: the row stays, with its counts" "$(passed ww-other)" "8 480"
frames ww-other 2 100
is "... and counts" "$(passed ww-other)" "10 680"
ip link add name bridge0 type bridge
ip link set bridge0 up
ip link set ww-other master bridge0
frames ww-other 3 100
is "a port of a bridge: the row stays" "$(passed ww-other)" "13 980"
ip link set ww-other nomaster
frames ww-other 1 20
is "... when it leaves the bridge, too" "$(passed ww-other)" "14 1000"
ip link set ww-other mtu 1400
is "xdpIfTableLastChange does not move for that" "$(last_change)" "$before"
is "xdpIfNumber is the same" "$(if_number)" 5

rename ww-other zz50
ok "renamed, the name does not match: the row is gone" wait_for 2 no_row 50
is "... and the program, too" "$(xdp_id zz50)" ""
is "xdpIfNumber falls" "$(if_number)" 4
is "xdpIfTableLastChange moves" "$(($(last_change) > before))" 1

rename zz50 ww50
ok "renamed so that it matches: counted" wait_for 2 counting ww50
is "... from where it was" "$(passed ww50)" "14 1000"

before=$(last_change)
ip link set ww50 netns peer
ok "moved to another namespace: the row is gone" wait_for 2 no_row 50
is "... and the program, too" "$(ip -n peer -d link show ww50 | grep prog/xdp)" ""
is "xdpIfTableLastChange moves" "$(($(last_change) > before))" 1
ip -n peer link delete ww50

is "xdpIfMissing: a name without interface" "$(if_missing)" 1
add late 60
ok "... it appears" wait_for 2 counting late
is "... and is missing no longer" "$(if_missing) $(if_number)" "0 5"
ip link delete late
ok "... it vanishes" wait_for 2 no_row 60
is "... and is missing again" "$(if_missing) $(if_number)" "1 4"

# The agent sees both events at the same time.
add ww50 50
wait_for 2 counting ww50
frames ww50 5 60
is "an ifIndex before it is used again" "$(passed ww50)" "5 300"
before=$(column 10 ww50)
kill -STOP "$agent_pid"
ip link delete ww50
add ww50 50
kill -CONT "$agent_pid"
ok "an ifIndex is used again: counted" wait_for 2 counting ww50
is "... from the beginning" "$(passed ww50)" "0 0"
frames ww50 2 60
is "... with its own frames" "$(passed ww50)" "2 120"
is "... and a newer xdpIfDiscontinuityTime" "$(($(column 10 ww50) > before))" 1

# --- more messages than the kernel keeps for the agent -------------------------------------------

# The agent is the one that has subscribed to group 1, links, and nothing else.
dropped() {
	awk '$4 == "00000001" && $9 { dropped = 1 } END { exit !dropped }' /proc/net/netlink
}

kill -STOP "$agent_pid"
for ((i = 0; i < 20; i++)); do
	dropped && break
	printf 'link set ww9 mtu %s\n' {1000..1500} | ip -batch -
done
ip link delete ww50
add ww70 70
kill -CONT "$agent_pid"
ok "lost messages: the agent notices" wait_for 5 logged 'dropped link messages'
ok "... and finds the new interface" wait_for 2 counting ww70
is "... and what is gone" "$(indexes 2.1.3 | paste -sd' ')" "9 10 70 99 100"
ip link delete ww70

# --- walks while interfaces come and go ----------------------------------------------------------

churn() {
	local i
	for i in {20..50}; do
		add "ww$i" "$i"
		rename "ww$i" zz
		rename zz "ww$i"
		ip link delete "ww$i"
	done
}

# It has ended well, is in strict order, and has the rows of those that were there all the time.
good_walk() {
	[ "$(tail -n 1 "$1")" = "exit 0" ] &&
		sed '$d' "$1" >$RUN/rows &&
		! grep -v "^${ROOT}[.0-9]* = " $RUN/rows &&
		cut -d' ' -f1 $RUN/rows | sort -Vcu &&
		[ "$(grep -Ec '\.1\.3\.1\.[23]\.(9|10|99|100)\.[0-4] = ' $RUN/rows)" = 40 ] &&
		[ "$(grep -Ec '\.1\.7\.1\.[0-9]+\.(9|10|99|100) = ' $RUN/rows)" = 40 ] &&
		[ "$(grep -Ec '\.1\.2\.1\.3\.(9|10|99|100) = 1$' $RUN/rows)" = 4 ]
}

churn 2>$RUN/churn.log &
churner=$!
for ((i = 0; i < 1000; i += 2)); do
	{ walk $ROOT; echo "exit $?"; } >$RUN/walk.$i 2>&1
	{ snmpbulkwalk -v2c -c public -Cr20 -OQUn "$SNMP_ADDRESS" $ROOT; echo "exit $?"; } \
		>$RUN/walk.$((i + 1)) 2>&1
	kill -0 $churner 2>/dev/null || break
done
wait $churner
is "interfaces came and went" "$(cat $RUN/churn.log)" ""
ok "... during some walks" [ "$i" -ge 10 ]
seen=$(cut -d' ' -f1 $RUN/walk.* | grep -Ec '\.1\.3\.1\.2\.([2-4][0-9]|50)\.2$')
ok "... which saw rows of them" [ "$seen" -gt 0 ]
bad=$(for walk in "$RUN"/walk.*; do
	good_walk "$walk" 2>&1 || echo "is what is wrong with $walk"
done)
is "... but each ended, in order, with all rows of the others" "$bad" ""

done_testing
