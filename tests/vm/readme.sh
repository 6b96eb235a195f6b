#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands of README.md, in the situation that it tells of: each prints what is shown there.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
need xdp-filter
need jq
need script

PATH=$builddir/src:$PATH
cd "$srcdir" || exit 1

# blocks: of the sections on what is served and on the terminal, each line of code; an empty one between
# two blocks.
blocks() {
	sed '/^## What it serves/,/^## Install/!d' README.md | sed 's/^    //; t; s/.*//' | cat -s
}

# is_command LINE: behind a prompt there is one; head lines of xdp-stats begin as the prompt of root does.
is_command() {
	local program=${1:2}

	[[ $1 = [\#$]\ * ]] && command -v "${program%% *}" >/dev/null
}

# prints COMMAND: on a terminal without escape sequences.
prints() {
	TERM=dumb script -qec "stty cols 80; $1" /dev/null </dev/null | tr -d '\r' | expand
}

# Numbers that the kernel gives, and the version.
generalize() {
	sed -E 's/program [0-9]+/program N/; s|(xdp-agentx/)[0-9]+/|\1N/|'
}

# check COMMAND SHOWN: exactly; around [...] each line that is shown has to be there.
check() {
	local command=$1 shown=$2 printed

	case $command in
	*retake*) wait_for 5 waiting eth1 ;;
	*unload*) wait_for 5 counting eth1 && stop_agent -TERM ;;
	esac
	printed=$(prints "$command" | generalize)
	shown=$(generalize <<<"$shown")
	if [[ $shown = *"[...]"* ]]; then
		is "$command" "$(grep -vxF '[...]' <<<"$shown" | grep -vxFf <(echo "$printed"))" ""
	else
		is "$command" "$printed" "$shown"
	fi
}

veth eth1
veth eth2
xdp-filter load eth2 -m native -f ethernet
xdp-filter ether -m src 06:06:06:06:06:06 # as send_frames calls itself
printf '%s\n' "xdpInterface eth1 count" "xdpInterface * observe" "xdpReconcile 1" >$RUN/agent.conf
serve -c $RUN/agent.conf
ok "the situation of README.md" wait_for 10 counting eth1 eth2
is "... down to the ifIndex" "$(ifindex eth1) $(ifindex eth2)" "2 3"
mapfile -t online < <(sed -n 's/^processor[[:space:]]*: //p' /proc/cpuinfo)
ip netns exec peer taskset -c "${online[0]}" "$builddir/tests/e2e/send_frames" eth1-p 1000 60
ip netns exec peer taskset -c "${online[1]}" "$builddir/tests/e2e/send_frames" eth1-p 500 1514
frames eth2 300 100

command='' shown=''
while IFS= read -r line; do
	if [ "$command" ] && { [ -z "$line" ] || is_command "$line"; }; then
		check "$command" "$shown"
		command=''
	fi
	if is_command "$line"; then
		command=${line:2} shown=''
	elif [ "$line" ]; then
		shown+=${shown:+$'\n'}$line
	fi
done < <(blocks; echo)
ok "commands were found" [ $tests_run -gt 8 ]
done_testing
