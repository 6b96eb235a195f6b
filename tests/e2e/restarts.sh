#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A flood of frames while the agent is stopped, killed, upgraded and started again, CYCLES times at
# random moments, and a manager that polls all the time: what was sent is what was counted, and no
# value is smaller than the one before it.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

CYCLES=${CYCLES-12}
NEXT_AGENT=$builddir/tests/next/xdp-agentx # another version of the counter program
if [ "${WITHOUT-}" ]; then
	AGENT=$(without "$WITHOUT" "$AGENT")
	NEXT_AGENT=$(without "$WITHOUT" "$NEXT_AGENT")
fi

veth xa
start_snmpd
start_agent -i xa
wait_for 10 counting xa
link=$(pinned xa link)

# flood: frames in small portions, until told to stop; how many is in $RUN/sent.
flood() {
	local sent=0

	while [ ! -e $RUN/stop ]; do
		frames xa 200 100
		sent=$((sent + 200))
	done
	echo $sent >$RUN/sent
}

# poll: every value that is served, a line each.
poll() {
	while [ ! -e $RUN/stop ]; do
		packets xa 2
	done >$RUN/polled 2>/dev/null
}

flood &
flood=$!
poll &
poll=$!

upgrades=0
programs=$(xdp_id xa)
for ((cycle = 0; cycle < CYCLES; cycle++)); do
	sleep "0.$((RANDOM % 5))$((RANDOM % 10))" # a random moment, not a condition to wait for
	case $((cycle % 3)) in
	0) stop_agent -KILL ;;
	*) stop_agent ;;
	esac
	if [ $((cycle % 4)) -lt 2 ]; then
		start_agent -i xa
	else
		AGENT=$NEXT_AGENT start_agent -i xa
		upgrades=$((upgrades + 1))
	fi
	wait_for 10 counting xa || break
	programs+=" $(xdp_id xa)"
done
touch $RUN/stop
wait "$flood" "$poll"

sent=$(cat $RUN/sent)
is "each agent counted within its time" "$cycle" "$CYCLES"
is "after $CYCLES restarts, $(wc -w <<<"$programs") looks: what was sent was counted" \
	"$(passed xa)" "$sent $((sent * 100))"
echo "# $sent frames, $(grep -c '^[0-9]' $RUN/polled) polled values, $upgrades starts of the other version"
echo "# programs at the hook, in turn: $programs"
ok "there were polled values" [ "$(grep -c '^[0-9]' $RUN/polled)" -gt "$CYCLES" ]
is "no polled value is below the one before it" \
	"$(grep '^[0-9]' $RUN/polled | fallen)" ""
ok "the version was changed by exchanging the program" \
	[ "$(tr ' ' '\n' <<<"$programs" | sort -u | wc -l)" -gt 2 ]
is "and always on the same link" "$(pinned xa link)" "$link"
done_testing
