#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# xdp-filter, alone and between two other programs: what is counted is what was sent, what xdp-filter
# says that it did, and what the driver says.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"
need xdp-filter
need xdp-loader
need ethtool

ABORTED=0 DROP=1 PASS=2
HERE=192.0.2.1 THERE=192.0.2.2
ECHO=7 DISCARD=9 # ports
SENDER=06:06:06:06:06:06 # as send_frames calls itself
FILTER=xdpfilt_alw_all

# filtered VERDICT COUNT LENGTH [OCTET]: frames with this first octet of payload, which get to xdp-filter
# and have this verdict of its.
filtered() {
	note filter "${@:1:3}"
	send xa "$@"
}

# udp PORT VERDICT COUNT LENGTH: datagrams, in frames of that length.
udp() {
	note filter "${@:2}"
	note xa "${@:2}"
	# shellcheck disable=SC2016 # the other shell expands it
	ip netns exec peer bash -c 'for ((i = 0; i < $3; i++)); do
		printf "%$(($4 - 42))s" >/dev/udp/$0/$1; done' $HERE "$@"
}

# What the driver says: frames received, and dropped or aborted.
driver_says() {
	ethtool -S xa | awk '/rx_queue_.*_xdp_packets:/ { all += $2 }
		/rx_queue_.*_xdp_drops:/ { drops += $2 } END { print all, drops }'
}

# to_say NAME: what has been noted, a line for each verdict.
to_say() {
	local verdict

	for verdict in {0..4}; do
		echo "${noted[$1 $verdict]-0 0}"
	done
}

driver_to_say() {
	to_say xa | awk '{ all += $1 } NR <= 2 { drops += $1 } END { print all, drops }'
}

# agree TEXT: all of them do, on what was sent.
agree() {
	exact "$1: the table" xa
	is "... xdp-filter" "$(filter_says)" "$(to_say filter | head -n 3)"
	is "... the driver" "$(driver_says)" "$(driver_to_say)"
	is "... xdp-stats" "$("$builddir/src/xdp-stats" xa | awk '/^xa/ { print $3, $4 }')" "$(to_say xa)"
	is "... by observing" "$("$builddir/src/xdp-stats" xa | grep '^#')" \
		"# xa: native, observe, active, program $(xdp_id xa) $(column 6 xa | tr -d '"')"
}

veth xa
ip addr add $HERE/24 dev xa
ip -n peer addr add $THERE/24 dev xa-p
ip -n peer neigh add $HERE lladdr "$(cat /sys/class/net/xa/address)" dev xa-p
ip neigh add $THERE lladdr 02:00:00:00:00:01 dev xa
xdp-filter load xa -m native
serve -i xa:observe
ok "xdp-filter is observed" wait_for 5 dispatching xa $FILTER

filtered $PASS 11 101
udp $DISCARD $PASS 12 102
agree "alone, no rules"
xdp-filter ether -m src $SENDER
xdp-filter port -m dst -p udp $ECHO
filtered $DROP 13 103
udp $DISCARD $PASS 14 104
udp $ECHO $DROP 15 105
agree "alone, with rules"

load_component xa 5 first
load_component xa 30 third
ok "three programs are observed" wait_for 5 dispatching xa "first, $FILTER, third"
send xa $DROP 16 106 $DROP # by the first
filtered $DROP 17 107 $PASS
udp $DISCARD $PASS 18 108
udp $ECHO $DROP 19 109
agree "between two others"
xdp-filter ether -m src -r $SENDER
note filter $PASS 20 110
send xa $ABORTED 20 110 $PASS # by the third
udp $ECHO $DROP 21 111
agree "... with a rule less"

ok "xdp-filter unloads while it is observed" xdp-filter unload xa
ok "... and leaves the others" wait_for 5 dispatching xa "first, third"
send xa $ABORTED 22 112 $PASS
udp $ECHO $PASS 23 113
exact "what was counted stays, and goes on" xa

stop_agent
is "the agent stops" "$agent_code" 0
done_testing
