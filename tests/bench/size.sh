#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a number of interfaces costs the agent, which attaches its own program to each: until all are
# counted, in memory and descriptors, and for a bulk walk of xdpStatsTable. The least of some rounds.
# A smaller run: SIZES="10 200" ROUNDS=1.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

SIZES=${SIZES:-10 200 1000 4000}
ROUNDS=${ROUNDS:-3}

fail() {
	echo "$0: $*" >&2
	exit 1
}

all_counted() {
	[ "$(grep -c ': counting' $RUN/agent.log)" = "$1" ]
}

# Numbers on a line: ms until all are counted, CPU time in ns until then, kB, descriptors, and
# the CPU time that the walk takes.
measure() {
	local start=$(($(date +%s%N) / 1000000)) took cpu walked

	rm -f $RUN/agent.log
	start_agent -i 'sv*'
	wait_for 120 all_counted "$1" || fail "$1 interfaces are not counted"
	cpu=$(cpu_time "$agent_pid")
	took=$(($(stat -c %.3Y $RUN/agent.log | tr -d .) - start))
	wait_for 10 served || fail "the agent is not served"
	walked=$(cpu_time "$agent_pid")
	snmpbulkwalk -v2c -c public -t 10 -r 0 -Cr50 -OQUn "$SNMP_ADDRESS" $ROOT.1.3 >$RUN/values
	walked=$(($(cpu_time "$agent_pid") - walked))
	[ "$(grep -c ' = [0-9]' $RUN/values)" = $((10 * $1)) ] || fail "values are missing"
	echo "$took $cpu $(resident) $(descriptors) $walked"
	stop_agent
	unload >/dev/null
}

echo "Linux $(uname -r), the least of $ROUNDS rounds"
echo
echo "interfaces  all counted   CPU time   resident  descriptors  CPU time of a walk  for a varbind"
start_snmpd
made=0
for size in $SIZES; do
	# shellcheck disable=SC2046 # several words
	veths $(seq -f 'sv%.0f' $((made + 1)) "$size")
	made=$size
	for ((round = 0; round < ROUNDS; round++)); do
		measure "$size" || exit
	done >$RUN/rounds || exit
	awk -v size="$size" '
		{ for (i = 1; i <= NF; i++) if (NR == 1 || $i < least[i]) least[i] = $i }
		END {
			printf "%10d %9d ms %7.0f ms %7.1f MB %12d %16.1f ms %11.1f us\n", size, least[1],
				least[2] / 1e6, least[3] / 1024, least[4], least[5] / 1e6,
				least[5] / 1e3 / (10 * size)
		}' $RUN/rounds
done
