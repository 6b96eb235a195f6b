#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each frame counts once, and for the interface where the operator looks: with tail calls, a program on
# many interfaces, equal ifIndexes, test runs, bonds, VLANs, and more CPUs than there are.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"

PROGRAMS=/sys/fs/bpf/programs
ABORTED=0 DROP=1 PASS=2 TX=3
AS_ASKED=$PROGRAMS/as_asked # the verdict is the octet that is sent

tail_calls() {
	local last=0 middle=1 none=9

	attach tn native $PROGRAMS/entry
	attach tg generic $PROGRAMS/entry
	attach tl native $PROGRAMS/last # is called, and observed by itself
	ok "programs with tail calls are observed" wait_for 5 observing tn tg tl
	for name in tn tg; do
		send $name $DROP 31 101 $last
		exact "tail call: the final verdict, once" $name
		send $name $DROP 32 102 $middle
		exact "tail call to a program with a tail call: the final verdict, once" $name
		send $name $PASS 33 103 $none
		exact "tail call that fails: its caller's verdict" $name
	done
	send tl $DROP 34 104
	exact "a program that others call: its own frames only" tl
}

# send_to_each NAME...: other numbers for each, and for each verdict.
send_to_each() {
	local name count=10 verdict

	for name; do
		for verdict in $DROP $TX; do
			count=$((count + 1))
			send "$name" "$verdict" "$count" $((50 + count)) "$verdict"
		done
	done
}

four_interfaces() {
	for name in fa fb fc fd; do
		attach $name native $AS_ASKED
	done
	ok "one program on four interfaces is observed on each" wait_for 5 observing fa fb fc fd
	send_to_each fa fb fc fd
	exact "one program on four interfaces" fa fb fc fd

	detach fa # the one that is found without a look-up
	ok "detached from the first" wait_for 5 waiting fa
	deliver fa 10 100 $DROP
	send_to_each fb fc fd
	exact "... which keeps its totals, the others go on" fa fb fc fd
	detach fc
	ok "detached from another" wait_for 5 waiting fc
	attach fa native $AS_ASKED
	ok "... and attached to the first again" wait_for 5 observing fa
	deliver fc 10 100 $DROP
	send_to_each fd fb fa
	exact "... exact again" fa fb fc fd
}

in_peer() {
	nsenter --net="$RUN/netns/peer" "$@"
}

xdp_drops() {
	in_peer ethtool -S "$1" | awk '/_xdp_drops/ { sum += $2 } END { print sum }'
}

equal_indexes() {
	ip link add sa index 777 type veth peer name sa-p netns peer
	ip -n peer link add sb index 777 type veth peer name sb-p
	ip link set sa up
	for name in sa-p sb sb-p; do
		ip -n peer link set $name up
	done
	attach sa native $AS_ASKED
	in_peer ip link set dev sb xdpdrv pinned $AS_ASKED
	ok "one program on equal ifIndexes in two namespaces: ours is observed" wait_for 5 observing sa
	send sa $DROP 41 111 $DROP
	deliver sb 42 112 $DROP
	is "... the other one drops frames" "$(xdp_drops sb)" 42
	send sa $DROP 43 113 $DROP
	exact "... only those of ours count" sa
}

test_run() {
	local frame=$RUN/frame

	printf "%014d\\x0$DROP%085d" 0 0 >$frame
	like "the owner's test run" \
		"$(bpftool prog run pinned $AS_ASKED data_in $frame repeat 1000 2>&1)" "Return value: $DROP,"
	exact "... is not counted" fa fb fc fd
}

bonded() {
	# shellcheck disable=SC2046 # octets
	bpftool map lookup pinned "$(echo /sys/fs/bpf/xdp-agentx/*/0/bonds)" \
		key $(little_endian "$(ifindex "$1")")
}

not_bonded() {
	! bonded "$1"
}

# arrive PORT BOND VERDICT COUNT LENGTH
arrive() {
	note "${@:2}"
	deliver "$1" "$4" "$5" "$3"
}

# bond NAME MODE PORT PORT
bond() {
	ip link add "$1" type bond mode "$2"
	ip link set "$1" up
	for name in "${@:3}"; do
		ip link set "$name" down
		ip link set "$name" master "$1"
	done
	attach "$1" native $AS_ASKED
	ok "bond, $2: its native program is observed" wait_for 5 observing "$1"
	arrive "$3" "$1" $DROP 51 121
	arrive "$4" "$1" $TX 52 122
	arrive "$3" "$1" $PASS 53 123
	arrive "$4" "$1" $ABORTED 7 124
	is "... exceptions on a port are the bond's" "$(get $ROOT.1.5.1.1."$(ifindex "$1")")" 7
	exact "... frames of both ports count for the bond" "$1"
	like "... and not for a port" "$(packets "$4" $TX)" "No Such"
}

