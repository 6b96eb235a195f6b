#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What each CPU counted, by SNMP and by xdp-stats: frames sent on this CPU and on that, and whether in
# one response under a flood all adds up; switched on and off; and who has no rows.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

mapfile -t online < <(sed -n 's/^processor[[:space:]]*: //p' /proc/cpuinfo)
[ ${#online[@]} -ge 2 ] || skip_all "needs two CPUs"
here=${online[0]}
there=${online[-1]}

XDP_STATS=$builddir/src/xdp-stats
CPU_TABLE=$ROOT.1.4
CARRIED="not known by CPU: values are carried over from another map or from before a reset"

# on_cpu CPU NAME COUNT LENGTH [VERDICT]: frames arrive at a veth on the CPU that sends them.
on_cpu() {
	ip netns exec peer taskset -c "$1" "$builddir/tests/e2e/send_frames" "$2-p" "${@:3}"
}

# by_cpu NAME: "VERDICT CPU PACKETS OCTETS" of what is not zero; and the same as xdp-stats prints it.
by_cpu() {
	local index

	index=$(ifindex "$1")
	paste -d' ' <(walk "$CPU_TABLE.1.2.$index") <(walk "$CPU_TABLE.1.3.$index") |
		sed "s/^$CPU_TABLE.1.2.$index.//" | awk '$3 || $6 { sub(/\./, " ", $1); print $1, $3, $6 }'
}

printed() {
	"$XDP_STATS" --cpu "$1" | awk -v verdicts="aborted drop pass tx redirect" '
		BEGIN { for (n = split(verdicts, name); n; n--) number[name[n]] = n - 1 }
		$2 in number { print number[$2], $3, $4, $5 }'
}

# rows [NAME]: how many values there are in the table.
rows() {
	walk "$CPU_TABLE" | grep -c "^$CPU_TABLE\.1\.[23]\.${1+$(ifindex "$1")\.}"
}

has_rows() {
	[ "$(rows "$1")" = $((2 * 5 * possible)) ]
}

no_rows() {
	[ "$(rows "$1")" = 0 ]
}

# has_counted NAME LINE...: by_cpu says these lines.
has_counted() {
	[ "$(by_cpu "$1")" = "$(printf '%s\n' "${@:2}")" ]
}

# complain NAME: what xdp-stats says of it on standard error, and its exit code.
complain() {
	{ "$XDP_STATS" --cpu "$1" >/dev/null; } 2>&1
	echo "exit $?"
}

# --- off and on ----------------------------------------------------------------------------------

veth xa
veth xb
settings "xdpInterface xa,xb count"
start_snmpd "maxGetbulkResponses -1"
start_agent -c $RUN/agent.conf
wait_for 10 counting xa xb
possible=$(get $ROOT.1.1.2.0)
is "off by default: no rows" "$(rows)" 0
like "... and a walk goes past it" "$(getnext "$ROOT.1.3.1.3.$(ifindex xb).4")" "^$ROOT.1.[57].1."
on_cpu "$here" xa 2 60

reload "xdpInterface xa,xb count" "xdpCpuTable yes"
ok "SIGHUP with xdpCpuTable yes: a row for each possible CPU" wait_for 5 has_rows xa
is "... of each interface, verdict and column" "$(rows)" $((2 * 2 * 5 * possible))
is "... in the order of their numbers" "$(walk "$CPU_TABLE.1.2.$(ifindex xb)")" \
	"$(for verdict in {0..4}; do
		for ((cpu = 0; cpu < possible; cpu++)); do
			echo "$CPU_TABLE.1.2.$(ifindex xb).$verdict.$cpu = 0"
		done
	done)"
ok "what was counted before is in it" wait_for 5 has_counted xa "2 $here 2 120"

# --- exact values --------------------------------------------------------------------------------

on_cpu "$here" xa 7 60
ok "frames on one CPU are counted there" wait_for 5 has_counted xa "2 $here 9 540"
on_cpu "$there" xa 5 1514
on_cpu "$there" xb 3 100
ok "... on another one there" wait_for 5 has_counted xa "2 $here 9 540" "2 $there 5 7570"
ok "... and of the other interface apart from it" wait_for 5 has_counted xb "2 $there 3 300"
is "xdp-stats --cpu shows the same" "$(printed xa),$(printed xb)" "$(by_cpu xa),$(by_cpu xb)"
is "... namely" "$("$XDP_STATS" --cpu | grep -v '^#')" "$(
	line="%-16s %-8s %5s %16s %18s\n"
	# shellcheck disable=SC2059 # they are all alike
	{
		printf "$line" INTERFACE ACTION CPU PACKETS BYTES
		"$XDP_STATS" | awk '$2 == "pass" { print $1 }' | while read -r name; do
			by_cpu "$name" | while read -r _ cpu packets octets; do
				printf "$line" "$name" pass "$cpu" "$packets" "$octets"
			done
		done
	}
)"
is "... it takes options in any order" "$("$XDP_STATS" xa -p /sys/fs/bpf/xdp-agentx --cpu | tail -n 1 | tr -s ' ')" \
	"xa pass $there 5 7570"
is "a CPU that there is not" "$(get "$CPU_TABLE.1.2.$(ifindex xa).2.$possible")" \
	"No Such Instance currently exists at this OID"
is "a bulk walk finds what a walk does" \
	"$(snmpbulkwalk -v2c -c public -t $((5 * TIME_SCALE)) -r 0 -Cr50 -OQUn "$SNMP_ADDRESS" "$CPU_TABLE")" \
	"$(walk "$CPU_TABLE")"

