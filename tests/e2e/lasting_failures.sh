#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What fails as long as the agent runs is told once, and is state then: in xdpIfStatusText, until it
# has got better.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# repeated: the lines of the log that are there more than once, without those of net-snmp's library.
repeated() {
	sort $RUN/agent.log | uniq -d | grep -v 'NET-SNMP\|^/.*: Too many open files'
}

veths xa xb
start_snmpd
echo "xdpReconcile 5" >$RUN/agent.conf

# --- the bpffs goes, and comes back --------------------------------------------------------------

# text_says NAME REGEX: of the whole xdpIfStatusText.
text_says() {
	column 4 "$1" | grep -xq "\"$2\""
}

start_agent -c $RUN/agent.conf -i xa,xb
wait_for 10 counting xa xb
frames xa 3 100
cookie=$(dirname "$(dirname "$(pin xa link)")")
umount -l /sys/fs/bpf
ok "the bpffs is gone: xdpIfStatusText says so" wait_for 20 text_says xa 'cannot pin .*that is in no bpffs.*; its counters end with the agent'
ok "... of each interface" wait_for 20 text_says xb 'cannot pin .*that is in no bpffs.*'
ip link set xa mtu 1400 # it is decided anew
ip link set xa mtu 1500
ip link add xc type veth peer name xc-p netns peer
kill -HUP "$agent_pid"
ok "... and again" wait_for 20 logged "the configuration was read again"
ok "they are counted" counting xa xb
is "each line is there once" "$(repeated)" ""
mount -t bpf -o mode=0700 bpf /sys/fs/bpf
ok "it is back: nothing is said any more" wait_for 20 text_says xa ''
ok "... of each interface" wait_for 20 text_says xb ''
is "... and all is pinned again" "$(cd "$cookie" && ls -d "$(ifindex xa)"/* "$(ifindex xb)"/*)" \
	"$(for name in xa xb; do printf '%s\n' "$(ifindex $name)"/{link,program,state,xdp_stats_map}; done)"
ok "... and what they have in common" wait_for 20 test -e "$cookie/0/errors"
like "no second agent gets in" "$(timeout 5 "$AGENT" -C -x "$AGENTX" -i xb 2>&1)" "another xdp-agentx serves"
frames xa 2 100
stop_agent
start_agent -c $RUN/agent.conf -i xa,xb
ok "the next agent goes on" wait_for 10 counting xa
is "... with all that was counted" "$(passed xa)" "5 500"

rm -r "$(dirname "$cookie")"
ok "the directory of all pins is removed: it comes back" wait_for 20 test -e "$cookie/$(ifindex xb)/link"
is "each line is there once" "$(repeated)" ""
stop_agent

# Something of somebody else's is where the link was pinned.
start_agent -c $RUN/agent.conf -i xa,xb
wait_for 10 counting xa xb
link=$(pin xa link)
rm "$link"
bpftool map create "$link" type array key 4 value 4 entries 1 name theirs
like "a pin is taken: it is released all the same" "$("$builddir/src/xdp-stats" release xa)" \
	'^xa: released; the agent lets go within xdpReconcile seconds$'
ok "... the running agent lets the hook go" wait_for 20 no_program xa
ok "... the other one is counted" counting xb
ok "... what is pinned there stays" test -e "$link"
is "each line is there once" "$(repeated)" ""
rm "$link"
"$builddir/src/xdp-stats" retake xa >/dev/null
ok "... and xa is taken again" wait_for 20 counting xa
stop_agent

# --- no descriptors ------------------------------------------------------------------------------

# With too few it cannot start.
started() {
	logged started || ! kill -0 "$agent_pid"
}

# turns NUMBER: it has waited as often as this since.
turns_taken() {
	cut -d' ' -f3 "/proc/$agent_pid/schedstat"
}
turns() {
	[ "$(turns_taken)" -ge $((before + $1)) ]
}

lived=0
for limit in {8..24..2}; do
	rm -f $RUN/agent.log
	(
		ulimit -n "$limit"
		exec "$AGENT" -C -c $RUN/agent.conf -x "$AGENTX" -Lf $RUN/agent.log -i xa,xb
	) &
	agent_pid=$!
	wait_for 20 started
	if logged started; then
		lived=$((lived + 1))
		before=$(turns_taken)
		ok "$limit descriptors: it goes on" wait_for 60 turns 10
		is "... each line is there once" "$(repeated)" ""
	fi
	stop_agent 2>/dev/null
	unload >/dev/null
done
ok "it started with some" [ $lived -ge 3 ]
done_testing
