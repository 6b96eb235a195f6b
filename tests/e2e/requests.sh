#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a request costs, in readings of counter maps, and whether its answer is of one piece.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# 200 interfaces, which veth() would take long for; the n-th gets n frames.
for n in {1..200}; do
	echo "link add re$n type veth peer name re$n-p netns peer"
	echo "link set re$n up"
done | ip -batch -
for n in {1..200}; do
	echo "link set re$n-p up"
done | ip -n peer -batch -
echo "xdpReconcile 1" >$RUN/agent.conf
serve -c $RUN/agent.conf -i 're*'
ok "200 interfaces are counted" wait_for 10 counting re1 re100 re200
# shellcheck disable=SC2016 # for the other shell
ip netns exec peer bash -c 'for n in {1..200}; do "$0" re$n-p $n 60; done' \
	"$builddir/tests/e2e/send_frames"
possible=$(get $ROOT.1.1.2.0)
PACKETS=$ROOT.1.3.1.2
BYTES=$ROOT.1.3.1.3
IF_STATS=$ROOT.1.7.1

bulk() {
	snmpbulkget -v2c -c public -t 3 -r 0 -Cn0 -Cr50 -OQUn "$SNMP_ADDRESS" "$@"
}

# interfaces_in COLUMN: how many of them the response on standard input has in that column.
interfaces_in() {
	sed -n "s/^$1\.\([0-9]*\).*/\1/p" | sort -u | wc -l
}

# --- readings, one bpf(2) call each, as a tracer sees them ---------------------------------------
# (What was read last is written into the pinned records with each dump, without being asked for.)

if ! command -v strace >/dev/null; then
	why="strace is not installed"
else
	strace -f -e trace=bpf,socket,write -o $RUN/trace -p "$agent_pid" 2>$RUN/strace.log &
	strace_pid=$!
	within 5 grep -q attached $RUN/strace.log >/dev/null ||
		why="tracing is refused: $(head -n 1 $RUN/strace.log)"
fi

# costs NAME READINGS COMMAND...: what the command prints is left in $RUN/response.
costs() {
	local name=$1 readings=$2 before
	shift 2
	if [ "${why-}" ]; then
		skip "$name" "$why"
		"$@" >$RUN/response
		return
	fi
	before=$(wc -l <$RUN/trace)
	"$@" >$RUN/response
	is "$name" "$(tail -n +$((before + 1)) $RUN/trace | grep -o 'bpf([A-Z_]*' |
		grep -v UPDATE_ELEM | uniq -c | tr -s ' ')" \
		"${readings:+ $readings bpf(BPF_MAP_LOOKUP_${call-BATCH}}"
}

# detours: how often the library handed something to its agent inside of the process, by a pipe.
detours() {
	grep -c 'write(' $RUN/trace
}

dumps() {
	grep -c 'socket(AF_NETLINK' $RUN/trace
}

# over_dumps: until the agent has looked at all links twice.
over_dumps() {
	[ "${why-}" ] || wait_for 10 has_dumped $(($(dumps) + 2))
}

has_dumped() {
	[ "$(dumps)" -ge "$1" ]
}

costs "GETBULK of 50: each interface is read once, and none in advance" 10 bulk $PACKETS
is "for there are ten in the response" "$(interfaces_in $PACKETS <$RUN/response)" 10
costs "GETBULK of 50 from within an interface" 11 bulk "$PACKETS.$(ifindex re50).1"
is "for there are eleven in the response" "$(interfaces_in $PACKETS <$RUN/response)" 11
costs "GETBULK of 50, two columns: still once" 10 bulk $PACKETS $BYTES
is "for there are the same ten in both columns" \
	"$(wc -l <$RUN/response),$(interfaces_in $PACKETS <$RUN/response),$(interfaces_in $BYTES <$RUN/response)" \
	100,10,10
costs "GETBULK of two columns of xdpIfStatsTable: once" 50 bulk $IF_STATS.5 $IF_STATS.6
is "for there are fifty in the response" "$(interfaces_in $IF_STATS.5 <$RUN/response)" 50
[ "${why-}" ] || is "none of these requests took a detour inside of the process" "$(detours)" 0
i=$(ifindex re7)
costs "GET of 20 varbinds of one interface" 1 \
	get $PACKETS."$i".{0..4} $BYTES."$i".{0..4} $IF_STATS.{1..10}."$i"
is "for they are its values" "$(sort -n $RUN/response | uniq -c | tr -s ' ' | paste -sd ,)" \
	" 16 0, 2 7, 2 420"
