#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An interface goes from a map that a program keeps itself to our program and back, and to off, under a
# flood and a poller: by SIGHUP, with a restart of the agent in between, and with kill -9. No value falls,
# what either program has counted while it was read is served, and nothing is served twice.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

# change LINE: by $how.
change() {
	settings "$@"
	case $how in
	SIGHUP) kill -HUP "$agent_pid" ;;
	stop) stop_agent ;;
	kill) stop_agent -KILL ;;
	esac
	[ $how = SIGHUP ] || start_agent -c $RUN/agent.conf
}

# "PACKETS OCTETS" that are served; passed is the other one.
dropped() {
	echo "$(packets xa $DROP) $(bytes xa $DROP)"
}

dropping() {
	reading xa && [ "$(packets xa $DROP)" -gt $((was + 3000)) ]
}

passing() {
	counting xa && [ "$(packets xa $PASS)" -gt 3000 ]
}

taken_off() {
	waiting xa && no_program xa
}

no_row() {
	get "$ROOT.1.2.1.3.$(ifindex xa)" | grep -q '^No Such Instance'
}

# go_through: all changes, the flood being on.
go_through() {
	was=0
	ok "$how: a map, from its first frame" wait_for 10 dropping
	detach xa
	change "xdpInterface xa count"
	ok "$how: map to count" wait_for 10 passing
	is "... all that their program has counted is served" "$(dropped)" "$(in_map theirs_map $DROP)"
	bpftool map pin pinned "$(pin xa xdp_stats_map)" $BPFFS/ours

	change "xdpInterface xa map"
	ok "$how: count to map: our program goes" wait_for 10 taken_off
	is "... all that it has counted is served" "$(passed xa)" "$(in_map ours $PASS)"
	was=$(packets xa $DROP)
	attach xa theirs
	ok "... and theirs is read again" wait_for 10 dropping

	change "xdpInterface xa off"
	ok "$how: map to off: no row" wait_for 10 no_row
	change "xdpInterface xa map"
	ok "$how: off to map" wait_for 10 dropping
	is "... nothing of ours has gone" "$(passed xa)" "$(in_map ours $PASS)"
}

veth xa
start_snmpd
for how in SIGHUP stop kill; do
	noted=()
	load theirs
	bpftool map pin id "$(map_of theirs)" $BPFFS/theirs_map
	attach xa theirs
	settings "xdpInterface xa map"
	start_agent -c $RUN/agent.conf
	start_flood xa $DROP
	start_poll xa
	go_through
	end_flood
	end_poll
	is "$how: no value of $polled has fallen" "$fallen" ""
	ok "... and many were asked for" [ "$polled" -gt 10 ]
	read -r served _ <<<"$(dropped)"
	read -r all _ <<<"$(in_map theirs_map $DROP)"
	ok "... and none served twice" [ "$served" -le "$all" ]
	echo "# $how: sent $(<$RUN/flood), dropped $all, of which $(dropped) are served, passed $(passed xa)"
	noted[xa $DROP]=$(dropped) noted[xa $PASS]=$(passed xa)

	send xa $DROP 10 100
	send xa $ABORTED 4 100
	exact "... the flood over, exact in their map" xa
	send xa $DROP 7 100 # which nobody has asked for before the change
	change "xdpInterface xa off"
	wait_for 5 no_row
	detach xa
	deliver xa $DROP 10 100
	change "xdpInterface xa count"
	wait_for 5 counting xa
	note xa $PASS 5 100
	deliver xa $DROP 5 100
	exact "... and in ours" xa
	note xa $PASS 6 100
	deliver xa $DROP 6 100
	change "xdpInterface xa map"
	wait_for 5 taken_off
	exact "... and with none of them" xa
	stop_agent
	unload >/dev/null
	rm $BPFFS/theirs $BPFFS/theirs_map $BPFFS/ours
done
is "the agent stops" "$agent_code" 0
done_testing
