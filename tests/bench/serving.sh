#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How many varbinds per second managers get from the agent, from the least that can be a subagent
# (responder), from one as net-snmp's tutorial has it (plain_subagent), and from snmpd's own ifXTable.
# All hang on one snmpd and are asked by turns, so that a change of the machine hits all alike. A smaller
# run: SIZES="10 200" ROUNDS=3. Another build of the agent, to compare with: OTHER_AGENT=PROGRAM.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

SIZES=${SIZES:-10 200 1000 4000}
ROUNDS=${ROUNDS:-5}
SECONDS_EACH=0.3
ALL_WORKLOADS="next bulk10 bulk50 get bulk2x25 4managers 8managers"
FEW_WORKLOADS="bulk50 get bulk2x25" # of more than 1,000 interfaces

BENCH=$builddir/tests/bench
IF_X_ENTRY=.1.3.6.1.2.1.31.1.1.1
IF_X_COLUMNS=18
declare -A pid table columns

fail() {
	echo "$0: $*" >&2
	exit 1
}

# --- who is asked ----------------------------------------------------------------------------------

# start NAME ROOT PROGRAM ARGUMENT...: a subagent with a table like xdpStatsTable.
start() {
	table[$1]=$2.1.3.1
	columns[$1]="2 3"
	"${@:3}" >>$RUN/subagents.log 2>&1 &
	pid[$1]=$!
	subjects="$subjects $1"
}

# The other build is at the peers of the interfaces, for there is one agent in a network namespace.
start_other_agent() {
	echo "xdpRootOid ${ROOT%.*}.48630" >$RUN/other.conf
	start other "${ROOT%.*}.48630" nsenter --net=$RUN/netns/peer "$OTHER_AGENT" \
		-C -c $RUN/other.conf -x "$AGENTX" -i 'sv*'
}

start_all() {
	subjects=
	start_snmpd
	start floor "${ROOT%.*}.48610" "$BENCH/responder" "${ROOT%.*}.48610" "$1" "${AGENTX#unix:}"
	start plain "${ROOT%.*}.48611" "$BENCH/plain_subagent" "${ROOT%.*}.48611" "$1" "$AGENTX"
	start ours $ROOT "$AGENT" -C -x "$AGENTX" -i 'sv*'
	[ -z "${OTHER_AGENT-}" ] || start_other_agent
	pid[ifXTable]=$snmpd_pid
	table[ifXTable]=$IF_X_ENTRY
	columns[ifXTable]="6 10" # ifHCInOctets, ifHCOutOctets
	subjects="$subjects ifXTable"
}

stop_all() {
	local name

	for name in $subjects; do
		kill "${pid[$name]}"
		wait "${pid[$name]}" 2>/dev/null
	done
	"$builddir/src/xdp-stats" unload --all >/dev/null
}

# expected NAME INTERFACES: how many varbinds its table has; ifXTable has one more interface, lo.
expected() {
	if [ "$1" = ifXTable ]; then
		echo $((IF_X_COLUMNS * ($2 + 1)))
	else
		echo $((10 * $2))
	fi
}

complete() {
	snmpbulkwalk -v2c -c public -t 10 -r 0 -Cr50 -OQUn "$SNMP_ADDRESS" "${table[$1]}" \
		>"$RUN/values.$1"
	[ "$(grep -c ' = ' "$RUN/values.$1")" = "$(expected "$1" "$2")" ] &&
		! grep -q 'No Such' "$RUN/values.$1"
}

# --- what they are asked -----------------------------------------------------------------------------

# names NAME: of two counters of ten interfaces; where there are verdicts, of those that passed.
names() {
	local column verdict='\.2'

	[ "$1" != ifXTable ] || verdict=
	for column in ${columns[$1]}; do
		grep -o "^${table[$1]}\.$column\.[0-9]*$verdict " "$RUN/values.$1" | head -n 10
	done | paste -sd' '
}

# ask NAME WORKLOAD INTERFACES: varbinds per second, and their number.
ask() {
	local managers=1 varbinds what

	varbinds=$(expected "$1" "$3")
	case $2 in
	next) what="walk 0 ${table[$1]}" ;;
	bulk10) what="walk 10 ${table[$1]}" ;;
	bulk50) what="walk 50 ${table[$1]}" ;;
	*managers) managers=${2%managers} what="walk 50 ${table[$1]}" ;;
	get) varbinds=20 what="get $(names "$1")" ;;
	bulk2x25) varbinds=50 what="bulk 25 ${table[$1]}.${columns[$1]/ / ${table[$1]}.}" ;;
	esac
	# shellcheck disable=SC2086 # several words
	taskset -c "$last_cpu" "$BENCH/ask" "$SNMP_ADDRESS" $managers $SECONDS_EACH "$varbinds" $what
}

