#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A pattern that attaches leaves out what nobody means by it: the loopback, and ports of a bond, whose
# frames count there; with a name they are counted. In -t as well.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

XDP_STATS=$builddir/src/xdp-stats
LOOPBACK="the loopback is left alone unless it is named"

# plan NAME: what -t says of it.
plan() {
	"$AGENT" -C -t -c $RUN/agent.conf | sed -n "s/^$1  *[a-z]*  *[a-z]*  *//p"
}

has_row() {
	[ "$(row "$1")" = "$2" ]
}

# waits NAME TEXT: it has a row, which says so; there is no program.
waits() {
	wait_for 5 has_row "$1" "1|1|2|$2|0||" >/dev/null
	is "$1 is waiting" "$(row "$1")" "1|1|2|$2|0||"
}

nothing_failed() {
	is "$1: nothing has failed" "$(get $ROOT.1.1.5.0)" 0
	is "... and nothing is warned of" "$(grep -E 'lo:|[bp][ab]:|cannot' $RUN/agent.log | grep -v ': counting')" ""
}

# --- the loopback --------------------------------------------------------------------------------

veth xa
for source in count auto; do
	settings "xdpInterface * $source"
	is "$source, -t: the loopback" "$(plan lo)" "$LOOPBACK"
	is "... and another" "$(plan xa)" "the counter program will be attached"
done
settings "xdpInterface * count"
serve -c $RUN/agent.conf
ok "an interface is counted" wait_for 10 counting xa
is "... the loopback is not" "$(xdp_id lo)" ""
is "... nor has it a row" "$(column 3 lo)" "No Such Instance currently exists at this OID"
nothing_failed "a pattern"

for source in count auto; do
	reload "xdpInterface lo $source" "xdpInterface * $source"
	ok "$source: named, it is counted" wait_for 5 counting lo
	reload "xdpInterface * $source"
	waits lo "$LOOPBACK"
done

# As an earlier version has left it.
reload "xdpInterface lo,* count"
wait_for 5 counting lo
stop_agent
ok "its program stays over a stop" has_program lo
settings "xdpInterface * count"
is "-t: it will not stay" "$(plan lo)" "the counter program is there and will be taken off"
start_agent -c $RUN/agent.conf
wait_for 10 counting xa
waits lo "$LOOPBACK"
nothing_failed "what an earlier run has left"

# --- the ports of a bond -------------------------------------------------------------------------

if ! ip link add bond0 type bond mode active-backup 2>/dev/null; then
	skip "bonds" "this kernel has none"
	done_testing
	exit
fi
stop_agent
unload >/dev/null
ip link set bond0 up
veths pa pb
for port in pa pb; do
	ip link set $port down
	ip link set $port master bond0
done
wait_for 5 has_carrier bond0
PORT="a port of bond0 is left to it; name the port to have it counted by itself"
is "-t: a port" "$(plan pa)" "$PORT"
is "-t: its bond" "$(plan bond0)" "the counter program will be attached"
start_agent -c $RUN/agent.conf
ok "the bond is counted" wait_for 10 counting bond0
is "... in the drivers of its ports" "$(column 1 bond0)" 2
is "... where nothing else is" "$(xdp_id pa)$(xdp_id pb)" ""
send_bond() {
	deliver "$1" $PASS "$2" 100
	note bond0 $PASS "$2" 100
}
send_bond pa 11
send_bond pb 12
exact "... with the frames of both" bond0
nothing_failed "a bond"

veth pc
wait_for 5 counting pc
send pc $PASS 13 100
ip link set pc down
like "what is counted cannot join" "$(ip link set pc master bond0 2>&1)" "Slave has XDP program loaded"
"$XDP_STATS" release pc >/dev/null
ok "... released, it can" ip link set pc master bond0
"$XDP_STATS" retake pc >/dev/null
waits pc "$PORT"
send_bond pc 14
exact "... and its frames count on the bond" bond0
exact "... its own stay" pc
nothing_failed "a port more"

ip link set pc nomaster
ip link set pc up
ok "it leaves the bond: counted again" wait_for 5 counting pc
send pc $PASS 15 100
exact "... from where it was" pc

done_testing
