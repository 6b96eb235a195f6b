#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without CAP_SYS_ADMIN: counters of count outlive the agent, also an upgrade and kill -9 at any of
# the steps that concern the program's pins; what 0.1.0 has left is taken over by one who has it.
WITHOUT=sys_admin
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

WITH=$AGENT
NEXT=$(without $WITHOUT "$builddir/tests/next/xdp-agentx")
AGENT=$(without $WITHOUT "$AGENT")

veth xa
start_snmpd
start_agent -i xa
wait_for 10 counting xa
dir=$(dirname "$(pin xa link)")
link=$(pinned xa link)
is "it lacks the capability" "$(grep -c 'CAP_SYS_ADMIN is missing' $RUN/agent.log)" 1
is "the program is pinned beside its link" "$(bpftool prog show pinned "$dir/program" | sed -n 's/^\([0-9]*\):.*/\1/p')" \
	"$(xdp_id xa)"
total=0

# goes_on WHAT: the agent, started again, has all that was counted, and counts on the same link.
goes_on() {
	frames xa 3 100 # nobody looks
	total=$((total + 3))
	rm -f $RUN/agent.log
	start_agent -i xa
	ok "$1: it counts again" wait_for 10 counting xa
	frames xa 2 100
	total=$((total + 2))
	is "... and nothing is lost" "$(passed xa)" "$total $((total * 100))"
	is "... by the same link" "$(pinned xa link)" "$link"
	is "... with nothing to say" "$(column 4 xa)" '""'
	is "... and its pins are whole" "$(cd "$dir" && echo *)" "link program state xdp_stats_map"
}

stop_agent
goes_on "stopped"
stop_agent -KILL
goes_on "killed"
stop_agent
AGENT=$NEXT goes_on "upgraded"
ok "... to another program" logged "the counter program was replaced by this version's"
stop_agent
goes_on "downgraded"
stop_agent

# A crash between the exchange of the program and that of its pin, and one before it.
mv "$dir/program" "$dir/program_new"
goes_on "the new program has not got its name yet"
stop_agent
bpftool prog load "$builddir/tests/e2e/pass.bpf.o" "$dir/program_new"
goes_on "a new program was pinned, and did not get to the link"
stop_agent

rm "$dir/xdp_stats_map" # which nobody finds without the capability
frames xa 3 100
start_agent -i xa
ok "the pin of the map is lost: it counts again" wait_for 10 counting xa
before=$(packets xa 2)
frames xa 4 100
is "... from what was known" "$(packets xa 2)" $((before + 4))
is "... on the same link" "$(pinned xa link)" "$link"
ok "... which never falls" [ "$before" -ge "$total" ]
stop_agent
total=$((before + 4))
goes_on "after that"
stop_agent

# 0.1.0 pins the link alone.
rm "$dir/program"
rm -f $RUN/agent.log
start_agent -i xa
ok "pins of 0.1.0: it takes the capability once to take them over" wait_for 10 failed xa
like "... which the text says" "$(column 4 xa)" "takes CAP_SYS_ADMIN"
is "... and the program goes on" "$(pinned xa link)" "$link"
stop_agent
AGENT=$WITH goes_on "with it"
stop_agent
goes_on "from then on without"
stop_agent
like "xdp-stats unload without it" "$($(without sys_admin "$builddir/src/xdp-stats") unload xa 2>&1)" \
	"^xa: program and counters taken away"
is "... takes the program off" "$(xdp_id xa)" ""
is "... and leaves no pin" "$(ls "$dir" 2>/dev/null)" ""
done_testing
