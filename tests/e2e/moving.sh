#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Interfaces that are made here and moved to another namespace at once, as containers do, while a
# pattern has them counted: some are gone when their turn comes. That is nobody's error.
# ROUNDS times COUNT of them.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

ROUNDS=${ROUNDS-5}
COUNT=${COUNT-100}

# move FIRST COUNT: both by one batch, so that the agent sees some of them moved already.
move() {
	local i

	for ((i = $1; i < $1 + $2; i++)); do
		echo "link add mv$i type veth peer name mv$i-p"
		echo "link set mv$i netns peer"
		echo "link set mv$i-p netns peer"
	done | ip -batch -
}

none_left() {
	! walk $ROOT.1.2.1.3 | grep -v "\.$(ifindex xa) = " && counting xa
}

veth xa
serve -i '*'
wait_for 10 counting xa
for ((round = 0; round < ROUNDS; round++)); do
	ok "round $round: $COUNT are made and moved" move $((round * COUNT)) "$COUNT"
done
ok "all rows are gone but the one that stays" wait_for 30 none_left
is "xdpIfFailed" "$(get $ROOT.1.1.5.0)" 0
is "nothing is said of invalid arguments" "$(grep -c 'Invalid argument' $RUN/agent.log)" 0
is "... nor anything else of what moved, but that it was counted" \
	"$(grep 'mv[0-9]' $RUN/agent.log | grep -vc ': counting (')" 0
is "nothing is left pinned" "$(find /sys/fs/bpf/xdp-agentx/*/ -mindepth 1 -maxdepth 1 -name '[1-9]*' | wc -l)" 1
done_testing