(wait_for 5 grep -q pass $RUN/looks && on_cpu "$there" xa 1000 100) &
like "xdp-stats --cpu -w: rates of each" \
	"$("$XDP_STATS" --cpu -w 2 -c 2 xa | tee $RUN/looks | tail -n 2 | tr -s ' ' | paste -sd,)" \
	"^xa pass $here 9 540 0 0,xa pass $there 1005 107570 [1-9][0-9]* [1-9][0-9]*$"
wait $!

# --- one response under a flood ------------------------------------------------------------------

# All sums of an interface come first; then, CPU after CPU, what they consist of.
index=$(ifindex xa)
sums=() parts=()
for column in 2 3; do
	sums+=("$ROOT.1.3.1.$column.$index" "$ROOT.1.3.1.$column.$index".{0..3})
	parts+=("$CPU_TABLE.1.$column.$index".{0..4})
done
response() {
	snmpbulkget -v2c -c public -t $((5 * TIME_SCALE)) -r 0 -Cn10 "-Cr$possible" -OQUn "$SNMP_ADDRESS" \
		"${sums[@]}" "${parts[@]}"
}

# judge: responses come in, an empty line behind each. Prints how many added up to the last frame, how
# many did not, and how many had more frames than the one before.
judge() {
	awk -v table="$CPU_TABLE." -v values=$((10 + 10 * possible)) '
		NF {
			n = split($1, part, ".")
			if (index($1, table) == 1) # ... column.ifIndex.verdict.CPU
				of_cpus[part[n - 3], part[n - 1]] += $3
			else # ... column.ifIndex.verdict
				sum[part[n - 2], part[n]] = $3
			seen++
			next
		}
		{
			right = seen == values
			for (key in sum)
				right = right && sum[key] == of_cpus[key]
			right ? exact++ : wrong++
			grown += sum[2, 2] > before
			before = sum[2, 2]
			split("", sum)
			split("", of_cpus)
			seen = 0
		}
		END { print exact + 0, wrong + 0, grown + 0 }'
}

flood_pids=()
for cpu in "$here" "$there"; do
	ip netns exec peer taskset -c "$cpu" "$builddir/tests/e2e/send_frames" xa-p 1000000000 200 &
	flood_pids+=($!)
done
before=$(packets xa 2)
flooded() {
	[ "$(packets xa 2)" -ge $((before + 1000)) ]
}
ok "there is a flood on two CPUs" wait_for 5 flooded
for _ in {1..60}; do
	response
	echo
done >$RUN/responses
kill "${flood_pids[@]}"
wait "${flood_pids[@]}" 2>/dev/null
read -r exact wrong grown <<<"$(judge <$RUN/responses)"
echo "# $exact responses of $((10 + 10 * possible)) values add up, $grown with more frames than before"
is "each of 60 responses adds up, to the last frame and octet" "$exact $wrong" "60 0"
ok "... while frames were being counted" [ "$grown" -ge 30 ]
is "... and not with one frame more" \
	"$(awk -v oid="$ROOT.1.3.1.2.$index.2" '$1 == oid { $3++ } 1' $RUN/responses | judge | cut -d' ' -f1,2)" \
	"0 60"
is "xdp-stats shows the same, in the end" "$(printed xa)" "$(by_cpu xa)"

# --- off and on again, and over a restart --------------------------------------------------------

all=$(walk "$CPU_TABLE")
reload "xdpInterface xa,xb count"
ok "SIGHUP without it: no rows" wait_for 5 no_rows xa
is "... none at all" "$(rows)" 0
reload "xdpInterface xa,xb count" "xdpCpuTable yes"
ok "... and with it again" wait_for 5 has_rows xb
is "... the same ones" "$(walk "$CPU_TABLE")" "$all"
stop_agent
start_agent -c $RUN/agent.conf
ok "a restart keeps them" wait_for 10 has_rows xb
is "... as they were" "$(walk "$CPU_TABLE")" "$all"

# --- who has none --------------------------------------------------------------------------------

# shellcheck disable=SC2046 # bytes, a word each
bpftool map update pinned "$(pin xa xdp_stats_map)" key 2 0 0 0 value $(yes 0 | head -n 16) >/dev/null
was=$(packets xa 2) # notices it
ok "values that are carried over: no rows" wait_for 5 no_rows xa
is "... rather than zeros" "$(get "$CPU_TABLE.1.2.$index.2.$here")" \
	"No Such Instance currently exists at this OID"
on_cpu "$here" xa 4 100
is "... the sums go on" "$(packets xa 2)" $((was + 4))
ok "... and hide no other interface" has_counted xb "2 $there 3 300"
is "... xdp-stats says so" "$(complain xa)" "xdp-stats: xa: $CARRIED
exit 1"
is "... and shows the others" "$("$XDP_STATS" --cpu 2>/dev/null | grep '^x' | tr -s ' ')" \
	"xb pass $there 3 300"

veth xc
veth xd
load one
attach xc one
make_map plain array 4 16 5 xdp_stats_map
load two map name xdp_stats_map pinned $BPFFS/plain
attach xd two
reload "xdpInterface xa,xb count" "xdpInterface xc,xd map" "xdpCpuTable yes"
wait_for 5 reading xc
wait_for 5 reading xd
on_cpu "$there" xc 6 100 $DROP
on_cpu "$here" xd 6 100 $DROP
ok "the map of somebody's program" wait_for 5 has_counted xc "1 $there 6 600"
is "... by xdp-stats" "$(printed xc)" "1 $there 6 600"
is "a plain array has sums" "$(packets xd $DROP)" 6
is "... and no rows" "$(rows xd)" 0
is "... as xdp-stats says" "$(complain xd)" \
	"xdp-stats: xd: not known by CPU: its map has one value for all of them
exit 1"
stop_agent
is "SIGTERM ends it with 0" "$agent_code" 0
done_testing
