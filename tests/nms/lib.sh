# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # names for, and of, other scripts
#
# What the tests of the managers share, beside the harness of the end-to-end tests.

. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

NMS=$srcdir/packaging/nms
PYTHON=/usr/bin/python3 # Debian's, which has Debian's modules

# The host of the READMEs, so that their commands run as they are.
SNMP_ADDRESS=192.0.2.10
ip address add $SNMP_ADDRESS/32 dev lo

# mib_dir DIR: all that XDP-STATS-MIB needs, and no more: what net-snmp ships imports what is not there.
mib_dir() {
	mkdir -p "$1"
	cp "$srcdir/mibs/XDP-STATS-MIB.txt" "$srcdir"/tests/mibs/stubs/* \
		/usr/share/snmp/mibs/NET-SNMP-MIB.txt "$1"
}

# counted_by_itself NAME...: interfaces whose program gives the verdict that a frame asks for, and
# counts in its own map, which the agent reads. The verdicts are real on every kernel.
counted_by_itself() {
	local name

	for name; do
		veth "$name"
		load "program-$name"
		attach "$name" "program-$name"
	done
	settings "xdpInterface * map"
}

# --- frames at a rate ----------------------------------------------------------------------------

# start_pace NAME VERDICT RATE [LENGTH]: so many frames a second arrive, RATE a multiple of 20. The
# clock decides how many, so a slow turn is made up for by the next, in bursts that the ring of a
# veth has room for. end_pace ends all of them.
declare -a pace_pids
start_pace() {
	pace "$1" "$2" $(($3 / 20)) "${4-100}" &
	pace_pids+=($!)
}

pace() {
	local start sent=0

	start=$(date +%s%N)
	while :; do
		while [ $((sent * 50000000)) -lt $(($(date +%s%N) - start)) ]; do
			deliver "$@"
			sent=$((sent + 1))
			echo "$(date +%s.%N) $((sent * $3))"
		done
		sleep 0.02
	done >"$RUN/sent-$1-$2"
}

# sent_rate NAME VERDICT FROM TO: frames a second that were really sent there between these times; a
# busy machine sends late.
sent_rate() {
	awk -v from="$3" -v to="$4" '
		function at(time) { return last + ($2 - last) * (time - before) / ($1 - before) }
		NR > 1 && before <= from && from < $1 { first = at(from) }
		NR > 1 && before <= to && to < $1 { printf "%.3f\n", (at(to) - first) / (to - from); exit }
		{ before = $1; last = $2 }' "$RUN/sent-$1-$2"
}

end_pace() {
	kill "${pace_pids[@]}" 2>/dev/null
	wait "${pace_pids[@]}" 2>/dev/null
	pace_pids=()
}

# near GOT EXPECTED: within 2 %.
near() {
	awk -v got="$1" -v expected="$2" 'BEGIN {
		print got " where " expected " was expected"
		exit !(got >= 0.98 * expected && got <= 1.02 * expected)
	}'
}

# --- the commands of a README --------------------------------------------------------------------

# commands README: what it tells to run: the lines that begin with a prompt, in blocks.
commands() {
	sed -n 's/^    [$#] //p' "$1"
}

# command_of README PATTERN [SED...]: the one command of README that matches, with what the reader has to
# fill in replaced by these expressions. run_command: runs it.
command_of() {
	local command

	command=$(commands "$1" | grep -E -- "$2")
	if [ "$(wc -l <<<"$command")" -ne 1 ] || [ -z "$command" ]; then
		echo "$1 has no single command that matches: $2" >&2
		return 1
	fi
	echo "$command" >>$RUN/commands_run
	shift 2
	sed -E -e '' "${@/#/-e}" <<<"$command"
}

run_command() {
	eval "$(command_of "$@")"
}

# all_run README: every command in it has been run.
all_run() {
	is "every command of the README was run" "$(sort -u $RUN/commands_run)" "$(commands "$1" | sort -u)"
}

# --- Debian 13 -----------------------------------------------------------------------------------

# trixie_root: where tests/nms/install.sh has put a Debian 13; fails if it has not.
trixie_root() {
	local root=$builddir/tests/nms/trixie

	[ -e "$root/made" ] || {
		echo "no Debian 13 here: tests/nms/install.sh makes one"
		return 1
	} >&2
	echo "$root"
}
