# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2086,SC2154 # builddir, RUN and ROOT are of lib.sh
#
# For the tests of maps that programs keep themselves, after lib.sh: frames are noted when they are
# sent, and what is served is compared with the notes.

BPFFS=/sys/fs/bpf
# shellcheck disable=SC2034 # they are for the tests
ABORTED=0 DROP=1 PASS=2

# load NAME [ARGUMENT...]: the program own_map, pinned as NAME; the arguments are bpftool's.
load() {
	bpftool prog load "$builddir/tests/e2e/own_map.bpf.o" "$BPFFS/$1" type xdp "${@:2}"
}

# attach INTERFACE NAME [MODE]: instead of what is there. detach INTERFACE: whatever it is.
attach() {
	ip -force link set dev "$1" "${3-xdpdrv}" pinned "$BPFFS/$2"
}

detach() {
	ip link set dev "$1" xdpdrv off
	ip link set dev "$1" xdpgeneric off
}

# id KIND NAME: of a pinned program (prog) or map.
id() {
	bpftool "$1" show pinned "$BPFFS/$2" | sed -n 's/^\([0-9]*\):.*/\1/p'
}

# map_of NAME: the id of the map in which a pinned program counts.
map_of() {
	bpftool map show | sed -n 's/^\([0-9]*\): .* name xdp_stats_map .*/\1/p' |
		grep -Fxf <(bpftool prog show pinned "$BPFFS/$1" |
			sed -n 's/.*map_ids \([0-9,]*\).*/\1/p' | tr , '\n')
}

# make_map NAME TYPE KEY VALUE ENTRIES CALLED: pinned as NAME.
make_map() {
	bpftool map create "$BPFFS/$1" type "$2" key "$3" value "$4" entries "$5" name "$6"
}

# settings LINE...: for the next start, or the next SIGHUP.
settings() {
	printf '%s\n' "xdpReconcile 1" "$@" >$RUN/agent.conf
}

reload() {
	settings "$@"
	kill -HUP "$agent_pid"
}

declare -A noted # by name and verdict: "PACKETS OCTETS"

# note NAME VERDICT COUNT LENGTH: these are to be served. deliver: frames that get this verdict arrive
# there. send: both.
note() {
	local packets octets

	read -r packets octets <<<"${noted[$1 $2]-0 0}"
	noted[$1 $2]="$((packets + $3)) $((octets + $3 * $4))"
}

deliver() {
	nsenter --net=$RUN/netns/peer "$builddir/tests/e2e/send_frames" "$1-p" "$3" "$4" "$2"
}

send() {
	note "$@"
	deliver "$@"
}

# in_map NAME VERDICT: "PACKETS OCTETS" in a pinned map.
in_map() {
	bpftool map dump pinned "$BPFFS/$1" | awk -v key="$2" '
		/"key":/ { here = $2 + 0 == key }
		here && /"rx_packets":/ { packets += $2 }
		here && /"rx_bytes":/ { octets += $2 }
		END { print packets, octets }'
}

# What is served of an interface, and what has been noted: a line for each verdict.
table() {
	local index

	index=$(ifindex "$1")
	paste -d' ' <(get "$ROOT.1.3.1.2.$index".{0..4}) <(get "$ROOT.1.3.1.3.$index".{0..4})
}

notes() {
	local verdict

	for verdict in {0..4}; do
		echo "${noted[$1 $verdict]-0 0}"
	done
}

agrees() {
	[ "$(table "$1")" = "$(notes "$1")" ]
}

# exact TEXT NAME: all that was noted is served, and no more.
exact() {
	wait_for 1 agrees "$2" >/dev/null
	is "$1" "$(table "$2")" "$(notes "$2")"
}

# reading NAME: the map of the program that is there is read.
reading() {
	[ "$(get "$ROOT".1.2.1.{2,3,5}."$(ifindex "$1")" | paste -sd' ')" = "4 1 $(xdp_id "$1")" ]
}

# start_flood NAME VERDICT, end_flood: frames of 100 octets; how many there were is in $RUN/flood.
start_flood() {
	rm -f $RUN/flooded
	flood "$@" &
	flood_pid=$!
}

flood() {
	local sent=0

	while [ ! -e $RUN/flooded ]; do
		deliver "$1" "$2" 500 100
		sent=$((sent + 500))
	done
	echo $sent >$RUN/flood
}

end_flood() {
	touch $RUN/flooded
	wait "$flood_pid"
}

# start_poll NAME: all its counters, and the discontinuity, are asked for all the time. end_poll sets
# $polled to how often there was a whole answer, and $fallen to what was below the answer before.
start_poll() {
	rm -f $RUN/polled
	poll "$(ifindex "$1")" >$RUN/values 2>/dev/null &
	poll_pid=$!
}

poll() {
	while [ ! -e $RUN/polled ]; do
		get "$ROOT.1.3.1".{2,3}."$1".{0..4} "$ROOT.1.2.1.10.$1" | paste -sd' '
	done
}

# shellcheck disable=SC2034 # they are for the tests
end_poll() {
	touch $RUN/polled
	wait "$poll_pid"
	sed -i '/^[0-9]*\( [0-9]*\)\{10\}$/!d' $RUN/values # not what was asked for while it was not there
	polled=$(wc -l <$RUN/values)
	fallen=$(fallen <$RUN/values)
}
