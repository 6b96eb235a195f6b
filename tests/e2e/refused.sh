#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where programs cannot be observed at all, for the kernel refuses tracing, or a capability is missing:
# the operator is told once, in plain words, the program is left alone, and the rest is served.
# Programs that cannot be observed where others can: tests/vm/refused.sh.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# An agent that is not root needs a socket that anybody may open, and a file that anybody may run.
AGENTX=tcp:127.0.0.1:16162
install -m 755 "$AGENT" $RUN

OTHER=/sys/fs/bpf/other
REFUSED="this kernel refuses tracing programs (fentry and fexit); use another, or detach the program and configure the interface as 'count'"
NO_SUCH="No Such Instance currently exists at this OID"

# said NAME WHY: what the agent is to say of the program there.
said() {
	local mode=native

	[ "$(column 1 "$1")" = 2 ] || mode=generic
	echo "program 'somebody' (id $id, $mode) $2"
}

# is_failed TEXT NAME WHY: its row, and no counters.
is_failed() {
	ok "$1: failed" wait_for 5 failed "$2"
	is "$1: no source, and why" "$(row "$2" | cut -d'|' -f2-4)" "1|3|$(said "$2" "$3")"
	is "$1: no counters, rather than 0" "$(packets "$2" 2)" "$NO_SUCH"
}

# lines NAME: how often the log speaks of it.
lines() {
	grep -c "^$1: " $RUN/agent.log
}

# plan NAME ARGUMENT...: what xdp-agentx -t says of it.
plan() {
	"$AGENT" -C "${@:2}" -t | sed -n "s/^$1 .* failed: //p"
}

# hold NAME: a program is attached by a bpf_link, until $holder is killed.
hold() {
	"$builddir/tests/e2e/hold_link" "$1" "$builddir/tests/e2e/pass.bpf.o" &
	holder=$!
}

let_go() {
	kill $holder
	wait $holder 2>/dev/null
}

for name in xa xb xc xd; do
	veth $name
done
bpftool prog load "$builddir/tests/e2e/pass.bpf.o" $OTHER type xdp
id=$(bpftool -j prog show pinned $OTHER | sed 's/.*"id":\([0-9]*\).*/\1/')
ip link set dev xa xdpdrv pinned $OTHER
ip link set dev xb xdpgeneric pinned $OTHER
start_snmpd

# --- the kernel ----------------------------------------------------------------------------------

refused() {
	echo "xdpReconcile 1" >$RUN/agent.conf
	is "-t, without any line: the cause" "$(plan xa -c $RUN/agent.conf)" \
		"program 'somebody' (id $id, native) cannot be observed: $REFUSED"

	start_agent -c $RUN/agent.conf
	is_failed "by default, native" xa "cannot be observed: $REFUSED"
	is_failed "by default, generic" xb "cannot be observed: $REFUSED"
	is "two failed rows" "$(get $ROOT.1.1.5.0)" 2

	# What is attached by a bpf_link is seen by xdpReconcile only.
	for _ in 1 2; do
		hold xd
		wait_for 5 has_program xd
		ok "after xdpReconcile: another one, too" wait_for 5 failed xd
		let_go
		ok "... until its program is gone" wait_for 5 waiting xd
	done
	is "one line in the log for each" "$(lines xa) $(lines xb) $(lines xd)" "1 1 2"
	is "... the same words" "$(grep '^xa: ' $RUN/agent.log)" \
		"xa: $(said xa "cannot be observed: $REFUSED")"
	is "that bpf_link is noticed later is said, too" "$(grep bpf_link $RUN/agent.log)" \
		"programs attached by bpf_link are noticed within xdpReconcile (1 s) only: this kernel refuses tracing programs"

	cat >$RUN/agent.conf <<-END
		xdpInterface xa observe
		xdpInterface xb auto
		xdpInterface xc count
		xdpInterface xd observe
	END
	kill -HUP "$agent_pid"
	ok "other rules: one is counted" wait_for 5 counting xc
	is_failed "observe" xa "cannot be observed: $REFUSED"
	both="cannot be observed: ${REFUSED%%;*}; nor can its map be read: it is on several interfaces, which its map does not tell apart"
	is_failed "auto" xb "$both"
	is "-t says the same of auto" "$(plan xb -c $RUN/agent.conf)" "$(said xb "$both")"
	frames xa 4 100
	frames xb 4 100
	frames xc 5 100
	is "what is counted is served, and nothing else" "$(walk $ROOT.1.3.1.2 | wc -l) $(passed xc)" \
		"5 5 500"
	is "one without a program waits" "$(row xd | cut -d'|' -f2-4)" "1|2|no program is attached"
	is "nothing has been logged twice" "$(lines xa) $(lines xb)" "1 2"

	is "the programs are untouched" "$(xdp_id xa) $(xdp_id xb)" "$id $id"

	ip link set dev xb xdpgeneric off
	ok "auto, detached: its owner may bring it back" wait_for 5 waiting xb
	is "one failed row is left" "$(get $ROOT.1.1.5.0)" 1
	is "nothing of limits that are not in the way" "$(grep -ciE 'ulimit|memlock' $RUN/agent.log)" 0
	stop_agent
	unload >/dev/null
	is "the agent stops" "$agent_code" 0
}

"$builddir/tests/vm/fill_function" $OTHER 1 >$RUN/filled 2>$RUN/refusal &
filler=$!
has_ended_or_filled() {
	[ -s $RUN/filled ] || ! kill -0 $filler
}
wait_for 5 has_ended_or_filled
if [ -s $RUN/filled ]; then
	kill $filler
	skip "a kernel that refuses tracing" "this one allows it"
else
	refused
fi

# --- the capabilities ----------------------------------------------------------------------------

# start_with CAPABILITIES: an agent that is no root, and has none but these: "+one,+another" or "".
start_with() {
	setpriv --reuid 65534 --clear-groups --inh-caps "-all${1:+,$1}" ${1:+--ambient-caps "$1"} \
		$RUN/xdp-agentx -C -x "$AGENTX" -i xa:observe -i xc:count -Lo >$RUN/agent.log 2>&1 &
	agent_pid=$!
}

MISSING="observing takes CAP_SYS_ADMIN, which the agent does not have"
for capabilities in "" +bpf,+net_admin +bpf,+perfmon,+net_admin; do
	start_with "$capabilities"
	text="program '?' (id $id, native) cannot be observed: $MISSING" # nor has it the name
	ok "capabilities '$capabilities': failed" wait_for 5 failed xa
	is "capabilities '$capabilities': which one is missing" "$(row xa | cut -d'|' -f2-4)" "1|3|$text"
	is "capabilities '$capabilities': the log" "$(grep '^xa: ' $RUN/agent.log)" "xa: $text"
	is "capabilities '$capabilities': no limits" "$(grep -ciE 'ulimit|memlock' $RUN/agent.log)" 0
	if [ "$capabilities" ]; then
		ok "capabilities '$capabilities': to count is possible" wait_for 5 counting xc
		frames xc 2 100
		is "capabilities '$capabilities': ... and exact" "$(passed xc)" "2 200"
	fi
	stop_agent
	unload >/dev/null
done
is "the program is untouched" "$(xdp_id xa)" "$id"
done_testing
