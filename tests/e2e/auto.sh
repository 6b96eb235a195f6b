#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The source auto in each situation: observe what is there; if that is impossible, read its own map; if
# nothing is attached, count. For each what -t says, what its row says, and its counters; on a kernel
# that refuses tracing as on one that allows it. What is shown elsewhere for auto: one program on two
# interfaces, where tracing is refused (refused.sh).
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

XDP_STATS=$builddir/src/xdp-stats

# --- what there is, and what is to be said of it -------------------------------------------------

# situation NAME WHAT PLAN ROW: of this interface -t is to say PLAN, and xdpIfTable mode, source, status
# and text.
names=()
declare -A what plan rows
situation() {
	names+=("$1")
	what[$1]=$2 plan[$1]=$3 rows[$1]=$4
}

counted() {
	situation "$1" "$2" "the counter program will be attached" "${3-2|2|1|}"
}

observed() {
	situation "$1" "$2" "program '$3' (id $(xdp_id "$1")) will be observed" "2|3|1|"
}

map_read() {
	situation "$1" "$2" "the map of program 'own_map' (id $(xdp_id "$1")) will be read" "2|4|1|"
}

# refused NAME WHAT PROGRAM WHY WHY_NO_MAP: as much of it as xdpIfStatusText holds.
refused() {
	local text

	text="program '$3' (id $(xdp_id "$1"), native) cannot be observed: $4; nor can its map be read: $5"
	situation "$1" "$2" "failed: ${text:0:255}" "2|1|3|${text:0:255}"
}

# unreadable WHY: what cannot be observed on any kernel, nor can its map be read.
unreadable() {
	local shared

	shared="several programs count in its map (id $(id map common)): whose interface a value is of cannot be told"
	refused sharer "a map of two programs" own_map "$1" "$shared"
	refused other "a map of two programs, the other one" own_map "$1" "$shared"
	refused wrong "a map of a wrong layout" own_map "$1" \
		"map 'odd' (id $(id map odd)) has type 5, key size 8, value size 16, entries 5; expected 6 (per-CPU array) or 2 (array), 4, 16, 5"
}

with_tracing() {
	observed plain "a program" somebody
	observed maps "a program with a map" own_map
	unreadable "its entry function has to take one struct xdp_md * and nothing else"
}

without_tracing() {
	local why="this kernel refuses tracing programs (fentry and fexit)"

	refused plain "a program, no tracing" somebody "$why" \
		"it has no map named xdp_stats_map; name the one it counts in by xdpMap"
	map_read maps "a program with a map, no tracing"
	unreadable "$why"
}

traces() {
	"$AGENT" -C -t -i plain:observe | grep -q '^plain .* will be observed'
}

# bond NAME: of NAMEa and NAMEb.
bond() {
	local port

	ip link add "$1" type bond mode active-backup
	ip link set "$1" up
	for port in "$1"a "$1"b; do
		ip link set "$port" down
		ip link set "$port" master "$1"
	done
}

# load_blind NAME [ARGUMENT...]: as load; but this program cannot be observed on any kernel.
load_blind() {
	bpftool prog load "$builddir/tests/e2e/own_map_of_void.bpf.o" "$BPFFS/$1" type xdp "${@:2}"
}

# load_pass NAME: it has no map.
load_pass() {
	bpftool prog load "$builddir/tests/e2e/pass.bpf.o" "$BPFFS/$1" type xdp
}

# --- what is said, and counted -------------------------------------------------------------------

# get_rows NAME...: sets got and discontinuity; by one request, for a process takes long to start in an
# emulated machine.
declare -A index got discontinuity
get_rows() {
	local name oids=() values

	for name; do
		oids+=("$ROOT".1.2.1.{1..4}."${index[$name]}" "$ROOT.1.2.1.10.${index[$name]}")
	done
	mapfile -t values < <(get "${oids[@]}" | tr -d '"')
	for name; do
		got[$name]="${values[0]}|${values[1]}|${values[2]}|${values[3]}"
		discontinuity[$name]=${values[4]}
		values=("${values[@]:5}")
	done
}

rows_agree() {
	local name

	get_rows "$@"
	for name; do
		[ "${got[$name]}" = "${rows[$name]}" ] || return 1
	done
}

# said TEXT NAME...: what is to be.
said() {
	local name

	wait_for 5 rows_agree "${@:2}" >/dev/null
	for name in "${@:2}"; do
		is "$1: ${what[$name]}" "${got[$name]}" "${rows[$name]}"
	done
}

# The ifIndexes in a column.
with_rows() {
	walk "$1" | sed "s/^$1\.\([0-9]*\).*/\1/" | sort -nu
}

# fails NAME: it is to. active: those of which counters are to be served.
fails() {
	[[ ${rows[$1]} = ?"|"?"|3|"* ]]
}

active() {
	local name

	for name in "${names[@]}"; do
		fails "$name" || echo "$name"
	done
}

# frames_everywhere LENGTH: they all pass; other numbers for each, and for each port.
frames_everywhere() {
	local name port ports count=10

	for name in "${names[@]}"; do
		case $name in
		above) ports=(below) ;;
		?bo) ports=("$name"{a,b}) ;;
		*) ports=("$name") ;;
		esac
		for port in "${ports[@]}"; do
			count=$((count + 1))
			deliver "$port" $PASS $count "$1"
			fails "$name" || note "$name" $PASS $count "$1"
		done
	done
}

all_exact() {
	local name

	for name in $(active); do
		exact "$1: ${what[$name]}" "$name"
	done
}

# --- each situation ------------------------------------------------------------------------------

veths free below plain maps blind sharer other wrong unwanted
ip link add above link below address 02:02:02:02:02:02 type macvlan # where the frames go
ip link set above up
for name in below plain unwanted; do
	load_pass $name
