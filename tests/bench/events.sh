#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens to all interfaces at once, and what it costs the agent: CPU time until the rows are right
# again; how long a manager waits meanwhile for its slowest answer, and one of snmpd's own sysUpTime.
# Interfaces are counted by our own program (count), by the map of one program that all have (one map),
# or by a map each (own maps), or observed, one program on all (observe), where the kernel allows that.
# A smaller run: SIZES="100 400" KINDS=count EVENTS="start delete". Another build of the agent, to
# compare with: OTHER_AGENT=PROGRAM.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

SIZES=${SIZES:-400 1000 4000}
KINDS=${KINDS:-count onemap maps}
EVENTS=${EVENTS:-start restart snmpd exchange updown storm rename sighup delete}
LIMIT=${LIMIT:-300} # seconds for one event
AGENT=${OTHER_AGENT:-$AGENT}
GROUP=9 # of the interfaces (ip-link(8)), to delete them by
BENCH=$builddir/tests/bench

# Of snmpd itself, two things wait for the kernel while many interfaces go: a table of them that it loads
# time and again, and each notification, for which it asks for its own address. Both are left out.
SNMPD_WITHOUT=ifTable
SETTINGS=("xdpReconcile 3600" "xdpNotifications no")

fail() {
	echo "$0: $*" >&2
	exit 1
}

# --- the state that is waited for ------------------------------------------------------------------

# number COLUMN: a scalar. 3: rows; 5: rows that are failed.
number() {
	get "$ROOT.1.1.$1.0"
}

has_rows() {
	[ "$(number 3) $(number 5)" = "$1 $2" ]
}

# The agent has come to rest: it uses less than 5 % of a CPU, or as many times more as this machine is
# slower, for it is still asked. All it used before is $used then, in ns.
is_quiet() {
	local before

	before=$(cpu_time "$agent_pid")
	sleep 0.2
	used=$(cpu_time "$agent_pid")
	[ $((used - before)) -lt $((10000000 * TIME_SCALE)) ]
}

all_counted() {
	[ "$(grep -c ': counting' $RUN/agent.log)" -ge "$size" ]
}

# settled: rows are there, and as they shall be.
settled() {
	case $state in
	counted) all_counted && has_rows "$size" 0 ;;
	none) has_rows 0 0 ;;
	shared) has_rows "$size" "$size" ;; # one map for all tells none of them
	*) has_rows "$size" 0 ;;
	esac && is_quiet
}

# --- events ------------------------------------------------------------------------------------------

# each FORMAT: for ip -batch: a line for each interface, whose number is %s.
each() {
	seq "$size" | while read -r number; do
		# shellcheck disable=SC2059 # it is a format
		printf "$1\n" "$number" "$number"
	done
}

# programs SET: on all interfaces, one for each or the same for all.
programs() {
	case $source in
	onemap | observe) each "link set dev $name%s xdpdrv pinned $BPFFS/$1-1" ;;
	maps) each "link set dev $name%s xdpdrv pinned $BPFFS/$1-%s" ;;
	esac | ip -force -batch -
}

happen_start() {
	start_agent -c $RUN/agent.conf
}

happen_restart() {
	happen_start
}

happen_snmpd() {
	stop_snmpd
	start_snmpd
}

happen_exchange() {
	programs b
}

happen_updown() {
	each "link set $name%s down" | ip -batch -
	each "link set $name%s up" | ip -batch -
}

# More messages than the socket holds.
happen_storm() {
	local mtu

	for mtu in 1400 1410 1420 1430 1500; do
		each "link set $name%s mtu $mtu" | ip -batch -
	done
}

happen_rename() {
	each "link set sv%s down name sw%s up" | ip -batch -
	name=sw
}

happen_sighup() {
	{
		printf '%s\n' "${SETTINGS[@]}"
		seq -f 'xdpInterface other%.0f* count' 500
		echo "xdpInterface s* ${rule[$source]}"
	} >$RUN/agent.conf
	kill -HUP "$agent_pid"
}

happen_delete() {
	ip link delete group $GROUP
}

# --- measuring ---------------------------------------------------------------------------------------

declare -A rule=([count]=count [onemap]=map [maps]=map [observe]=observe)

# ask_all: two managers ask from now on, one for what is ours, one for snmpd's own.
ask_all() {
	"$BENCH/slowest" "$SNMP_ADDRESS" $ROOT.1.1.1.0 >$RUN/ours &
	ours_pid=$!
	"$BENCH/slowest" "$SNMP_ADDRESS" .1.3.6.1.2.1.1.3.0 >$RUN/snmpds &
	snmpds_pid=$!
	wait_for 5 test -s $RUN/snmpds
}

