# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The harness of the end-to-end tests. A test sources it first, and finds itself in network, mount and
# PID namespaces of its own: whatever it leaves behind goes with them. There is a second network
# namespace, "peer", at the other end of each veth pair; neither sends a frame by itself.

srcdir=${srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
builddir=${builddir:-$PWD}

if [ -z "${E2E_INSIDE-}" ]; then
	if [ "$(id -u)" -ne 0 ]; then
		echo "1..0 # SKIP needs root"
		exit 0
	fi
	export srcdir builddir E2E_INSIDE=1
	exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

RUN=/run
ROOT=.1.3.6.1.4.1.8072.9999.9999.48620
AGENTX=unix:$RUN/agentx.sock
SNMP_ADDRESS=127.0.0.1:16161
AGENT=$builddir/src/xdp-agentx
PATH=$PATH:/usr/sbin:/sbin

# Nothing of the machine's own configuration is read or written.
export SNMPCONFPATH=$RUN/none SNMP_PERSISTENT_DIR=$RUN/snmp-state MIBS=
# Leaks are looked for when the program ends by itself; a tracer or kill -9 would upset that.
export ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=0}

setup() {
	mount -t tmpfs tmpfs $RUN
	mount -t sysfs sysfs /sys # of this network namespace
	mount -t bpf bpf /sys/fs/bpf
	mkdir $RUN/netns $RUN/none $RUN/snmp-state
	ip netns add peer
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip netns exec peer sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	ip link set lo up
}

. "$srcdir/tests/tap.sh"

# within SECONDS COMMAND...: until the command passes; fails when the time is over. For where the time
# is what is claimed, or it may well not pass. A slow machine has TIME_SCALE times as much.
TIME_SCALE=${TIME_SCALE:-1}
within() {
	local deadline=$(($(date +%s%N) + $1 * TIME_SCALE * 1000000000))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s%N)" -ge "$deadline" ]; then
			echo "not within the deadline: $*"
			return 1
		fi
		sleep 0.05
	done
}

# wait_for SECONDS COMMAND...: the same for what always comes, and takes no longer than that where all
# is well. It has half a minute at least, which costs nothing then. If it does not come, the test fails:
# by the check that this is a part of, or else at its end.
wait_for() {
	local seconds=$1

	shift
	[ $((seconds * TIME_SCALE)) -ge 30 ] || seconds=$(((30 + TIME_SCALE - 1) / TIME_SCALE))
	within "$seconds" "$@" || {
		in_vain+=${in_vain:+; }$*
		return 1
	}
}

# --- interfaces and frames ---------------------------------------------------------------------

# veth NAME [MTU]: NAME, of two letters or more for ip(8) abbreviates its own words, is here, NAME-p in the namespace peer, both up.
veth() {
	ip link add "$1" mtu "${2-1500}" type veth peer name "$1-p" mtu "${2-1500}" netns peer
	ip link set "$1" up
	ip -n peer link set "$1-p" up
	wait_for 5 grep -q 1 "/sys/class/net/$1/carrier"
}

# veths NAME...: many at once, for a process takes long to start in an emulated machine.
veths() {
	local name

	for name; do
		echo "link add $name type veth peer name $name-p netns peer"
		echo "link set $name up"
		echo "link set $name-p up" >&3
	done >$RUN/here 3>$RUN/there
	ip -batch $RUN/here
	ip -n peer -batch $RUN/there
	for name; do
		wait_for 5 has_carrier "$name"
	done
}

has_carrier() {
	[ "$(<"/sys/class/net/$1/carrier")" = 1 ]
}

ifindex() {
	cat "/sys/class/net/$1/ifindex"
}

# ifindex_bytes NAME: as bpftool takes them for a key or a value.
ifindex_bytes() {
	local index

	printf -v index '%08x' "$(ifindex "$1")"
	echo "0x${index:6:2} 0x${index:4:2} 0x${index:2:2} 0x${index:0:2}"
}