# runs NAME: of the program, by the program itself.
runs() {
	# shellcheck disable=SC2046 # octets
	bpftool -j map lookup pinned /sys/fs/bpf/maps/runs key $(little_endian "$(ifindex "$1")") |
		sed 's/.*"formatted":.*"value":\([0-9]*\).*/\1/'
}

# deliver_until FILE NAME LENGTH OCTET: is there.
deliver_until() {
	for _ in {1..1000}; do
		[ ! -e "$1" ] || return
		deliver "$2" 50 "$3" "$4"
	done
}

# leave_and_join BOND STAYS LEAVES: while frames arrive at both ports, with other verdicts.
leave_and_join() {
	local ran counted missed sender

	ran=$(runs "$3") counted=$(packets "$1" $DROP)
	start_flood "$2" # octets of 0
	deliver_until $RUN/joined "$3" 60 $DROP &
	sender=$!
	ip link set "$3" nomaster
	ok "a port leaves the bond" wait_for 5 not_bonded "$3"
	ip link set "$3" up
	deliver "$3" 10 100 $DROP
	ip link set "$3" down
	ip link set "$3" master "$1"
	ok "... and joins it again" wait_for 5 bonded "$3"
	touch $RUN/joined
	wait $sender
	end_flood
	ran=$(($(runs "$3") - ran)) counted=$(($(packets "$1" $DROP) - counted))
	missed=$((ran - counted))
	ok "... none of its frames counts twice: $missed of $ran came before the agent knew" \
		[ $missed -ge 0 -a $counted -gt 0 ]
	note "$1" $DROP $counted 60
	note "$1" $ABORTED "$sent" 100
	arrive "$3" "$1" $DROP 54 124
	exact "... all that come later count, and so did all $sent at the other port" "$1"
}

generic_on_bond() {
	detach "$1"
	ok "detached from the bond" wait_for 5 waiting "$1"
	attach "$1" generic $AS_ASKED
	ok "... a generic program is observed" wait_for 5 observing "$1"
	arrive "$2" "$1" $DROP 55 125
	arrive "$3" "$1" $PASS 56 126
	exact "... frames of both ports count for the bond, once" "$1"
}

vlan() {
	ip link add link va name va5 type vlan id 5
	ip link set va5 up
	ip -n peer link add link va-p name va5-p type vlan id 5
	ip -n peer link set va5-p up
	attach va native $AS_ASKED # the kernel refuses it while there is a program on the VLAN
	attach va5 generic $PROGRAMS/last
	ok "a native program below a VLAN and a generic one on it are observed" \
		wait_for 5 observing va va5
	send va5 $DROP 61 131 $PASS
	note va $PASS 61 131
	send va $DROP 62 132 $DROP
	exact "... frames count for each that they pass" va5 va
	detach va5
	ok "detached from the VLAN" wait_for 5 waiting va5
	deliver va5 63 133 $PASS
	note va $PASS 63 133
	exact "... the interface below goes on" va5 va
}

possible_cpus() {
	tr , '\n' </sys/devices/system/cpu/possible | awk -F- '{ n += $NF - $1 + 1 } END { print n }'
}

# counted_on CPU NAME: frames dropped, from the map itself.
counted_on() {
	# shellcheck disable=SC2046 # octets
	bpftool -j map lookup pinned "$(pin "$2" xdp_stats_map)" key $(little_endian $DROP) |
		grep -o "\"cpu\":$1,\"value\":{\"rx_packets\":[0-9]*" | sed 's/.*://'
}

more_cpus() {
	local cpu possible

	possible=$(possible_cpus)
	is "xdpPossibleCpus is $possible, of which $(nproc) are online" "$(get $ROOT.1.1.2.0)" "$possible"
	attach cp native $AS_ASKED
	ok "... a program is observed" wait_for 5 observing cp
	for cpu in 0 1; do
		note cp $DROP $((71 + cpu)) 141
		taskset -c $cpu nsenter --net="$RUN/netns/peer" "$builddir/tests/e2e/send_frames" \
			cp-p $((71 + cpu)) 141 $DROP
	done
	exact "... frames of two CPUs are one sum" cp
	is "... of two numbers" "$(counted_on 0 cp) $(counted_on 1 cp)" "71 72"
}

veths tn tg tl fa fb fc fd ba bb bc bd va cp
bpftool prog loadall "$builddir/tests/vm/keys.bpf.o" $PROGRAMS pinmaps /sys/fs/bpf/maps
serve
tail_calls
four_interfaces
equal_indexes
test_run
bond bo active-backup ba bb
bond bx balance-xor bc bd
leave_and_join bx bc bd
generic_on_bond bx bc bd
vlan
more_cpus
stop_agent
is "the agent stops" "$agent_code" 0
done_testing
