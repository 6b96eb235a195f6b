#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A program that gives every verdict, known or not, and changes the frames' length: packets and octets
# are those that were sent. FRAMES is how many of each kind.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"

FRAMES=${FRAMES:-100}
ABORTED=0 DROP=1 PASS=2 TX=3 REDIRECT=4
# What else the program knows.
TO_CPU=5 RETURN_77=6 RETURN_MINUS_1=7 GROW_40_PASS=8 CUT_14_DROP=9 CUT_TAIL_8_DROP=10
CUT_TAIL_6000_DROP=11 DROP_IF_FRAGMENTED=12

# gives NAME TEXT VERDICT LENGTH OCTET: frames of one kind, as many as of no other kind.
gives() {
	local count=$((FRAMES + $5))

	send "$1" "$3" $count "$4" "$5"
	exact "$2: $count frames of $4" "$1"
}

# invalid_actions NAME: xdpErrInvalidActions.
invalid_actions() {
	get "$ROOT.1.5.1.2.$(ifindex "$1")"
}

# exceptions NAME: xdpErrExceptions.
exceptions() {
	get "$ROOT.1.5.1.1.$(ifindex "$1")"
}

# short_frames native|generic NAME
short_frames() {
	gives "$2" "$1: XDP_ABORTED" $ABORTED 60 $ABORTED
	gives "$2" "$1: XDP_DROP" $DROP 61 $DROP
	gives "$2" "$1: XDP_PASS" $PASS 1514 $PASS
	gives "$2" "$1: XDP_TX" $TX 63 $TX
	gives "$2" "$1: XDP_REDIRECT by a devmap" $REDIRECT 64 $REDIRECT
	gives "$2" "$1: XDP_REDIRECT by a cpumap" $REDIRECT 65 $TO_CPU
	is "$1: no invalid action so far" "$(invalid_actions "$2")" 0
	gives "$2" "$1: 77, as XDP_ABORTED" $ABORTED 66 $RETURN_77
	gives "$2" "$1: -1, as XDP_ABORTED" $ABORTED 67 $RETURN_MINUS_1
	is "$1: ... both are invalid actions" "$(invalid_actions "$2")" \
		$((2 * FRAMES + RETURN_77 + RETURN_MINUS_1))
	is "$1: ... the kernel reports all that was aborted" "$(exceptions "$2")" "${noted[$2 $ABORTED]% *}"
	gives "$2" "$1: grown by 40 at the front, XDP_PASS" $PASS 68 $GROW_40_PASS
	gives "$2" "$1: cut by 14 at the front, XDP_DROP" $DROP 69 $CUT_14_DROP
	gives "$2" "$1: cut by 8 at the tail, XDP_DROP" $DROP 70 $CUT_TAIL_8_DROP
}

# long_frames native|generic NAME
long_frames() {
	gives "$2" "$1, long frames: XDP_PASS" $PASS 9014 $PASS
	gives "$2" "$1, long frames: XDP_DROP" $DROP 9000 $DROP
	gives "$2" "$1, long frames: XDP_TX" $TX 8999 $TX
	gives "$2" "$1, long frames: grown by 40, XDP_PASS" $PASS 8001 $GROW_40_PASS
	gives "$2" "$1, long frames: cut by 14, XDP_DROP" $DROP 9013 $CUT_14_DROP
	gives "$2" "$1, long frames: cut by 6000, XDP_DROP" $DROP 9012 $CUT_TAIL_6000_DROP
}

for name in xn xg out; do
	veth $name
done
veth jn 9000
veth jg 9000
bpftool prog loadall "$builddir/tests/vm/verdicts.bpf.o" /sys/fs/bpf/verdicts \
	pinmaps /sys/fs/bpf/maps
# shellcheck disable=SC2046 # octets
{
	bpftool map update pinned /sys/fs/bpf/maps/devices key 0 0 0 0 \
		value $(little_endian "$(ifindex out)")
	bpftool map update pinned /sys/fs/bpf/maps/cpus key 0 0 0 0 value 0 1 0 0 # frames in its queue
}
attach xn native /sys/fs/bpf/verdicts/verdicts
attach xg generic /sys/fs/bpf/verdicts/verdicts
attach jn native /sys/fs/bpf/verdicts/verdicts_frags
attach jg generic /sys/fs/bpf/verdicts/verdicts_frags
serve
ok "the programs are observed" wait_for 5 observing xn xg jn jg

short_frames native xn
short_frames generic xg
long_frames native jn
gives jn "native, long frames: in fragments, indeed" $DROP 9014 $DROP_IF_FRAGMENTED
long_frames generic jg

stop_agent
is "the agent stops" "$agent_code" 0
done_testing
