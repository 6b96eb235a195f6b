#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2086 # RUN is of lib.sh
# 0.1.0 and this version take turns, CYCLES times at random moments, under a flood: one interface is
# counted by our program, one read from the map of another. What was sent is what was counted, no
# value falls, and the link stays the same. OLD_AGENT is built from the repository, unless it is given.
srcdir=${srcdir:-$PWD} builddir=${builddir:-$PWD}
OLD_COMMIT=3d6709a50b8b3b95d4401b1bf86f6285535491d0 # the last one of 0.1.0
OLD=$builddir/tests/long/old

# build: the old agent, into $OLD.
build() {
	rm -rf "$OLD" && mkdir -p "$OLD" &&
		git -C "$srcdir" archive $OLD_COMMIT | tar -x -C "$OLD" &&
		cd "$OLD" && autoreconf -fi && ./configure && env -u MAKEFLAGS -u MFLAGS make -j"$(nproc)"
}

if [ -z "${OLD_AGENT-}" ]; then
	OLD_AGENT=$OLD/src/xdp-agentx
	if ! git -C "$srcdir" cat-file -e $OLD_COMMIT 2>/dev/null; then
		echo "1..0 # SKIP this is not a repository that has 0.1.0"
		exit 0
	fi
	[ -x "$OLD_AGENT" ] || (build) >"$OLD.log" 2>&1 || {
		echo "Bail out! 0.1.0 cannot be built: $OLD.log"
		exit 1
	}
	export OLD_AGENT
fi
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "${srcdir:-.}/tests/e2e/map_lib.sh"

CYCLES=${CYCLES-12}

# flood NAME: frames that are to be passed, until told to stop; how many is in $RUN/sent-NAME.
flood() {
	local sent=0

	while [ ! -e $RUN/stop ]; do
		deliver "$1" "$PASS" 200 100
		sent=$((sent + 200))
	done
	echo $sent >"$RUN/sent-$1"
}

poll() {
	while [ ! -e $RUN/stop ]; do
		echo "$(packets xa 2) $(packets xb 2)"
	done >$RUN/polled 2>/dev/null
}

veth xa
veth xb
settings "xdpInterface xa count" "xdpInterface xb map"
load counts
attach xb counts
start_snmpd
AGENT=$OLD_AGENT start_agent -c $RUN/agent.conf
wait_for 10 counting xa xb
link=$(pinned xa link)
flood xa &
floods=$!
flood xb &
floods+=" $!"
poll &
floods+=" $!"

for ((cycle = 0; cycle < CYCLES; cycle++)); do
	sleep "0.$((RANDOM % 5))$((RANDOM % 10))" # a random moment, not a condition to wait for
	if [ $((cycle % 3)) = 0 ]; then
		stop_agent -KILL
	else
		stop_agent
	fi
	if [ $((cycle % 2)) = 0 ]; then
		start_agent -c $RUN/agent.conf
	else
		AGENT=$OLD_AGENT start_agent -c $RUN/agent.conf
	fi
	wait_for 10 counting xa xb || break
done
touch $RUN/stop
# shellcheck disable=SC2086 # several processes
wait $floods

is "each agent counted within its time" "$cycle" "$CYCLES"
for name in xa xb; do
	sent=$(cat "$RUN/sent-$name")
	is "$name: all $sent frames were counted over $CYCLES changes of the version" \
		"$(passed $name)" "$sent $((sent * 100))"
done
ok "there were polled values" [ "$(grep -c '^[0-9]* [0-9]' $RUN/polled)" -gt "$CYCLES" ]
is "no polled value is below the one before it" \
	"$(grep '^[0-9]* [0-9]' $RUN/polled | fallen)" ""
is "the link stayed the same" "$(pinned xa link)" "$link"
is "no pin was refused" "$(grep 'left alone' $RUN/agent.log)" ""
done_testing