# redirect_to NAME PINS: the programs whose maps are pinned in PINS/maps redirect there from now on.
redirect_to() {
	# shellcheck disable=SC2046 # one word for each byte
	bpftool map update pinned "$2/maps/redirect_target" key 0 0 0 0 value $(ifindex_bytes "$1")
}

# frames NAME COUNT LENGTH: arrive at NAME.
frames() {
	ip netns exec peer "$builddir/tests/e2e/send_frames" "$1-p" "$2" "$3"
}

# The id of the XDP program on an interface as the kernel tells it; empty if there is none.
xdp_id() {
	ip -d link show dev "$1" | sed -n 's/.*prog\/xdp id \([0-9]*\).*/\1/p'
}

has_program() {
	[ "$(xdp_id "$1")" ]
}

no_program() {
	! has_program "$1"
}

# pin NAME PIN: its path. pinned NAME PIN: the number by which the kernel knows what is there; empty
# if nothing is.
pin() {
	echo "$(cd /sys/fs/bpf/xdp-agentx/* && pwd || echo /nonexistent)/$(ifindex "$1")/$2"
}

pinned() {
	local path
	path=$(pin "$1" "$2")
	[ -e "$path" ] || return
	case $2 in
	link) bpftool link show pinned "$path" ;;
	*) bpftool map show pinned "$path" ;;
	esac | sed -n 's/^\([0-9]*\):.*/\1/p'
}

# --- snmpd and the agent -----------------------------------------------------------------------

# start_snmpd [LINE...]: these lines are added to its configuration; SNMPD_WITHOUT are more of its modules
# that it does without.
start_snmpd() {
	{
		echo "master agentx"
		echo "agentXSocket $AGENTX"
		echo "rocommunity public"
		printf '%s\n' "$@"
	} >$RUN/snmpd.conf
	snmpd -f -Lf $RUN/snmpd.log -C -c $RUN/snmpd.conf \
		-I "-smux,mteTrigger,mteTriggerConf${SNMPD_WITHOUT:+,$SNMPD_WITHOUT}" \
		"udp:$SNMP_ADDRESS" &
	snmpd_pid=$!
	wait_for 10 answering
}

answering() {
	snmpget -v2c -c public -t 0.2 -r 0 "$SNMP_ADDRESS" .1.3.6.1.2.1.1.3.0
}

stop_snmpd() {
	kill "${1--TERM}" "$snmpd_pid"
	wait "$snmpd_pid" 2>/dev/null
}

# start_agent ARGUMENT...: its log is $RUN/agent.log, its master our snmpd.
start_agent() {
	"$AGENT" -C -x "$AGENTX" -Lf $RUN/agent.log "$@" &
	agent_pid=$!
}

# stop_agent [SIGNAL]: its exit code is in $agent_code.
stop_agent() {
	kill "${1--TERM}" "$agent_pid"
	wait "$agent_pid" 2>/dev/null
	# shellcheck disable=SC2034 # it is for the test
	agent_code=$?
}

# unload: takes away all that agents have left attached and pinned here, and says what.
unload() {
	"$builddir/src/xdp-stats" unload --all
}

# The agent's memory in kB, and how many descriptors it has.
resident() {
	awk '/VmRSS/ { print $2 }' "/proc/$agent_pid/status"
}

descriptors() {
	find "/proc/$agent_pid/fd" -mindepth 1 | wc -l
}

# cpu_time PID: of a process with one thread, in nanoseconds.
cpu_time() {
	cut -d' ' -f1 "/proc/$1/schedstat"
}

# open_on_exec PID: the descriptors that a program which it starts would inherit, but for the first three.
open_on_exec() {
	local info flags

	for info in "/proc/$1/fdinfo"/*; do
		flags=$(sed -n 's/^flags:\s*//p' "$info")
		[ "${info##*/}" -lt 3 ] || [ $((flags & 02000000)) != 0 ] || echo "${info##*/}"
	done
}

