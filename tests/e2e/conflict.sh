#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two agents, one in another network namespace, at one snmpd: the second is refused, says so, takes
# nothing away from the first, and is served when that one is gone.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

OTHER_ROOT=.1.3.6.1.4.1.8072.9999.9999.48621
REFUSED="the AgentX master refuses XDP-STATS-MIB: another subagent serves it"
ACCEPTED="the AgentX master does not refuse XDP-STATS-MIB any more"

in_peer() {
	grep -c -- "$1" $RUN/peer.log
}

# The agent that is served has this interface.
serves() {
	walk $ROOT.1.2.1.1 | grep -q "^$ROOT.1.2.1.1.$1 = "
}

refusals() {
	[ "$(grep -c 'duplicate registration' $RUN/snmpd.log)" -ge "$1" ]
}

# start_peer ARGUMENT...
start_peer() {
	rm -f $RUN/peer.log
	ip netns exec peer "$AGENT" -C -x "$AGENTX" -Lf $RUN/peer.log "$@" &
	peer_pid=$!
}

stop_peer() {
	kill "$1" "$peer_pid"
	wait "$peer_pid" 2>/dev/null
}

trap '[ -z "${peer_pid-}" ] || { kill "$peer_pid"; wait "$peer_pid"; } 2>/dev/null
	[ -z "${agent_pid-}" ] || { kill "$agent_pid"; wait "$agent_pid"; } 2>/dev/null' EXIT

# An ifIndex of its own in each namespace.
ip link add xa index 1001 type veth peer name xa-p index 2001 netns peer
ip link set xa up
ip -n peer link set xa-p up
serve -i xa
ok "an agent is served" wait_for 5 serves 1001
start_peer -i xa-p
ok "a second one is refused" wait_for 10 grep -q "$REFUSED" $RUN/peer.log
echo "# $(grep "$REFUSED" $RUN/peer.log)"
tries=$(grep -c 'duplicate registration' $RUN/snmpd.log)
ok "... which it tries again" wait_for 15 refusals $((tries + 2))
is "... and says once" "$(in_peer "$REFUSED")" 1
is "... and the library says nothing" "$(in_peer 'registering pdu failed')" 0
ok "the first one is still served" serves 1001
is "... and has been told nothing" "$(grep -c AgentX $RUN/agent.log)" 1
is "sysORTable has the module once" "$(walk .1.3.6.1.2.1.1.9.1.2 | grep -c "= $ROOT\$")" 1

# --- the second one lets go ----------------------------------------------------------------------

stop_peer -TERM
ok "the second one is stopped: the first is still served" serves 1001
echo "xdpInterface xa-p count" >$RUN/peer.conf
start_peer -c $RUN/peer.conf
ok "it is refused again" wait_for 10 grep -q "$REFUSED" $RUN/peer.log
echo "xdpRootOid $OTHER_ROOT" >>$RUN/peer.conf
kill -HUP "$peer_pid"
other_root() {
	get $OTHER_ROOT.1.1.1.0 | grep -q xdp-agentx
}
ok "with another root, it is served" wait_for 5 other_root
ok "... and so is the first" serves 1001
is "sysORTable has both" \
	"$(walk .1.3.6.1.2.1.1.9.1.2 | grep -c "= $ROOT\$\|= $OTHER_ROOT\$")" 2
sed -i '/xdpRootOid/d' $RUN/peer.conf
kill -HUP "$peer_pid"
ok "with the first's root, it is not served any more" wait_for 10 eval '! other_root'
ok "... and the first still is" serves 1001
ok "... and it says so again" wait_for 10 eval "[ \$(in_peer '$REFUSED') = 2 ]"

# --- the first one is gone -----------------------------------------------------------------------

start=$(date +%s%3N)
stop_agent -KILL
ok "the first one is gone: the second is served" wait_for 10 serves 2001
echo "# after $(($(date +%s%3N) - start)) ms"
ok "... and says so, once" wait_for 5 eval "[ \$(in_peer '$ACCEPTED') = 1 ]"
stop_snmpd -KILL
start_snmpd
ok "snmpd was restarted: it is served" wait_for 5 serves 2001
is "... and has nothing more to say of that" "$(in_peer "$REFUSED"):$(in_peer "$ACCEPTED")" 2:1
stop_peer -TERM
done_testing
