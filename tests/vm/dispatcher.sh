#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Behind libxdp's dispatcher it is the last word on each frame that counts: whatever three components
# return, and while components come, go and change places under a flood. PAUSE is the time between
# frames of the flood in microseconds.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/vm/lib.sh"
need xdp-loader

PAUSE=${PAUSE:-200}
ABORTED=0 DROP=1 PASS=2 TX=3 REDIRECT=4
FATES=$builddir/tests/vm/dispatcher_fates
TRACE=/sys/kernel/tracing
LIBXDPS='name (xdp_dispatcher|first|second|third) '

# The components, as fate_of() wants them: which verdict of a frame is theirs, and after which ones
# the dispatcher asks the next component.
FIRST=0:23 SECOND=1:12 THIRD=2:12
declare -A ACTIONS=([first]="XDP_PASS,XDP_TX" [second]="XDP_PASS,XDP_DROP" [third]="XDP_PASS,XDP_DROP")

# load PRIORITY COMPONENT [MODE]
load() {
	load_component xa "$1" "$2" -m "${3-native}" -A "${ACTIONS[$2]}"
}

# is_shown COMPONENTS: by the agent.
is_shown() {
	ok "observed, and named: $1" wait_for 5 dispatching xa "$1"
}

# is_loaded COUNT: programs of libxdp and our components, in the kernel.
is_loaded() {
	[ "$(bpftool prog show | grep -Ec "$LIBXDPS")" = "$1" ]
}

# fate_of COMPONENT...: sets fate of a frame with these verdicts, by the rule of the dispatcher.
fate_of() {
	local component

	for component; do
		fate=${verdicts[${component%:*}]}
		[[ ${component#*:} = *$fate* ]] || return
	done
	fate=$PASS
}

# xdpErrInvalidActions
invalid_actions() {
	get "$ROOT.1.5.1.2.$(ifindex xa)"
}

# all_triples TEXT COMPONENT...: on frames for which the components return each triple of verdicts.
invalid=0
all_triples() {
	local a b c length sent arrivals fate verdicts agreed=0 exceptions=0
	local -A arrive=([$PASS]="1 0 0" [$TX]="0 1 0" [$REDIRECT]="0 0 1")

	echo >$TRACE/trace
	"$FATES" xa xb 1 0 >$RUN/fates
	while read -r a b c length sent arrivals; do
		verdicts=("$a" "$b" "$c")
		fate_of "${@:2}"
		[ "$arrivals" = "${arrive[$fate]-0 0 0}" ] && agreed=$((agreed + 1))
		if [ "$fate" -gt $REDIRECT ]; then
			invalid=$((invalid + sent))
			fate=$ABORTED
		fi
		[ "$fate" -ne $ABORTED ] || exceptions=$((exceptions + sent))
		note xa "$fate" "$sent" "$length"
	done <$RUN/fates
	is "$1: the frames met the fate that the rule of the dispatcher says" $agreed 216
	is "... and raised as many exceptions" \
		"$(grep -c "xdp_exception: .* ifindex=$(ifindex xa)" $TRACE/trace)" $exceptions
	exact "... and are counted so" xa
	is "... as many as invalid actions" "$(invalid_actions)" "$invalid"
}

# came COLUMN: how many frames of the flood did, as the sender saw it.
came() {
	awk -v column="$1" '{ sum += $column } END { print sum }' $RUN/fates
}

# grown VERDICT...: what was counted meanwhile.
grown() {
	local verdict sum=0

	for verdict; do
		sum=$((sum + ${after[verdict]% *} - ${before[verdict]% *}))
	done
	echo $sum
}

bpftool prog load "$builddir/tests/e2e/pass.bpf.o" /sys/fs/bpf/pass type xdp
for name in xa xb; do
	veth $name
	# So that it takes frames which the other end sends by XDP.
	nsenter --net=$RUN/netns/peer ip link set dev $name-p xdpdrv pinned /sys/fs/bpf/pass
done
mount -t tracefs tracefs $TRACE
echo 1 >$TRACE/events/xdp/xdp_exception/enable
load 10 first
load 20 second
load 30 third
without=$(xdp-loader status xa)
serve -i xa:observe
is_shown "first, second, third"
is "xdp-loader status: the same with us" "$(xdp-loader status xa)" "$without"
all_triples "three components" $FIRST $SECOND $THIRD

unload_component xa third
is_shown "first, second"
unload_component xa first
load 40 first
is_shown "second, first"
load 10 third
is_shown "third, second, first"
all_triples "in another order" $THIRD $SECOND $FIRST

# Components come and go under a flood.
unload_component xa third
unload_component xa second
is_shown "first"
readarray -t before < <(counted xa)
start_poll xa
began=$(date +%s%3N)
"$FATES" xa xb 1000 "$PAUSE" >$RUN/fates &
flood=$!
load 20 second
is_shown "second, first"
load 30 third
is_shown "second, third, first"
unload_component xa third
is_shown "second, first"
unload_component xa second
is_shown "first"
kill $flood
wait $flood
is "the flood ends" $? 0
flooded=$(($(date +%s%3N) - began))
end_poll
readarray -t after < <(counted xa)
ok "the counters were read meanwhile" [ "$polled" -gt 0 ]
is "... and never fell" "$fallen" ""
sent=$(came 5) passed=$(came 6) returned=$(came 7) redirected=$(came 8)
ok "no more was counted than passed" [ "$(grown $PASS)" -le "$passed" ]
ok "... than came back" [ "$(grown $TX)" -le "$returned" ]
ok "... than was redirected" [ "$(grown $REDIRECT)" -le "$redirected" ]
ok "... than did nothing of this" \
	[ "$(grown $ABORTED $DROP)" -le $((sent - passed - returned - redirected)) ]
seen=$(grown {0..4})
echo "# gap: 4 changes of components, $sent frames in $flooded ms, $((sent - seen)) of them not" \
	"counted, which is $(((sent - seen) * flooded / sent / 4)) ms a change; $polled readings"
ok "most frames were counted" [ "$seen" -gt $((sent / 2)) ]
for verdict in {0..4}; do
	noted[xa $verdict]=${after[verdict]}
done
invalid=$(invalid_actions)
all_triples "a lone component, after the flood" 0:

# In the stack instead of the driver; then all are unloaded at once.
xdp-loader unload xa -a
load 10 first skb
load 20 second skb
load 30 third skb
is_shown "first, second, third"
all_triples "generic" $FIRST $SECOND $THIRD
ok "xdp-loader unloads all while they are observed" xdp-loader unload xa -a
ok "... nothing is attached then" no_program xa
ok "... and nothing of it stays in the kernel" wait_for 5 is_loaded 0
exact "what was counted is kept" xa

stop_agent
is "the agent stops" "$agent_code" 0
done_testing
