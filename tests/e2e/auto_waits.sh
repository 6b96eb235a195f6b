#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The source auto leaves the hook free where somebody's program was, also one that cannot be observed
# and has no map: whoever brings it back must not find ours. Over restarts and kill -9, until an
# operator ends it. docs/lifecycle.md has the table.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

XDP_STATS=$builddir/src/xdp-stats
WAITS="1|1|2|no program is attached|0||"

# load_pass NAME: it has no map.
load_pass() {
	bpftool prog load "$builddir/tests/e2e/pass.bpf.o" "$BPFFS/$1" type xdp
}

has_row() {
	[ "$(row "$1")" = "$2" ]
}

# blocked NAME: failed, or observed where the kernel allows that: the program is somebody's, not ours.
blocked() {
	[ "$(column 7 "$1")" ] && { failed "$1" || [ "$(column 2 "$1")" = 3 ]; }
}

# waits WHAT: also when the agent has looked again, every second.
waits() {
	wait_for 5 has_row xa "$WAITS" >/dev/null
	wait_for 5 past $(($(date +%s) + 1))
	is "$1: waiting" "$(row xa)" "$WAITS"
	is "... and the hook is free" "$(xdp_id xa)" ""
}

past() {
	[ "$(date +%s)" -gt "$1" ]
}

# returns NAME WHAT: it can be attached, as a firewall that starts anew does, and is found.
returns() {
	is "$2 can be attached" "$(ip link set dev xa xdpdrv pinned "$BPFFS/$1" 2>&1)" ""
	ok "... and is found" wait_for 5 blocked xa
}

# start: and the first look is done.
start() {
	start_agent -c $RUN/agent.conf
	wait_for 10 served
}

veth xa
load_pass first
load_pass second
attach xa first
settings "xdpInterface xa auto"
start_snmpd
start
ok "the first program is found" wait_for 5 blocked xa
detach xa
waits "it is gone"
returns second "another"
detach xa
waits "that is gone"
returns second "the same again"

# --- the agent restarts --------------------------------------------------------------------------

stop_agent
detach xa
start
waits "gone while the agent was down"
is "-t says so" "$("$AGENT" -C -t -c $RUN/agent.conf | grep '^xa')" \
	"xa               auto     any      no program is attached"
stop_agent
start
waits "the agent restarts while none is there"
returns first "the first"
stop_agent KILL 2>/dev/null
detach xa
start
waits "gone after kill -9"
stop_agent KILL 2>/dev/null
start
waits "kill -9 while none is there"
returns second "another"

# Nothing but the mark is there when the agent is killed in the moment that it sees the program.
stop_agent
unload >/dev/null
start
ok "unloaded, the program is found anew" wait_for 5 blocked xa
stop_agent KILL 2>/dev/null
rm -f "$(pin xa state)" "$(pin xa xdp_stats_map)"
detach xa
is "xdp-stats does not list what is only marked" "$("$XDP_STATS" 2>&1 | grep -c xa)" 0
start
waits "only the mark is left"

# --- what ends it --------------------------------------------------------------------------------

stop_agent
ok "xdp-stats unload takes the mark away" "$XDP_STATS" unload xa
start
ok "... and the interface is counted" wait_for 5 counting xa
"$XDP_STATS" release xa >/dev/null
wait_for 5 no_program xa
ok "released, a program can be attached" attach xa first
"$XDP_STATS" retake xa >/dev/null
ok "retaken, it is found" wait_for 5 blocked xa
detach xa
waits "... and waited for"
reload "xdpInterface xa count"
ok "count: counted" wait_for 5 counting xa
reload "xdpInterface xa auto"
before=$(xdp_id xa)
bpftool link detach pinned "$(pin xa link)"
another() {
	has_program xa && [ "$(xdp_id xa)" != "$before" ] && counting xa
}
ok "auto after that: counted, also when ours was detached" wait_for 5 another
stop_agent
unload >/dev/null

# --- the interface is made anew ------------------------------------------------------------------

# anew: xa, with the same ifIndex and another address.
anew() {
	local index

	index=$(ifindex xa)
	ip link delete xa
	ip link add name xa index "$index" type veth peer name xa-p netns peer
	ip link set xa up
	ip -n peer link set xa-p up
}

attach xa first
start
wait_for 5 blocked xa
anew
ok "made anew while the agent runs: counted" wait_for 10 counting xa
stop_agent
unload >/dev/null
attach xa first
start
wait_for 5 blocked xa
stop_agent
anew
start
ok "... while it is down: counted" wait_for 10 counting xa
stop_agent
unload >/dev/null
attach xa first
start
wait_for 5 blocked xa
stop_agent
ip link delete xa
start
is "deleted while it is down: no mark is left" "$(find $BPFFS/xdp-agentx -name foreign)" ""
stop_agent

# --- no pins -------------------------------------------------------------------------------------

veth xa
attach xa first
settings "xdpPinDir $RUN/nowhere" "xdpInterface xa auto"
start
wait_for 5 blocked xa
detach xa
waits "no pins, it is gone"
stop_agent
start
ok "no pins, started again: nobody knows of it, so it is counted" wait_for 5 counting xa
stop_agent
is "the agent stops" "$agent_code" 0
done_testing
