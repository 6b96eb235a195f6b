#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hours in the life of an agent, in SOAK_SECONDS (20 minutes): frames, walks, interfaces that come and
# go, and a master that is restarted. Every count is exact at every look, and nothing grows.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

SOAK_SECONDS=${SOAK_SECONDS-1200}

for i in 0 1 2 3; do
	veth "soak$i"
	sent[i]=0
done
start_snmpd
start_agent -i 'soak*' -i 'brief*'
wait_for 10 served
wait_for 10 counting soak0 soak1 soak2 soak3

exact() {
	local i
	for i in 0 1 2 3; do
		[ "$(packets "soak$i" 2)" = "${sent[i]}" ] || return 1
	done
}

a_round() {
	local i=$((RANDOM % 4)) n=$((RANDOM % 500 + 1))
	frames "soak$i" $n 100
	sent[i]=$((sent[i] + n))
	ip link add brief0 type veth peer name brief1
	snmpbulkwalk -v2c -c public -Cr50 -OQUn "$SNMP_ADDRESS" $ROOT >/dev/null
	ip link delete brief0
	wait_for 5 exact
}

restart_master() {
	stop_snmpd -KILL
	start_snmpd && wait_for 10 served
}

end=$((SECONDS + SOAK_SECONDS))
rounds=0
wrong=0
restarts=0
warm_rss=0
while [ $SECONDS -lt $end ]; do
	a_round || wrong=$((wrong + 1))
	rounds=$((rounds + 1))
	if [ $((rounds % 50)) -eq 0 ]; then
		restart_master || wrong=$((wrong + 1))
		restarts=$((restarts + 1))
	fi
	if [ $rounds -eq 100 ]; then
		warm_rss=$(resident)
		warm_fds=$(descriptors)
	fi
done

echo "# $rounds rounds, $restarts restarts of snmpd, $((sent[0] + sent[1] + sent[2] + sent[3])) frames"
is "every count was exact after every round" "$wrong" 0
ok "there were enough rounds to judge by" [ "$warm_rss" -gt 0 ]
echo "# resident: $warm_rss kB after 100 rounds, $(resident) kB at the end"
ok "memory stayed within 512 kB" [ "$(resident)" -le $((warm_rss + 512)) ]
is "descriptors stayed the same" "$(descriptors)" "$warm_fds"
stop_agent
is "and it ended well" "$agent_code" 0
done_testing
