#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A map behind libxdp's dispatcher: that of the component which counts in it, xdp-filter's here, is found
# and served as xdp-filter has it, whatever comes and goes around it. Where two components have one, or
# one is on two interfaces, that is refused in words.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"
need xdp-filter
need xdp-loader

DROP=1 PASS=2
FILTER=xdpfilt_alw_all
SENDER=06:06:06:06:06:06 # as send_frames calls itself

# reading NAME COMPONENTS: a map behind the dispatcher that is there is read.
reading() {
	[ "$(row "$1" | cut -d'|' -f2-6)" = "4|1||$(xdp_id "$1")|xdp_dispatcher: $2" ]
}

# refused NAME COMPONENTS WHY: so much of the name as there is room for.
refused() {
	local name="xdp_dispatcher: $2"

	[ "$(row "$1" | cut -d'|' -f2-4)" = "1|3|program '${name:0:40}' (id $(xdp_id "$1"), native) has no map that can be read: $3" ]
}

no_counters() {
	[[ $(packets "$1" $PASS) = "No Such Instance"* ]]
}

# map_of COMPONENT: the id of its map.
map_of() {
	bpftool map show name xdp_stats_map | sed -n 's/^\([0-9]*\):.*/\1/p' |
		grep -Fxf <(bpftool prog show name "$1" | sed -n 's/.*map_ids \([0-9,]*\).*/\1/p' | tr , '\n')
}

# as_the_filter TEXT: what was sent is served, and is what xdp-filter says.
as_the_filter() {
	exact "$1" xa
	is "... as xdp-filter has it" "$(counted xa | head -n 3)" "$(filter_says)"
}

veths xa xb
xdp-filter load xa -m native
send xa $PASS 10 100 # before anybody reads
printf '%s\n' "xdpReconcile 1" "xdpInterface xa,xb map" >$RUN/agent.conf
serve -c $RUN/agent.conf
ok "a lone component: its map is read" wait_for 5 reading xa $FILTER
dispatchers=("$(xdp_id xa)")
xdp-filter ether -m src $SENDER
send xa $DROP 11 101
as_the_filter "... and served"

start_poll xa
before=$(column 10 xa)
load_component xa 5 first
load_component xa 30 third
ok "others come before and after it" wait_for 5 reading xa "first, $FILTER, third"
ok "... the discontinuity moves" [ "$(column 10 xa)" -gt "$before" ]
dispatchers+=("$(xdp_id xa)")
deliver xa 12 102 $DROP # by the first, which has no map
send xa $DROP 13 103 $PASS
xdp-filter ether -m src -r $SENDER
send xa $PASS 14 104 $PASS # the third aborts them
as_the_filter "... it counts what it decides itself"
unload_component xa first
ok "one of them goes" wait_for 5 reading xa "$FILTER, third"
dispatchers+=("$(xdp_id xa)")
send xa $PASS 15 105
as_the_filter "... still exact"
is "each of these was another dispatcher" "$(printf '%s\n' "${dispatchers[@]}" | sort -u | wc -l)" 3

xdp-loader load -m native -P 40 -n own_map xa "$builddir/tests/e2e/own_map.bpf.o"
several="it has several maps named xdp_stats_map (id $(map_of $FILTER) and $(map_of own_map))"
ok "another component with such a map: refused in words" \
	wait_for 5 refused xa "$FILTER, third, own_map" "$several"
ok "... no counters" no_counters xa
deliver xa 16 106 # which of the two is to be believed is not known
unload_component xa own_map
ok "it goes: the map is read again" wait_for 5 reading xa "$FILTER, third"
exact "... from then on" xa
send xa $PASS 17 107
exact "... and counts on" xa

xdp-filter load xb -m native
shared="several programs count in its map (id $(map_of $FILTER)): whose interface a value is of cannot be told"
ok "on two interfaces: refused in words, the second" wait_for 5 refused xb $FILTER "$shared"
ok "... and the first" wait_for 5 refused xa "$FILTER, third" "$shared"
ok "... neither is served" no_counters xb
ok "... rather than as it was" no_counters xa
deliver xb 18 108
xdp-filter unload xb
ok "the second goes: the first is read again" wait_for 5 reading xa "$FILTER, third"
ok "... and the second waits" wait_for 5 waiting xb
send xa $PASS 19 109
exact "... none of its frames is served" xa

xdp-filter unload xa
ok "the component goes: refused in words" wait_for 5 refused xa third \
	"it has no map named xdp_stats_map; name the one it counts in by xdpMap"
xdp-filter load xa -m native
ok "... and comes back with another map, which is read" wait_for 5 reading xa "$FILTER, third"
send xa $PASS 20 110
exact "... and counted on" xa
end_poll
is "no value has fallen" "$fallen" ""
ok "... and some were asked for" [ "$polled" -gt 1 ]
stop_agent
is "the agent stops" "$agent_code" 0
done_testing
