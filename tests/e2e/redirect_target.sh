#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An interface that frames are redirected to has a row once some are lost there, without a program of
# its own: also when they were lost while no agent ran, and while it had no time.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

THEIRS=/sys/fs/bpf/theirs # pins of theirs
NONE="No Such Instance currently exists at this OID"

# tap NAME...: up, without anybody who reads: it takes redirected frames, and loses all of them.
tap() {
	local name

	for name; do
		ip tuntap add dev "$name" mode tap && ip link set "$name" up
	done
}

# lose COUNT NAME: so many frames arrive at xa, and are redirected there.
lose() {
	redirect_to "$2" $THEIRS
	frames xa "$1" 60
}

# errors NAME: exceptions, redirects, transmitted and lost; $NONE without a row. has_errors NAME COUNTS
errors() {
	get "$ROOT".1.5.1.{1,3,4}."$(ifindex "$1")" | awk '{ all = all sep $0; sep = " "; last = $0 }
		END { print last ~ /^[0-9]+$/ ? all : last }'
}

has_errors() {
	[ "$(errors "$1")" = "$2" ]
}

# errors_are TEXT NAME COUNTS: the last ones may still be on their way.
errors_are() {
	wait_for 3 has_errors "$2" "$3" >/dev/null
	is "$1" "$(errors "$2")" "$3"
}

# start: 'xdpReconcile' is long, so that it is not a dump of all links that finds something.
start() {
	start_agent -c $RUN/agent.conf
	wait_for 10 served
}

# elements: how many interfaces have their errors counted.
elements() {
	bpftool -j map dump pinned "$(echo /sys/fs/bpf/xdp-agentx/*/0/errors)" | jq length
}

need jq
need bpftool
veth xa
tap xt || skip_all "needs TAP interfaces"
tap xu xv xw yt yu
mkdir $THEIRS
bpftool prog loadall "$builddir/tests/e2e/verdict.bpf.o" $THEIRS/programs pinmaps $THEIRS/maps
bpftool prog loadall "$builddir/tests/e2e/devmap.bpf.o" $THEIRS/devmap pinmaps $THEIRS/devmap
ip link set dev xa xdpdrv pinned $THEIRS/programs/verdict_redirect
cat >$RUN/agent.conf <<END
xdpReconcile 600
xdpInterface x* observe
END
start_snmpd
start

# --- while the agent runs ----------------------------------------------------------------------

errors_are "the source has its row" xa "0 0 0"
is "the target has none" "$(column 3 xt)|$(errors xt)" "$NONE|$NONE"
lose 7 xt
errors_are "lost frames make its row" xt "0 0 7"
is "... which is waiting" "$(row xt | cut -d'|' -f1-5)" "1|1|2|no program is attached|0"
is "... and has no verdicts" "$(packets xt 4)|$(column 10 xt)" "$NONE|0"
errors_are "the source has nothing of it" xa "0 0 0"
lose 5 xt
errors_are "more are counted" xt "0 0 12"
lose 4 yt
lose 1 xu
errors_are "another target" xu "0 0 1"
is "one that no line matches has no row" "$(column 3 yt)|$(errors yt)" "$NONE|$NONE"
is "one where nothing was lost has none" "$(column 3 xv)|$(errors xv)" "$NONE|$NONE"

# through PROGRAM: frames to xw go through this one of the devmap.
through() {
	"$builddir/tests/e2e/set_devmap" $THEIRS/devmap/devmap "$(ifindex xw)" "$THEIRS/devmap/$1"
}

through devmap_abort
ip link set dev xa xdpdrv off
ip link set dev xa xdpdrv pinned $THEIRS/devmap/devmap_redirect
frames xa 3 60
errors_are "aborted by a program in the devmap: an exception, and not sent" xw "3 0 3"
through devmap_drop
frames xa 2 60
errors_are "dropped by it: not sent" xw "3 0 5"
ip link set dev xa xdpdrv off
ip link set dev xa xdpdrv pinned $THEIRS/programs/verdict_redirect

# --- restarts ----------------------------------------------------------------------------------

stop_agent
lose 9 xv
lose 3 xt
start
errors_are "lost while no agent ran: the row is there" xv "0 0 9"
errors_are "... and those of before, with what was added" xt "0 0 15"
errors_are "... or as they were" xu "0 0 1"
is "what no line matches has no element any more" "$(elements)" 5
stop_agent -KILL
lose 2 xv
AGENT=$builddir/tests/next/xdp-agentx start
errors_are "killed, and another version started" xv "0 0 11"
tap xx
lose 6 xx
errors_are "... which sees the first loss of a new interface" xx "0 0 6"
stop_agent
rm /sys/fs/bpf/xdp-agentx/*/0/news
start
tap xy
lose 8 xy
errors_are "the pin of the news was removed: they come" xy "0 0 8"
errors_are "... and nothing is lost" xx "0 0 6"
ok "... it is there again" test -e /sys/fs/bpf/xdp-agentx/*/0/news

# --- the configuration -------------------------------------------------------------------------

lose 2 yt
ip link set yt down
ip link set yt name xt2
ip link set xt2 up
errors_are "renamed to a name that a line matches: the row is there" xt2 "0 0 2"
lose 5 yu
echo "xdpInterface yu observe" >>$RUN/agent.conf
kill -HUP "$agent_pid"
errors_are "named by the configuration from now on: with what was lost" yu "0 0 5"
sed -i 's/^xdpInterface x\*.*/xdpInterface xt off\n&/' $RUN/agent.conf
kill -HUP "$agent_pid"
ok "switched off: the row goes" wait_for 3 has_errors xt "$NONE"

# --- more news than there is room for ----------------------------------------------------------

tap xz
kill -STOP "$agent_pid"
lose 1 xt
# shellcheck disable=SC2016 # for the shell that it starts
nsenter --net=$RUN/netns/peer bash -c 'for _ in {1..260}; do
		bpftool map delete pinned "$1" key $2 && "$builddir/tests/e2e/send_frames" xa-p 1 60
	done' - "$(echo /sys/fs/bpf/xdp-agentx/*/0/errors)" \
	"$(ifindex_bytes xt)"
lose 3 xz
kill -CONT "$agent_pid"
errors_are "one that was not told of" xz "0 0 3"
tap xz1
lose 4 xz1
errors_are "... and the next one" xz1 "0 0 4"

# --- the end -----------------------------------------------------------------------------------

before=$(elements)
ip link del yu
ip link del xz
gone() {
	[ "$(elements)" = $((before - 2)) ]
}
ok "the errors of interfaces that go are forgotten" wait_for 3 gone
stop_agent
is "xdp-stats unload takes those of a target away" "$("$builddir/src/xdp-stats" unload xz1)" \
	"xz1: counters taken away"
unload >/dev/null
is "... and of the last interface all that is pinned" "$(ls /sys/fs/bpf/xdp-agentx)" ""
start
errors_are "after it they begin at 0" xa "0 0 0"
is "... without a row for what lost frames before" "$(column 3 xx)" "$NONE"
done_testing
