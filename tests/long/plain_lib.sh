# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # what is not set here is of tests/e2e/lib.sh
#
# For the tests that compare a plain subagent of net-snmp's library, tests/bench/plain_subagent.c, with
# ours, after tests/e2e/lib.sh. WHO is plain or ours; each has a root of its own, so that both can have
# the same snmpd, and suffer the same.

PLAIN=$builddir/tests/bench/plain_subagent
declare -A root=([plain]=.1.3.6.1.4.1.8072.9999.9999.48622 [ours]=$ROOT)
declare -A pid # of the one that runs
declare -A log=([plain]=$RUN/plain.log [ours]=$RUN/agent.log)

# start WHO: it logs to a new file.
start() {
	rm -f "${log[$1]}"
	if [ "$1" = plain ]; then
		# shellcheck disable=SC2086 # PLAIN may be several words
		TRAPS=${TRAPS-1} $PLAIN "${root[plain]}" 1 "$AGENTX" >"${log[plain]}" 2>&1 &
		pid[plain]=$!
	else
		start_agent -c "$RUN/agent.conf"
		pid[ours]=$agent_pid
	fi
}

# stop WHO [SIGNAL]: its exit code is in $code.
stop() {
	kill "-${2-KILL}" "${pid[$1]}" 2>/dev/null
	wait "${pid[$1]}" 2>/dev/null
	# shellcheck disable=SC2034 # it is for the test
	code=$?
	unset "pid[$1]"
}

# served_by WHO: its objects are there.
served_by() {
	getnext "${root[$1]}" | grep -q "^${root[$1]}\."
}

says() {
	grep -c -- "$2" "${log[$1]}"
}

said() {
	[ "$(says "$1" "$2")" -ge "${3-1}" ]
}

milliseconds() {
	date +%s%3N
}

# since MILLISECOND: how many seconds ago that was.
since() {
	local passed=$(($(milliseconds) - $1))
	echo $((passed / 1000)).$((passed % 1000 / 100))
}

# back WHAT WHO...: they are served again, each after so many seconds from now on.
back() {
	local start who what=$1 waiting=()

	shift
	start=$(milliseconds)
	for who; do
		{
			wait_for 40 served_by "$who" >/dev/null
			echo $? "$(since "$start")"
		} >"$RUN/back.$who" &
		waiting+=($!)
	done
	wait "${waiting[@]}"
	for who; do
		is "$who: $what: served again" "$(cut -d' ' -f1 "$RUN/back.$who")" 0
		echo "# $who: $what: served again after $(cut -d' ' -f2 "$RUN/back.$who") s"
	done
}

# Ends what still runs, but for snmpd.
trap 'for who in "${!pid[@]}"; do stop $who; done' EXIT
