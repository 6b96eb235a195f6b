# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2086,SC2154 # RUN, ROOT and builddir are of tests/e2e/lib.sh
#
# For the tests of observing, after tests/e2e/lib.sh: frames are noted when they are sent, and what
# is counted is compared with the notes.

# attach NAME native|generic PIN
attach() {
	local mode=xdpgeneric

	[ "$2" = generic ] || mode=xdpdrv
	ip link set dev "$1" "$mode" pinned "$3"
}

detach() {
	ip link set dev "$1" xdpdrv off
	ip link set dev "$1" xdpgeneric off
}

# observing NAME...: the agent says that it does, and the program is the one that is there.
observing() {
	local name index

	for name; do
		index=$(ifindex "$name")
		[ "$(get "$ROOT".1.2.1.{2,3,5}."$index" | paste -sd' ')" = "3 1 $(xdp_id "$name")" ] ||
			return 1
	done
}

# little_endian NUMBER: its four octets, as bpftool(8) takes them.
little_endian() {
	echo $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

declare -A noted # by name and verdict: "PACKETS OCTETS"

# note NAME VERDICT COUNT LENGTH
note() {
	local packets octets

	read -r packets octets <<<"${noted[$1 $2]-0 0}"
	noted[$1 $2]="$((packets + $3)) $((octets + $3 * $4))"
}

# deliver NAME COUNT LENGTH [OCTET]: frames arrive at NAME. send NAME VERDICT COUNT LENGTH [OCTET]: the
# same, and they are noted: they are to have this verdict.
deliver() {
	nsenter --net="$RUN/netns/peer" "$builddir/tests/e2e/send_frames" "$1-p" "${@:2}"
}

send() {
	note "${@:1:4}"
	deliver "$1" "${@:3}"
}

# counted NAME: what the agent says, a line for each verdict. A process takes long to start where the
# tests run, so there is a form that does with one.
counted() {
	local got

	get_counted "$1"
	echo "$got"
}

get_counted() {
	local index v

	read -r index <"/sys/class/net/$1/ifindex"
	mapfile -t v < <(get "$ROOT".1.3.1.{2,3}."$index".{0..4})
	printf -v got '%s\n' "${v[0]} ${v[5]}" "${v[1]} ${v[6]}" "${v[2]} ${v[7]}" "${v[3]} ${v[8]}" \
		"${v[4]} ${v[9]}"
	got=${got%?}
}

# sum NAME: the frames that are counted, of all verdicts.
sum() {
	counted "$1" | awk '{ sum += $1 } END { print sum }'
}

is_counted() {
	get_counted "$1"
	[ "$got" = "$2" ]
}

# exact TEXT NAME...: all verdicts on all frames that were sent there, and no others.
exact() {
	local name verdict expected got

	for name in "${@:2}"; do
		expected=
		for verdict in {0..4}; do
			expected+=${noted[$name $verdict]-0 0}$'\n'
		done
		expected=${expected%?}
		is_counted "$name" "$expected" || within 1 is_counted "$name" "$expected" >/dev/null
		is "$1${3+: $name}" "$got" "$expected"
	done
}

# start_flood NAME...: frames of 100 octets arrive at all of these, one at each in turn, until end_flood,
# which sets $sent to how many at each, and $flooded to for how many milliseconds.
start_flood() {
	flood_began=$(date +%s%3N)
	nsenter --net=$RUN/netns/peer "$builddir/tests/vm/flood" 1000 "${@/%/-p}" >$RUN/sent &
	flood=$!
}

# shellcheck disable=SC2034 # they are for the tests
end_flood() {
	kill "$flood"
	wait "$flood"
	sent=$(<$RUN/sent) flooded=$(($(date +%s%3N) - flood_began))
}

# start_poll NAME...: all counters of these are asked for time and again, until end_poll, which sets
# $polled to how often there was a whole answer, and $fallen to the values below the one before.
start_poll() {
	local name oids=()

	for name; do
		oids+=("$ROOT".1.3.1.{2,3}."$(ifindex "$name")".{0..4})
	done
	rm -f $RUN/polled
	poll "${oids[@]}" >$RUN/values 2>/dev/null &
	poll=$!
}

poll() {
	while [ ! -e $RUN/polled ]; do
		get "$@" | paste -sd' '
		sleep 1 # an emulated machine has something else to do, too
	done
}

# shellcheck disable=SC2034 # they are for the tests
end_poll() {
	touch $RUN/polled
	wait "$poll"
	sed -i '/^[0-9 ]*$/!d; /^$/d' $RUN/values # not what was asked for while no agent was there
	polled=$(wc -l <$RUN/values)
	fallen=$(fallen <$RUN/values)
}

# observer_links: the ids of the links of all observers, two of each.
observer_links() {
	local ours

	ours=$(bpftool prog show | sed -n 's/^\([0-9]*\): tracing  *name xdp_observe_.*/\1/p')
	bpftool link show | awk -v ours="$ours" '
		BEGIN { n = split(ours, ids); for (i = 1; i <= n; i++) is_ours[ids[i]] = 1 }
		$2 == "tracing" && $4 in is_ours { printf "%d ", $1 }'
}

# observers COUNT: so many programs are observed.
observers() {
	[ "$(observer_links | wc -w)" = $(($1 * 2)) ]
}

# loaded ID, unloaded ID: whether the kernel has a program.
loaded() {
	bpftool prog show id "$1" >/dev/null 2>&1
}

unloaded() {
	! loaded "$1"
}

# dispatching NAME COMPONENTS: the agent observes libxdp's dispatcher there, and names these.
dispatching() {
	observing "$1" && [ "$(column 6 "$1")" = "\"xdp_dispatcher: $2\"" ]
}

# load_component NAME PRIORITY COMPONENT [OPTION...]: one of dispatcher.bpf.c.
load_component() {
	xdp-loader load -m native -P "$2" -n "$3" "${@:4}" "$1" "$builddir/tests/vm/dispatcher.bpf.o"
}

# unload_component NAME COMPONENT
unload_component() {
	xdp-loader unload "$1" -i "$(bpftool prog show name "$2" | sed -n 's/^\([0-9]*\):.*/\1/p')"
}

# What xdp-filter says: "PACKETS OCTETS" for each verdict that it gives. Itself it shows KiB only.
filter_says() {
	paste -d' ' <(xdp-filter status | awk '/XDP_(ABORTED|DROP|PASS) / { print $2 }') \
		<(bpftool map dump pinned /sys/fs/bpf/xdp-filter/xdp_stats_map | awk '/"key":/ { key = $2 + 0 }
			/"rx_bytes":/ { octets[key] += $2 }
			END { for (key = 0; key < 3; key++) print octets[key] + 0 }')
}