# with_many_descriptors PROGRAM: the path of one that starts it with those below 1,110 in use.
with_many_descriptors() {
	local script
	script=$RUN/many_descriptors-${1##*/}
	cat >"$script" <<-END
		#!/bin/bash
		ulimit -Sn 2048
		for ((fd = 3; fd < 1110; fd++)); do
			[ \$fd = 255 ] || eval "exec \$fd</dev/null" # that one is bash's own
		done
		exec $1 "\$@"
	END
	chmod +x "$script"
	echo "$script"
}

# without CAPABILITY PROGRAM: the path of one that starts it without that capability.
without() {
	local script
	script=$RUN/without_$1${2//\//-}
	cat >"$script" <<-END
		#!/bin/sh
		exec setpriv --bounding-set -$1 --inh-caps -$1 $2 "\$@"
	END
	chmod +x "$script"
	echo "$script"
}

# serve ARGUMENT...: snmpd and the agent, until the agent's objects are there.
serve() {
	start_snmpd
	start_agent "$@"
	wait_for 10 served
}

served() {
	get $ROOT.1.1.1.0 | grep -q xdp-agentx
}

logged() {
	grep -Eq -- "$1" $RUN/agent.log
}

# counting NAME...: the agent says that it counts these.
counting() {
	local name
	for name; do
		[ "$(get "$ROOT.1.2.1.3.$(ifindex "$name")")" = 1 ] || return 1
	done
}

# waiting NAME, failed NAME: what the agent says of it.
waiting() {
	[ "$(column 3 "$1")" = 2 ]
}

failed() {
	[ "$(column 3 "$1")" = 3 ]
}

# get OID..., getnext OID..., walk OID: values only, a line each; walk has the OIDs in front.
# get shows a TimeStamp as a number.
get() {
	snmpget -v2c -c public -t $((3 * TIME_SCALE)) -r 0 -OQvUnt "$SNMP_ADDRESS" "$@"
}

getnext() {
	snmpgetnext -v2c -c public -t $((3 * TIME_SCALE)) -r 0 -OQUn "$SNMP_ADDRESS" "$@"
}

walk() {
	snmpwalk -v2c -c public -t $((3 * TIME_SCALE)) -r 0 -OQUn "$SNMP_ADDRESS" "$@"
}

# The options with which net-snmp's tools know the names of XDP-STATS-MIB.
names() {
	echo "-m XDP-STATS-MIB -M $srcdir/mibs:$srcdir/tests/mibs/stubs:/usr/share/snmp/mibs"
}

# packets NAME ACTION, bytes NAME ACTION: from xdpStatsTable.
packets() {
	get "$ROOT.1.3.1.2.$(ifindex "$1").$2"
}

bytes() {
	get "$ROOT.1.3.1.3.$(ifindex "$1").$2"
}

# What passed: "PACKETS OCTETS".
passed() {
	echo "$(packets "$1" 2) $(bytes "$1" 2)"
}

# fallen: lines of numbers come in; what is below its number in the line before comes out.
fallen() {
	awk '{
		for (i = 1; i <= NF; i++) {
			if ($i < last[i])
				print "value " i ": " last[i] " then " $i
			last[i] = $i
		}
	}'
}

# column NUMBER NAME: from xdpIfTable.
column() {
	get "$ROOT.1.2.1.$1.$(ifindex "$2")"
}

# row NAME: the first columns of xdpIfTable: mode|source|status|text|id|name|tag.
row() {
	get "$ROOT".1.2.1.{1..7}."$(ifindex "$1")" | tr -d '"' | paste -sd'|'
}

# An agent that ends only because its PID namespace does hangs on Linux 6.1 if it traces anything.
trap '[ -z "${agent_pid-}" ] || { kill "$agent_pid"; wait "$agent_pid"; } 2>/dev/null' EXIT
setup
