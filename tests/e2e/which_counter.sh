#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The table of docs/which-counter.md, measured: what each counter says of 10 frames of 100 octets.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

if ! command -v ethtool >/dev/null; then
	echo "1..0 # SKIP needs ethtool"
	exit 0
fi

FRAMES=10
LENGTH=100
BPFFS=$RUN/bpf

# begin HOOK VERDICT: a new interface va whose program gives that verdict to every frame; redirected frames
# go to vb.
begin() {
	local flag=xdpdrv

	[ "$1" = native ] || flag=xdpgeneric
	veth va
	veth vb
	bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $BPFFS/programs pinmaps $BPFFS/maps
	bpftool net attach $flag pinned "$BPFFS/programs/verdict_$2" dev va
	redirect_to vb $BPFFS
}

# A veth takes frames that come by XDP_TX or by redirect only if there is an XDP program on it, too.
let_peer_take() {
	ip netns exec peer bpftool net attach xdpdrv pinned $BPFFS/peer/verdict_pass dev "$1-p"
}

# Frames that the IP stack of this end wants: multicast to all hosts, which nobody answers.
wanted_frames() {
	ip addr add 192.0.2.1/24 dev va
	ip -n peer addr add 192.0.2.2/24 dev va-p
	ip -n peer route add 224.0.0.0/4 dev va-p
	# The headers of Ethernet, IPv4 and UDP take 42 octets.
	ip netns exec peer bash -c "for ((i = 0; i < $FRAMES; i++)); do
		printf '%0$((LENGTH - 42))d' 0 >/dev/udp/224.0.0.1/9; done"
}

# What the program itself counted: packets and bytes.
program_counters() {
	bpftool map dump pinned $BPFFS/maps/xdp_stats_map |
		awk '/rx_packets/ { p += $2 } /rx_bytes/ { b += $2 } END { print p, b }'
}

# RX packets, bytes, dropped, and TX packets, dropped, as ip(8) shows them.
link_counters() {
	ip -s -s link show dev va | awk '
		$1 == "RX:" { getline; rx = $2 " " $1 " " $4 }
		$1 == "TX:" { getline; tx = $2 " " $4 }
		END { print rx, tx }'
}

# The same from /proc/net/dev.
proc_counters() {
	awk '$1 == "va:" { print $3, $2, $5, $11, $13 }' /proc/net/dev
}

# The counters of veth's receive queues, added up: xdp_packets, _bytes, _drops, _tx, _tx_errors,
# _redirect.
queue_counters() {
	ethtool -S va | awk '
		sub(/^ *rx_queue_[0-9]+_/, "") { sub(":", "", $1); sum[$1] += $2 }
		END { print sum["xdp_packets"] + 0, sum["xdp_bytes"] + 0, sum["xdp_drops"] + 0,
			sum["xdp_tx"] + 0, sum["xdp_tx_errors"] + 0, sum["xdp_redirect"] + 0 }'
}

# measured HOOK VERDICT: the row of the table as it is now.
measured() {
	echo "| $1 | $2 | $(link_counters) | $(queue_counters) |" | sed -E 's/([0-9]) ([0-9])/\1 | \2/g
		s/([0-9]) ([0-9])/\1 | \2/g'
}

# documented HOOK VERDICT: the row of the table as the document has it.
documented() {
	tr -s ' ' <"$srcdir/docs/which-counter.md" | grep -F "| $1 | $2 |"
}

reached() {
	[ "$(measured "$1" "$2")" = "$(documented "$1" "$2")" ]
}

# finish HOOK VERDICT: compares with the document once the frames have come to rest.
finish() {
	wait_for 5 reached "$1" "$2" >/dev/null
	is "$1, $2: what the document says" "$(measured "$1" "$2")" "$(documented "$1" "$2")"
	is "$1, $2: /proc/net/dev agrees with ip -s link" "$(proc_counters)" "$(link_counters)"
	is "$1, $2: what XDP saw" "$(program_counters)" "$FRAMES $((FRAMES * LENGTH))"
	ip link del va
	ip link del vb
	rm -r $BPFFS/programs $BPFFS/maps
}

# Frames received and discarded, as snmpd tells them: ifHCInUcastPkts and ifInDiscards.
if_mib() {
	get .1.3.6.1.2.1.31.1.1.1.7."$(ifindex va)" .1.3.6.1.2.1.2.2.1.13."$(ifindex va)" | paste -sd' '
}

if_mib_has() {
	if_mib | grep -q "^$1 "
}

mkdir $BPFFS
mount -t bpf bpf $BPFFS
bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $BPFFS/peer

veth va
frames va $FRAMES $LENGTH
wait_for 5 reached none unwanted >/dev/null
is "no program, unwanted: what the document says" \
	"$(measured none unwanted)" "$(documented none unwanted)"
ip link del va

for hook in native generic; do
	begin $hook pass
	wanted_frames
	finish $hook "pass, wanted"

	begin $hook pass
	frames va $FRAMES $LENGTH
	finish $hook "pass, unwanted"

	begin $hook drop
	frames va $FRAMES $LENGTH
	finish $hook drop

	begin $hook aborted
	frames va $FRAMES $LENGTH
	finish $hook aborted

	begin $hook tx
	let_peer_take va
	frames va $FRAMES $LENGTH
	finish $hook tx

	begin $hook redirect
	let_peer_take vb
	frames va $FRAMES $LENGTH
	finish $hook redirect
done

begin native tx
frames va $FRAMES $LENGTH
finish native "tx, lost"

begin native redirect
frames va $FRAMES $LENGTH
case $(uname -r) in
6.1.*) finish native "redirect, lost (Linux 6.1)" ;;
*) finish native "redirect, lost" ;;
esac

# What a manager polled so far has nothing of these drops.
begin native drop
frames va $FRAMES $LENGTH
wait_for 5 reached native drop >/dev/null
start_snmpd
wait_for 20 if_mib_has $FRAMES >/dev/null # it reads the counters every few seconds
is "dropped frames are no discards in IF-MIB (ifHCInUcastPkts, ifInDiscards)" "$(if_mib)" \
	"$FRAMES 0"
finish native drop

for hook in native generic; do
	veth va
	start_agent -i va:count:$hook
	ok "$hook: the agent counts" wait_for 10 counting va
	frames va $FRAMES $LENGTH
	wait_for 5 reached $hook "pass, unwanted" >/dev/null
	is "$hook, the agent's program: what the document says" \
		"$(measured $hook "pass, unwanted")" "$(documented $hook "pass, unwanted")"
	is "$hook, the agent's program: its row pass" \
		"$(packets va 2) $(bytes va 2)" "$FRAMES $((FRAMES * LENGTH))"
	stop_agent
	ip link del va
done

done_testing
