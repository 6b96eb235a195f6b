#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that cannot be observed where the kernel allows tracing: each is told by its name, with the
# cause and what to do, its siblings are served, and when the cause is gone the row is active at once.
# (Offload is not tried, for want of a NIC.) A kernel that refuses tracing: tests/e2e/refused.sh.
#
# MAY_SET_SYSCTL is for what belongs to the whole machine, and is seen in its first network namespace.
JIT=/proc/sys/net/core/bpf_jit_enable
if [ -z "${E2E_INSIDE-}" ] && [ "${MAY_SET_SYSCTL-}" ] && [ -w $JIT ]; then
	exec 7<>$JIT
	export JIT_OPEN=yes
fi
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"

# An agent that is not root needs a socket that anybody may open, and a file that anybody may run.
AGENTX=tcp:127.0.0.1:16162
install -m 755 "$AGENT" $RUN

PASS=2
PROGRAMS=/sys/fs/bpf/programs
GOOD=takes_a_frame_and_has_a_long_name

# load DIRECTORY OBJECT: all programs of the file, pinned there.
load() {
	bpftool prog loadall "$builddir/tests/vm/$2.bpf.o" "$1" type xdp
}

# state NAME: source|status|text|frames that passed|number of failed rows.
state() {
	local index

	index=$(ifindex "$1")
	get $ROOT.1.2.1.{2,3,4}."$index" "$ROOT.1.3.1.2.$index.$PASS" $ROOT.1.1.5.0 |
		tr -d '"' | paste -sd'|'
}

has_state() {
	[ "$(state "$1")" = "$2" ]
}

# is_failed NAME TEXT [ROWS]: the row, which is one of so many, and the log.
is_failed() {
	local expected="1|3|$2|No Such Instance currently exists at this OID|${3-1}"

	wait_for 5 has_state "$1" "$expected" >/dev/null
	is "$what: failed, without counters" "$(state "$1")" "$expected"
	is "$what: ... and one line in the log" "$(grep -cxF -- "$1: $2" $RUN/agent.log)" 1
}

# recovers: xa is observed again, and its siblings have been all the time.
recovers() {
	ok "$what: $1" wait_for 2 observing xa
	send xa $PASS 5 100
	exact "$what: ... and counted, as its siblings" xa xb
}

# cannot PIN PROGRAM WHY: the program at this pin.
cannot() {
	ip -force link set dev xa xdpdrv pinned "$1"
	is_failed xa "program '$2' (id $(xdp_id xa), native) cannot be observed: $3"
	send xb $PASS 3 100
}

# replace: the program by a good one.
replace() {
	ip -force link set dev xa xdpdrv pinned $PROGRAMS/$GOOD
	recovers "a good program in its place is observed at once"
}

# fill COUNT: so many tracing programs on the program of FULL, or as many as can be, until empty.
FULL=/sys/fs/bpf/full/$GOOD
fill() {
	: >$RUN/filled
	"$builddir/tests/vm/fill_function" $FULL "$1" >$RUN/filled &
	filler=$!
	wait_for 5 grep -q . $RUN/filled
}

empty() {
	kill "$filler"
	wait "$filler" 2>/dev/null
}

for name in xa xb xc xm; do
	veth $name
done
load $PROGRAMS refused
load /sys/fs/bpf/without_btf refused_without_btf
load /sys/fs/bpf/full refused
for name in xb xc xm; do
	attach $name native $PROGRAMS/$GOOD
done
good=$(xdp_id xb)
echo "xdpReconcile 600" >$RUN/agent.conf
echo "xdpInterface xa,xb observe" >>$RUN/agent.conf
serve -c $RUN/agent.conf
ok "a good program is observed" wait_for 5 observing xb

# --- by the program ------------------------------------------------------------------------------

what="no BTF"
cannot /sys/fs/bpf/without_btf/$GOOD ${GOOD:0:15} \
	"it has no BTF; compile it with -g and load it with its BTF"
replace
for what in takes_nothing takes_a_number takes_any_pointer takes_two_arguments; do
	cannot $PROGRAMS/$what $what \
		"its entry function has to take one struct xdp_md * and nothing else; change it and load the program again"
done
replace
what="not JIT-compiled"
if [ "${JIT_OPEN-}" ]; then
	echo 0 >/proc/self/fd/7
	load /sys/fs/bpf/interpreted refused
	echo 1 >/proc/self/fd/7
	cannot /sys/fs/bpf/interpreted/$GOOD $GOOD \
		"it is not JIT-compiled: net.core.bpf_jit_enable was 0 when it was loaded; set it to 1 and load the program again"
	replace
else
	skip "$what" "MAY_SET_SYSCTL is not set, or the setting cannot be written"
fi

# --- by others that trace it ---------------------------------------------------------------------

NO_MORE="the kernel allows no more tracing programs on it; end one of them (bpftool link show lists them)"

what="function full"
fill 100
full=$(cat $RUN/filled)
ip -force link set dev xa xdpdrv pinned $FULL
is_failed xa "program '$GOOD' (id $(xdp_id xa), native) cannot be observed: $NO_MORE"
empty
ip link set xa mtu 1400
recovers "tried again at the next change of the link"

detach xa
wait_for 5 waiting xa
what="function with room for one of our two"
fill $((full - 1))
attach xa native $FULL
wait_for 5 failed xa >/dev/null
like "$what: failed" "$(state xa)" "^1\|3\|.*: the kernel allows no more tracing programs on it; "
# Beside the others' there are the two of the sibling's observer, and the watch.
is "$what: ... nothing of ours is left, and all of the others" \
	"$(bpftool link show | grep -c 'attach_type trace_f') $(cat $RUN/filled)" \
	"$((full - 1 + 3)) $((full - 1))"
empty

# --- by the rule ---------------------------------------------------------------------------------

echo "xdpInterface xc count" >>$RUN/agent.conf
echo "xdpInterface xm map" >>$RUN/agent.conf
kill -HUP "$agent_pid"
recovers "tried again at SIGHUP"
what="count where somebody's program is"
is_failed xc "program '$GOOD' (id $good, native) is attached already and is left alone: detach it to have the interface counted" 2
what="map"
is_failed xm "program '$GOOD' (id $good, native) has no map that can be read: it is on several interfaces, which its map does not tell apart" 2
is "both programs are untouched" "$(xdp_id xc) $(xdp_id xm)" "$good $good"
detach xc
ok "count: detached, and counted at once" wait_for 2 counting xc
stop_agent
is "the agent stops" "$agent_code" 0
unload >/dev/null

# --- by the agent's capabilities -----------------------------------------------------------------

what="without CAP_SYS_ADMIN"
capabilities=+bpf,+perfmon,+net_admin
setpriv --reuid 65534 --clear-groups --inh-caps -all,$capabilities --ambient-caps $capabilities \
	$RUN/xdp-agentx -C -x "$AGENTX" -i xb:observe -i xc:count -Lo >$RUN/agent.log 2>&1 &
agent_pid=$!
is_failed xb "program '?' (id $good, native) cannot be observed: observing takes CAP_SYS_ADMIN, which the agent does not have"
ok "$what: to count is possible" wait_for 5 counting xc
stop_agent
is "the programs are untouched" "$(xdp_id xb) $(xdp_id xm)" "$good $good"
done_testing
