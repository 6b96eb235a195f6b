#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Frames that are redirected to a veth whose peer has no XDP program are lost. Up to which interface they
# come depends on the kernel: where it is the target, which has no program of its own, that has a row.
# What holds on every kernel: tests/e2e/redirect_target.sh.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

THEIRS=/sys/fs/bpf/theirs # pins of theirs
NONE="No Such Instance currently exists at this OID"

# lose COUNT NAME: so many frames arrive at xa, and are redirected there.
lose() {
	redirect_to "$2" $THEIRS
	frames xa "$1" 60
}

# lost NAME: failed redirections of the interface; transmitted to it and lost.
lost() {
	get "$ROOT".1.5.1.{3,4}."$(ifindex "$1")" | awk '{ all = all sep $0; sep = " "; last = $0 }
		END { print last ~ /^[0-9]+$/ ? all : last }'
}

has_lost() {
	[ "$(lost "$1")" = "$2" ]
}

# seen: the loss is, here or there.
seen() {
	! has_lost xa "0 0" || ! has_lost xb "$NONE"
}

# lost_are TEXT NAME COUNTS: the last ones may still be on their way.
lost_are() {
	wait_for 5 has_lost "$2" "$3" >/dev/null
	is "$1" "$(lost "$2")" "$3"
}

# start: a dump of all links is no help, for there is none.
start() {
	start_agent -c $RUN/agent.conf
	wait_for 10 served
}

for name in xa xb xc yb; do
	veth $name
done
mkdir $THEIRS
bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $THEIRS/programs pinmaps $THEIRS/maps
ip link set dev xa xdpdrv pinned $THEIRS/programs/verdict_redirect
cat >$RUN/agent.conf <<END
xdpReconcile 600
xdpInterface x* observe
END
start_snmpd
start
within 5 has_lost xa "0 0" || {
	reason=$(sed -n 's/^exceptions, .* are not counted: //p' $RUN/agent.log)
	[ -z "$reason" ] || skip_all "$reason"
}
is "the target has no row" "$(lost xb)" "$NONE"
lose 7 xb
wait_for 5 seen >/dev/null

if [ "$(lost xa)" != "0 0" ]; then
	lost_are "this kernel does not come to the target: lost where they came in" xa "7 0"
	is "... and nowhere else" "$(lost xb)" "$NONE"
	stop_agent
	lose 5 xb
	start
	lost_are "... also while no agent runs" xa "12 0"
	is "... and nowhere else" "$(lost xb)" "$NONE"
	stop_agent
	done_testing
	exit
fi

lost_are "lost frames make the target's row" xb "0 7"
is "... which is waiting" "$(row xb | cut -d'|' -f1-5)" "1|1|2|no program is attached|0"
is "the source has nothing of it" "$(lost xa)" "0 0"
lose 4 yb
lose 2 xb
lost_are "more are counted" xb "0 9"
is "a target that no line matches has no row" "$(lost yb)" "$NONE"
stop_agent
lose 5 xc
lose 3 xb
start
lost_are "lost while no agent ran: the row is there" xc "0 5"
lost_are "... and that of before" xb "0 12"
stop_agent
start
lost_are "restarted: as it was" xb "0 12"

# A port runs the program of its bond, and has none of its own.
ip link add xbond type bond mode active-backup
ip link set xbond up
veth xp
ip link set xp down
ip link set xp master xbond
lose 6 xp
lost_are "a port of a bond without a program: its own" xp "0 6"
ip link set dev xbond xdpdrv pinned $THEIRS/programs/verdict_pass
wait_for 5 has_lost xbond "0 0"
lose 8 xp
lost_are "... with a program: the bond's" xbond "0 8"
is "... and not the port's" "$(lost xp)" "0 6"
stop_agent
done_testing