done
load maps
load_blind blind
load_blind sharer
bpftool map pin id "$(map_of sharer)" $BPFFS/common
load_blind other map name xdp_stats_map pinned $BPFFS/common
load_blind wrong
make_map odd percpu_hash 8 16 5 odd
refusal=$(attach above maps 2>&1 | sed -n 's/^Error: \(.*\)\.$/\1/p')
for name in below plain unwanted maps blind sharer other wrong; do
	attach $name $name
done
counted free "nothing attached"
counted above "nothing attached, native is refused" "3|2|1|native was refused: $refusal"
map_read blind "a program with a map that cannot be observed"
if traces; then
	with_tracing
else
	without_tracing
fi
if ip link add bond0 type bond 2>/dev/null; then
	ip link delete bond0
	veths {c,o,m}bo{a,b}
	for name in cbo obo mbo; do
		bond $name
	done
	load obo
	load_blind mbo
	attach obo obo
	attach mbo mbo
	counted cbo "a bond, nothing attached"
	observed obo "a bond with a program" own_map
	map_read mbo "a bond with a program that cannot be observed"
else
	skip "bonds" "this kernel has none"
fi
for name in "${names[@]}"; do
	read -r "index[$name]" <"/sys/class/net/$name/ifindex"
done

printf '%s\n' "xdpReconcile 1" "xdpMap wrong $BPFFS/odd" "xdpInterface unwanted off" \
	"xdpInterface $(IFS=,; echo "${names[*]}") auto" >$RUN/agent.conf
"$AGENT" -C -t -c $RUN/agent.conf >$RUN/plan
for name in "${names[@]}"; do
	is "-t: ${what[$name]}" "$(sed -n "s/^$name  *auto  *any  *//p" $RUN/plan)" "${plan[$name]}"
done
is "-t: off, and no line that matches" \
	"$(sed -nE 's/^(unwanted|below)  *//p' $RUN/plan | tr -s ' ' | sort)" \
	"- - left alone: no line matches
off - left alone"

serve -c $RUN/agent.conf
said "row" "${names[@]}"
is "xdpIfFailed" "$(get $ROOT.1.1.5.0)" $((${#names[@]} - $(active | wc -l)))
is "no row: off, and no line that matches" "$(with_rows $ROOT.1.2.1.3)" \
	"$(printf '%s\n' "${index[@]}" | sort -n)"
frames_everywhere 101
all_exact "counters"
is "... and of none that is failed" "$(with_rows $ROOT.1.3.1.2)" \
	"$(for name in $(active); do echo "${index[$name]}"; done | sort -n)"

# --- another start -------------------------------------------------------------------------------

# sources: mode, source and status of all, and xdpIfDiscontinuityTime.
sources() {
	local name

	get_rows "${names[@]}"
	for name in "${names[@]}"; do
		echo "$name ${got[$name]%|*} ${discontinuity[$name]}"
	done
}

as_before() {
	[ "$(sources)" = "$before" ]
}

before=$(sources)
stop_agent
frames_everywhere 102
start_agent -c $RUN/agent.conf
wait_for 10 as_before >/dev/null
is "started again: all as before" "$(sources)" "$before"
all_exact "started again"
is "... and why one of them is generic" "$(column 4 above)" '"native was refused to an earlier run"'

# --- programs come and go ------------------------------------------------------------------------

# now NAME ROW WHAT: it is to be like that from now on.
now() {
	rows[$1]=$2 what[$1]=$3
	said "now" "$1"
}

load_blind guest
like "where ours is, the kernel refuses others" "$(attach free guest 2>&1)" "replace active.* XDP link"
said "... it stays" free
send free $PASS 12 103
exact "... and counts" free
"$XDP_STATS" release free >/dev/null
released="released by the operator; xdp-stats retake ends that"
now free "1|1|2|$released" "released"
attach free guest
now free "2|1|2|$released" "released, and a program comes"
deliver free $DROP 13 103
exact "... what it does is not counted" free
"$XDP_STATS" retake free >/dev/null
now free "2|4|1|" "retaken, its map is read"
send free $DROP 14 104
exact "... from then on, and nothing has fallen" free

before="${rows[maps]} ${rows[blind]}"
detach maps
detach blind
now maps "1|1|2|no program is attached" "the program with a map is gone"
now blind "1|1|2|no program is attached" "the one that cannot be observed is gone"
exact "... the totals stay" maps
exact "... of both" blind
attach maps maps
attach blind blind
now maps "${before% *}" "the program with a map is back"
now blind "${before#* }" "the one that cannot be observed is back"
send maps $DROP 15 105
send blind $DROP 16 106
exact "... and counted on" maps
exact "... both" blind

detach wrong
now wrong "1|1|2|no program is attached" "what never was counted is gone, and waited for"
detach other
rm $BPFFS/other
now other "1|1|2|no program is attached" "one of two programs with a map is gone, and waited for"
now sharer "2|4|1|" "the map of the other one is read"
is "... from now on: what both have counted is nobody's" "$(table sharer | paste -sd,)" \
	"0 0,0 0,0 0,0 0,0 0"

# --- no pins -------------------------------------------------------------------------------------

stop_agent
unload >/dev/null
rows[wrong]="2|2|1|" rows[other]="2|2|1|" # what was there is forgotten with the pins
sed -i "1i xdpPinDir $RUN/nowhere" $RUN/agent.conf
start_agent -c $RUN/agent.conf
wait_for 10 served
for name in $(active); do
	text=${rows[$name]##*|}
	rows[$name]="${rows[$name]%|*}|${text:+$text; }not pinned: counters will not outlive the agent"
done
# shellcheck disable=SC2046 # names
said "no pins" $(active)
stop_agent
is "the agent stops" "$agent_code" 0
done_testing
