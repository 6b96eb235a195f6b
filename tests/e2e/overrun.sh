#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PAIRS veth pairs created and deleted in a loop, faster than they can be followed, while the agent is
# stopped so that the kernel has to drop link messages: at the end the rows are what ip link shows.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

PAIRS=${PAIRS-600}
ROUNDS=${ROUNDS-2}
PATIENCE=$((30 + PAIRS / 25)) # seconds
echo "xdpReconcile 3600" >$RUN/agent.conf # nothing but the overrun makes it look again

# The other ends are in a namespace of their own: with it, all of them go at once.
create() {
	ip netns add others
	for ((i = 0; i < PAIRS; i++)); do
		echo "link add many$i type veth peer name other$i netns others"
	done | ip -batch -
}

delete() {
	ip netns delete others
	wait_for $PATIENCE no_links
}

no_links() {
	[ -z "$(links)" ]
}

rows() {
	snmpbulkwalk -v2c -c public -Cr50 -OQUn "$SNMP_ADDRESS" $ROOT.1.2.1.3 |
		sed -n 's/.*\.\([0-9]*\) = [0-9]*$/\1/p'
}

links() {
	ip -o link show | sed -n 's/^\([0-9]*\): many[0-9]*@.*/\1/p' | sort -n
}

agree() {
	[ "$(rows)" = "$(links)" ]
}

# Links are closed a little later than their interfaces go.
few_descriptors() {
	[ "$(descriptors)" -lt "$PAIRS" ]
}

as_many_descriptors() {
	[ "$(descriptors)" = "$fds" ]
}

ASAN_OPTIONS+=:quarantine_size_mb=1 # what was freed is free
start_snmpd
start_agent -c $RUN/agent.conf -i 'many*' -Dxdp:links
wait_for 10 served
create
ok "$PAIRS interfaces: a row each" wait_for $PATIENCE agree
delete
ok "deleted: no rows" wait_for $PATIENCE agree
ok "... their links are closed" wait_for $PATIENCE few_descriptors
fds=$(descriptors)
memory=$(resident)

for ((round = 0; round < ROUNDS; round++)); do
	kill -STOP "$agent_pid"
	create
	delete
	create
	ip link delete many0
	kill -CONT "$agent_pid"
	ok "behind its back, round $round: the rows are what ip link shows" wait_for $PATIENCE agree
	is "... namely" "$(rows | wc -l)" $((PAIRS - 1))
	ok "... and counted" wait_for $PATIENCE counting many1 "many$((PAIRS - 1))"
	delete
	ok "... deleted: no rows" wait_for $PATIENCE agree
done
ok "link messages were lost" logged "the kernel dropped link messages"
ok "descriptors are what they were" wait_for $PATIENCE as_many_descriptors
echo "# resident: $memory kB, then $(resident) kB"
ok "and so is memory, within 1 MB" [ "$(resident)" -le $((memory + 1024)) ]
is "nothing is left pinned" "$(find /sys/fs/bpf/xdp-agentx -mindepth 2 -type d ! -name 0 ! -name lock)" ""
done_testing