costs "GET of two interfaces" 2 get $PACKETS."$i".2 "$PACKETS.$(ifindex re8).2" $BYTES."$i".2
costs "GET of xdpIfStatus reads nothing" "" get $ROOT.1.2.1.3."$i"
costs "a walk of the scalars reads nothing" "" walk $ROOT.1.1
costs "a walk of xdpIfTable: its last GETNEXT finds the first counter behind the table" 1 \
	walk $ROOT.1.2
is "for the table has no counters" "$(wc -l <$RUN/response)" $((200 * 10))
costs "GET of what does not exist reads nothing" "" get $PACKETS."$i".5 $PACKETS.9999.2
call=ELEM costs "xdpCpuTable off: to go past it reads nothing of it" 1 getnext $ROOT.1.4
call=ELEM costs "GET of three errors of one interface, which are in a map of their own" 1 \
	get $ROOT.1.5.1.{1,3,4}."$i"

echo "xdpCpuTable yes" >>$RUN/agent.conf
kill -HUP "$agent_pid"
wait_for 10 logged "read again"
CPU_PACKETS=$ROOT.1.4.1.2
CPU_BYTES=$ROOT.1.4.1.3
costs "GETBULK of sums and of what each CPU counted, two columns each: once" 1 \
	bulk -Cr5 $PACKETS."$i" $BYTES."$i" $CPU_PACKETS."$i".2 $CPU_BYTES."$i".2
is "for they are of one interface" "$(grep -c "\.$i\." $RUN/response)" 20
costs "GETBULK of 50 in xdpCpuTable alone" $((50 / (5 * possible) + (50 % (5 * possible) > 0))) \
	bulk $CPU_PACKETS
costs "GET of a CPU that does not exist reads once" 1 \
	get "$CPU_PACKETS.$i.2.$possible"
costs "GET of a verdict that does not exist reads nothing" "" get "$CPU_PACKETS.$i.5.0"
costs "an agent that nobody asks reads nothing, although it looks at the links" "" over_dumps
if [ "${strace_pid-}" ]; then
	kill "$strace_pid"
	wait "$strace_pid"
fi

# --- four managers at once ------------------------------------------------------------------------

for n in {1..200}; do
	echo "$(ifindex "re$n") $n"
done | sort -n | awk -v packets=$PACKETS -v bytes=$BYTES '
	{ index_of[NR] = $1; count[NR] = $2 }
	END {
		for (row = 1; row <= NR; row++)
			for (action = 0; action < 5; action++)
				print packets "." index_of[row] "." action " = " (action == 2 ? count[row] : 0)
		for (row = 1; row <= NR; row++)
			for (action = 0; action < 5; action++)
				print bytes "." index_of[row] "." action " = " (action == 2 ? 60 * count[row] : 0)
	}' >$RUN/expected
is "the table has 200 x 5 x 2 values" "$(wc -l <$RUN/expected)" 2000
pids=
for n in {1..4}; do
	snmpbulkwalk -v2c -c public -t 5 -r 0 -Cr$((10 * n)) -OQUn "$SNMP_ADDRESS" $ROOT.1.3 \
		>"$RUN/walk$n" &
	pids="$pids $!"
done
# shellcheck disable=SC2086 # several words
wait $pids
for n in {1..4}; do
	ok "bulk walk $n of four in parallel is right and complete" cmp $RUN/expected "$RUN/walk$n"
done

# --- under a flood of frames of one length --------------------------------------------------------

# Two rows of a response come from two PDUs, some 50 us and many frames apart. A reading is made while
# frames are being counted: once in 100,000 it has a frame in one counter and not yet in the other.
before=$(packets re1 2)
ip netns exec peer "$builddir/tests/e2e/send_frames" re1-p 1000000000 200 &
flood_pid=$!
i=$(ifindex re1)
flooded() {
	[ "$(packets re1 2)" -ge $((before + 1000)) ]
}
ok "there is a flood" wait_for 5 flooded
for n in {1..50}; do
	snmpbulkget -v2c -c public -t 3 -r 0 -Cn0 -Cr2 -OQvU "$SNMP_ADDRESS" \
		$PACKETS."$i".1 $BYTES."$i".0 | paste -sd ' '
done | awk -v old="$before" '
	{ late = ($4 - 60 * old - 200 * ($1 - old)) / 200; exact += !late; torn += late == 1 || late == -1 }
	{ more += $1 > last; last = $1 }
	END { print exact + torn, (torn <= 1), (more >= 10) }' >$RUN/flood
is "50 responses under a flood: packets and octets are from one reading" "$(cat $RUN/flood)" "50 1 1"
kill $flood_pid
wait $flood_pid 2>/dev/null
stop_agent
is "SIGTERM ends it with 0" "$agent_code" 0

done_testing