end_asking() {
	kill "$ours_pid" "$snmpds_pid"
	wait "$ours_pid" "$snmpds_pid"
}

# measure EVENT: it happens; a line of figures: event, interfaces, CPU time in us for each, and ms: the first
# answer, the slowest one, the slowest of snmpd's own; and what went wrong.
measure() {
	local before=0 wrong='' first slowest errors snmpds

	case $1 in
	start) rm -f $RUN/agent.log && ask_all ;;
	restart) stop_agent && ask_all ;;
	snmpd) before=$(cpu_time "$agent_pid") ;;
	*)
		ask_all
		wait_for 5 test -s $RUN/ours
		before=$(cpu_time "$agent_pid")
		;;
	esac
	"happen_$1"
	[ "$1" != snmpd ] || ask_all
	within "$LIMIT" settled >/dev/null || wrong=late used=$(cpu_time "$agent_pid")
	end_asking
	read -r first slowest errors <$RUN/ours
	read -r _ snmpds _ <$RUN/snmpds
	[ "$errors" = 0 ] || wrong=errors,$wrong
	case $1 in start | restart | snmpd) ;; *) first=- ;; esac
	echo "$1 $size $(((used - before) / 1000 / size)) $first $slowest $snmpds $wrong"
}

# report: of lines of figures on standard input, a line for each event.
report() {
	awk -v source="$source" -v sizes="$SIZES" '
		function columns(what, i) {
			for (i = 1; i <= count || i <= 3; i++)
				printf " %6s", i <= count ? value[what, size[i]] : ""
			printf "  "
		}
		!($1 in seen) { seen[$1]; order[++events] = $1 }
		{ value[$1 "us", $2] = $3; value[$1 "first", $2] = $4; value[$1 "slowest", $2] = $5 }
		{ value[$1 "snmpd", $2] = $6; wrong[$1] = wrong[$1] (NF > 6 ? " " $2 ":" $7 : "") }
		END {
			count = split(sizes, size)
			for (i = 1; i <= count; i++)
				value["size", size[i]] = size[i]
			width = 7 * (count > 2 ? count : 3) + 2
			printf "%-8s  %-*s%-*s%-*s%s\n", "", width, " CPU time for each, us", width,
				" slowest answer, ms", width, " of snmpd itself, ms", " first answer, ms"
			printf "%-8s  ", source
			for (i = 0; i < 4; i++)
				columns("size")
			print ""
			for (e = 1; e <= events; e++) {
				printf "%-8s  ", order[e]
				columns(order[e] "us")
				columns(order[e] "slowest")
				columns(order[e] "snmpd")
				columns(order[e] "first")
				print wrong[order[e]]
			}
			print ""
		}' | sed 's/ *$//'
}

# load_programs SET COUNT: own_map.bpf.o, loaded that often and pinned as SET-1 and so on.
load_programs() {
	seq -f "prog load $builddir/tests/e2e/own_map.bpf.o $BPFFS/$1-%.0f type xdp" "$2" |
		bpftool batch file - >/dev/null
}

prepare() {
	local count=1

	name=sv state=
	each "link add sv%s group $GROUP type veth peer name sv%s-p netns peer" >$RUN/here
	each "link set sv%s up" >>$RUN/here
	each "link set sv%s-p up" >$RUN/there
	ip -batch $RUN/here
	ip -n peer -batch $RUN/there
	wait_for 30 has_carrier "sv$size"
	printf '%s\n' "${SETTINGS[@]}" "xdpInterface s* ${rule[$source]}" >$RUN/agent.conf
	case $source in
	count) state=counted ;;
	onemap) state=shared ;;
	maps) count=$size ;;
	esac
	[ "$source" != count ] || return
	load_programs a "$count"
	load_programs b "$count"
	programs a
}

run() {
	local event

	prepare
	[[ " $EVENTS " == *" start "* ]] || { happen_start && within "$LIMIT" settled >/dev/null; }
	for event in $EVENTS; do
		[ "$source $event" != "count exchange" ] || continue
		[ "$event" != delete ] || state=none
		[ "$state $event" != "counted restart" ] || state=
		measure "$event"
	done
	stop_agent
	unload >/dev/null
	[[ " $EVENTS " == *" delete "* ]] || ip link delete group $GROUP
	rm -f $BPFFS/[ab]-*
}

echo "Linux $(uname -r), $(snmpd -v | sed -n 's/.*version: */net-snmp /p')"
echo
start_snmpd
for source in $KINDS; do
	for size in $SIZES; do
		run
	done >$RUN/figures
	report <$RUN/figures
done
