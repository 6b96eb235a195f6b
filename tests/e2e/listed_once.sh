#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# While links come and go, each interface is listed once, by xdp-stats and by -t.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# churn: 100 veth pairs come and go, until $RUN/calm is there.
churn() {
	local i

	for ((i = 0; i < 100; i++)); do
		echo "link add ww$i type veth peer name vv$i"
	done >$RUN/come
	for ((i = 0; i < 100; i++)); do
		echo "link del ww$i"
	done >$RUN/go
	until [ -e $RUN/calm ]; do
		ip -batch $RUN/come
		ip -batch $RUN/go
	done
}

# twice: the first words that are on two lines of what comes in.
twice() {
	awk 'NF { print $1 }' | sort | uniq -d
}

# names: of the interfaces in JSON.
json_names() {
	grep -o '"name":"[^"]*","ifindex"'
}

mapfile -t counted < <(printf 'cc%s\n' {1..20})
veths "${counted[@]}"
serve -i 'cc*'
ok "20 interfaces are counted" wait_for 10 counting "${counted[@]}"
stop_agent

churn &
churner=$!
wait_for 10 ip link show ww50
for ((i = 0; i < 40; i++)); do
	"$builddir/src/xdp-stats" --json >$RUN/json 2>>$RUN/complaints
	echo "exit $?" >>$RUN/exits
	json_names <$RUN/json | twice >>$RUN/twice
	json_names <$RUN/json | grep -c '"cc' >>$RUN/seen
done
is "xdp-stats, 40 times: none is there twice" "$(sort $RUN/twice | uniq -c)" ""
is "... nor missing" "$(sort -u $RUN/seen)" 20
is "... and all went well" "$(sort -u $RUN/exits; cat $RUN/complaints)" "exit 0"

for ((i = 0; i < 10; i++)); do
	"$AGENT" -C -i 'cc*,cc1,gone' -t >$RUN/plan 2>>$RUN/plan.errors
	echo "exit $?" >>$RUN/plan.exits
	twice <$RUN/plan >>$RUN/plan.twice
	grep -c '^cc.*counter program is there' $RUN/plan >>$RUN/plan.seen
	grep 'does not exist' $RUN/plan >>$RUN/plan.missing
done
is "-t, 10 times: none is there twice" "$(sort $RUN/plan.twice | uniq -c)" ""
is "... nor missing" "$(sort -u $RUN/plan.seen)" 20
is "... but what does not exist" "$(sed 's/ .*//' $RUN/plan.missing | sort -u)" gone
is "... and all went well" "$(sort -u $RUN/plan.exits; cat $RUN/plan.errors)" "exit 0"
touch $RUN/calm
wait $churner

done_testing
