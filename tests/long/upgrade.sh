#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2086 # RUN is of lib.sh
# From 0.1.0 to this version at a random moment under a flood, ROUNDS times, stopped or killed: one
# interface is counted by our program, one read from the map of another. What was sent is what was
# counted, no value falls, and the link stays the same. OLD_AGENT is built from the repository,
# unless it is given.
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

ROUNDS=${ROUNDS-4}

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

# restart [SIGNAL]: at a random moment, which is no condition to wait for.
restart() {
	sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
	stop_agent "$@"
	start_agent -c $RUN/agent.conf
	wait_for 10 counting xa xb
}

# upgrade SIGNAL: 0.1.0 ends by it, and this version follows, twice.
upgrade() {
	local floods link sent name

	rm -f $RUN/stop
	load counts
	attach xb counts
	AGENT=$OLD_AGENT start_agent -c $RUN/agent.conf
	wait_for 10 counting xa xb
	link=$(pinned xa link)
	flood xa &
	floods=$!
	flood xb &
	floods+=" $!"
	poll &
	floods+=" $!"
	restart "$1"
	ok "$1: this version counts" counting xa xb
	restart "$1"
	touch $RUN/stop
	wait $floods

	for name in xa xb; do
		sent=$(cat "$RUN/sent-$name")
		is "$1: $name: all $sent frames were counted" "$(passed $name)" "$sent $((sent * 100))"
	done
	is "$1: no polled value is below the one before it" \
		"$(grep '^[0-9]* [0-9]' $RUN/polled | fallen)" ""
	is "$1: the link stayed the same" "$(pinned xa link)" "$link"
	is "$1: no pin was refused" "$(grep 'left alone' $RUN/agent.log)" ""
	stop_agent
	unload >/dev/null
	detach xb
	rm $BPFFS/counts
}

veth xa
veth xb
settings "xdpInterface xa count" "xdpInterface xb map"
start_snmpd
for ((round = 0; round < ROUNDS; round++)); do
	if [ $((round % 2)) = 0 ]; then
		upgrade -TERM
	else
		upgrade -KILL
	fi
done
done_testing