# --- rounds ------------------------------------------------------------------------------------------

pin() {
	local name

	for name in $subjects; do
		taskset -cp "$1" "${pid[$name]}"
	done >/dev/null
	taskset -cp "$first_cpu" "$snmpd_pid" >/dev/null
}

# measure INTERFACES WORKLOADS: lines of workload, subject, varbinds per second, varbinds, ns of CPU time.
measure() {
	local round workload name before got

	for ((round = 0; round < ROUNDS; round++)); do
		for workload in $2; do
			for name in $subjects; do
				before=$(cpu_time "${pid[$name]}")
				got=$(ask "$name" "$workload" "$1") || fail "$name: $workload"
				echo "$workload $name $got $(($(cpu_time "${pid[$name]}") - before))"
			done
		done
	done
}

# report TITLE: of what measure says, the best round of each.
report() {
	awk -v title="$1" -v subjects="$subjects" '
		BEGIN {
			text["next"] = "walk by GETNEXT"
			text["bulk10"] = "walk by GETBULK, 10"
			text["bulk50"] = "walk by GETBULK, 50"
			text["get"] = "GET of 20"
			text["bulk2x25"] = "GETBULK of 2 x 25"
			text["4managers"] = "4 x GETBULK, 50"
			text["8managers"] = "8 x GETBULK, 50"
		}
		!($1 in seen) { seen[$1]; order[++workloads] = $1 }
		$3 > rate[$1, $2] { rate[$1, $2] = $3 }
		$1 == "bulk50" && (!($2 in us) || $5 / $4 / 1000 < us[$2]) { us[$2] = $5 / $4 / 1000 }
		END {
			count = split(subjects, subject)
			printf "%-26s", title
			for (i = 1; i <= count; i++)
				printf " %9s", subject[i]
			printf " %10s %10s\n", "ours/floor", "ours/plain"
			for (w = 1; w <= workloads; w++) {
				printf "%-26s", "  " text[order[w]]
				for (i = 1; i <= count; i++)
					printf " %9d", rate[order[w], subject[i]]
				printf " %10.2f %10.2f\n", rate[order[w], "ours"] / rate[order[w], "floor"],
					rate[order[w], "ours"] / rate[order[w], "plain"]
			}
			printf "%-26s", "  CPU time, us"
			for (i = 1; i <= count; i++)
				printf " %9.1f", us[subject[i]]
			printf " %10.2f %10.2f\n\n", us["ours"] / us["floor"], us["ours"] / us["plain"]
		}'
}

# --- the run -----------------------------------------------------------------------------------------

cpus=$(taskset -cp $$ | sed 's/.*: //' | tr , '\n' |
	awk -F- '{ for (cpu = $1; cpu <= $NF; cpu++) print cpu }')
first_cpu=$(head -n 1 <<<"$cpus")
other_cpu=$(sed -n 2p <<<"$cpus")
last_cpu=$(tail -n 1 <<<"$cpus")

echo "Linux $(uname -r), $(wc -l <<<"$cpus") CPUs, $(snmpd -v | sed -n 's/.*version: */net-snmp /p')"
echo "varbinds per second, the best of $ROUNDS rounds"
echo
made=0
for size in $SIZES; do
	# shellcheck disable=SC2046 # several words
	veths $(seq -f 'sv%.0f' $((made + 1)) "$size")
	made=$size
	start_all "$size"
	for name in $subjects; do
		wait_for 60 complete "$name" "$size" || fail "$name does not serve $size interfaces"
	done
	workloads=$ALL_WORKLOADS
	[ "$size" -le 1000 ] || workloads=$FEW_WORKLOADS
	pin "$first_cpu"
	measure "$size" "$workloads" >$RUN/one || exit
	report "$size interfaces, one CPU" <$RUN/one
	if [ "$other_cpu" ]; then
		pin "$other_cpu"
		measure "$size" "$workloads" >$RUN/two || exit
		report "$size interfaces, two CPUs" <$RUN/two
	fi
	stop_all
done
