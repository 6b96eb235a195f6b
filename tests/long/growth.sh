#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# REQUESTS (a million) and RESTARTS (200) of snmpd: every walk has all objects, and nothing grows. Each
# request is a GETNEXT of one object, and reaches the agent as a PDU of its own.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

REQUESTS=${REQUESTS-1000000}
RESTARTS=${RESTARTS-200}
WARM=$((RESTARTS / 10)) # restarts

# One request for each, and one more that finds the end.
objects() {
	walk $ROOT | wc -l
}

for ((n = 1; n <= 40; n += 2)); do
	echo "link add many$n type veth peer name many$((n + 1))"
done | ip -batch -
start_snmpd
start_agent -i 'many*'
wait_for 10 served
all_count() {
	[ "$(walk $ROOT.1.2.1.3 | grep -c '= 1$')" = 40 ]
}
wait_for 20 all_count
expected=$(objects)
walks=$((REQUESTS / RESTARTS / expected + 1)) # after each restart

requests=0 wrong=0 late=0
start=$SECONDS
for ((restart = 1; restart <= RESTARTS; restart++)); do
	stop_snmpd "-$( ((restart % 2)) && echo KILL || echo TERM)"
	start_snmpd
	within 10 served || late=$((late + 1))
	for ((n = 0; n < walks; n++)); do
		found=$(objects)
		requests=$((requests + found))
		[ "$found" = "$expected" ] || wrong=$((wrong + 1))
	done
	if [ $restart = $WARM ]; then
		warm_rss=$(resident)
		warm_fds=$(descriptors)
	fi
done

echo "# $requests requests of $expected objects and $RESTARTS restarts in $((SECONDS - start)) s"
is "every walk had all objects" $wrong 0
is "it was served after every restart" $late 0
ok "that were enough requests" [ $requests -ge "$REQUESTS" ]
echo "# resident: $warm_rss kB after $WARM restarts, $(resident) kB at the end; $warm_fds descriptors"
ok "memory stayed within 256 kB" [ "$(resident)" -le $((warm_rss + 256)) ]
is "descriptors stayed the same" "$(descriptors)" "$warm_fds"
stop_agent
is "and it ended well" "$agent_code" 0
done_testing
