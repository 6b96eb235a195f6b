#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Notifications, as snmptrapd gets them through snmpd: each with its objects, none for what was there,
# kept while snmpd is away, and in bursts that no other manager notices.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/notify_lib.sh"

OTHER=$builddir/tests/e2e/pass.bpf.o # its program is called somebody
MANY=400
QUEUE=256 # NOTIFY_QUEUE

# --- what has come -------------------------------------------------------------------------------

arrived_once() {
	[ "$(traps | sort -u | wc -l)" -ge "$1" ]
}

# the_traps NAME LINE...: these come, in this order, and no other has come before them.
the_traps() {
	local name=$1
	shift
	wait_for 10 arrived $#
	is "$name" "$(traps)" "$(printf '%s\n' "$@")"
	forget
}

# The lines to expect of an interface: MODE, the ids and names of programs, status and text.
attached() {
	echo "xdpProgramAttached|ifName.$(ifindex "$1")=$1|xdpIfAttachMode.$(ifindex "$1")=$2|$(
		)xdpIfProgramId.$(ifindex "$1")=$3|xdpIfProgramName.$(ifindex "$1")=$4"
}

detached() {
	echo "xdpProgramDetached|ifName.$(ifindex "$1")=$1|$(
		)xdpNotifyOldProgramId.0=$2|xdpNotifyOldProgramName.0=$3"
}

replaced() {
	echo "$(attached "$1" "$2" "$3" "$4" | sed s/Attached/Replaced/)|$(
		)xdpNotifyOldProgramId.0=$5|xdpNotifyOldProgramName.0=$6"
}

status() {
	echo "xdpIfStatusChange|ifName.$(ifindex "$1")=$1|xdpIfStatus.$(ifindex "$1")=$2|$(
		)xdpIfStatusText.$(ifindex "$1")=$3"
}

others_program() {
	[ "$(xdp_id "$1")" ] && [ "$(xdp_id "$1")" != "$2" ]
}

left_alone() {
	echo "program 'somebody' (id $1, $2) is attached already and is left alone: detach it to have$(
		) the interface counted"
}

settings() {
	printf '%s\n' "agentXPingInterval 1" "xdpReconcile 1" "$@" >$RUN/agent.conf
}

# --- one by one ----------------------------------------------------------------------------------

start_snmptrapd
veth na
veth nb
ip link set dev nb xdpgeneric obj "$OTHER" sec xdp
settings "xdpInterface na,nb count" "xdpInterface n* count"
start_snmpd "trap2sink $SINK public"
start_agent -c $RUN/agent.conf
wait_for 10 counting na
ours=$(xdp_id na)
theirs=$(xdp_id nb)
the_traps "at the start: what fails and what we attach, not what was there" \
	"$(status nb failed "$(left_alone "$theirs" generic)")" \
	"$(attached na native "$ours" xdp_stats_count)"
is "xdpNotificationsEnabled, xdpNotificationsSuppressed" "$(get $ROOT.1.1.{7,8}.0 | paste -sd ' ')" \
	"1 0"

ip link set dev nb xdpgeneric off
wait_for 5 counting nb
the_traps "the other program is detached, and ours comes" \
	"$(detached nb "$theirs" somebody)" \
	"$(attached nb native "$(xdp_id nb)" xdp_stats_count)" \
	"$(status nb active "")"

bpftool link detach pinned "$(pin na link)"
wait_for 5 others_program na "$ours"
the_traps "ours is detached by force, and attached again" \
	"$(detached na "$ours" xdp_stats_count)" \
	"$(attached na native "$(xdp_id na)" xdp_stats_count)"

ours=$(xdp_id na)
bpftool prog load "$OTHER" /sys/fs/bpf/other type xdp
"$builddir/tests/e2e/update_link" "$(pin na link)" /sys/fs/bpf/other
theirs=$(xdp_id na)
the_traps "ours is replaced" \
	"$(replaced na native "$theirs" somebody "$ours" xdp_stats_count)" \
	"$(status na failed "$(left_alone "$theirs" native)")"
bpftool link detach pinned "$(pin na link)"
wait_for 5 counting na
the_traps "... and takes the hook again" \
	"$(detached na "$theirs" somebody)" \
	"$(attached na native "$(xdp_id na)" xdp_stats_count)" \
	"$(status na active "")"

ours=$(xdp_id na)
"$builddir/src/xdp-stats" release na >/dev/null
wait_for 5 waiting na
"$builddir/src/xdp-stats" retake na >/dev/null
wait_for 5 counting na
the_traps "released and retaken" \
	"$(detached na "$ours" xdp_stats_count)" \
	"$(attached na native "$(xdp_id na)" xdp_stats_count)"

# --- none ----------------------------------------------------------------------------------------

stop_agent
start_agent -c $RUN/agent.conf
wait_for 10 counting na nb
stop_agent -KILL
start_agent -c $RUN/agent.conf -Dagentx/subagent
wait_for 10 counting na nb
veth nc
wait_for 5 counting nc
the_traps "two restarts: none for what was left attached" \
	"$(attached nc native "$(xdp_id nc)" xdp_stats_count)"
ip link delete nc
veth nd
wait_for 5 counting nd
the_traps "an interface with a program is deleted: none" \
	"$(attached nd native "$(xdp_id nd)" xdp_stats_count)"
veth zz
ip link set dev zz xdpgeneric obj "$OTHER" sec xdp
ip link set dev zz xdpgeneric off
ip link set nd down # Linux 6.1 renames no other
ip link set nd name zd
wait_for 5 no_program zd
ip link set zd name nd
ip link set nd up
wait_for 5 counting nd
the_traps "an interface that no line matches: none" \
	"$(attached nd native "$(xdp_id nd)" xdp_stats_count)"

# --- without snmpd, and many ---------------------------------------------------------------------

# all_have: each of the many has a program. Not by their rows: there may be no snmpd.
all_have() {
	[ "$(ip -o -d link show | grep -c '^[0-9]*: nz.*prog/xdp id')" = $MANY ]
}

# accounted: what arrived, and what xdpNotificationsSuppressed has grown by, is what was due.
accounted() {
	[ $(($(traps | wc -l) + $(suppressed) - $1)) -ge $MANY ]
}

stop_snmpd
for ((n = 1; n <= MANY; n += 2)); do
	echo "link add nz$n type veth peer name nz$((n + 1))"
done | ip -batch -
ok "$MANY interfaces are counted while snmpd is away" wait_for 60 all_have
start_snmpd "trap2sink $SINK public"
wait_for 10 served
is "... more than the queue takes: suppressed" "$(suppressed)" $((MANY - QUEUE))
ok "... which is logged once" test "$(grep -c 'notifications wait to be sent' $RUN/agent.log)" = 1
ok "... the first of the rest is sent at once" wait_for 5 arrived 50
names=$(traps | head -n 50 | sed 's/.*|ifName[^=]*=\([^|]*\).*/\1/')
is "... with what happened then" "$(traps | head -n 50)" "$(for name in $names; do
	attached "$name" native "$(xdp_id "$name")" xdp_stats_count
done)"
is "... in the order of the events" "$(for name in $names; do ifindex "$name"; done | sort -nuc 2>&1)" ""
is "... at 0 of the clock of a snmpd that was not there" "$(sed -n "$((forgotten + 1)),\$p" $RUN/traps |
	grep 4.1.0.=.xdp | head -n 50 | grep -c '^mib-2.1.3.0 = 0:0:00:00.00|')" 50

stop_snmpd
start_snmpd "trap2sink $SINK public"
wait_for 10 served
poll &
poll=$!
ok "snmpd restarted in between: delivered + suppressed = due" wait_for 60 accounted 0
is "... to the last one" "$(traps | wc -l)" $QUEUE
is "... each once" "$(traps | sort | uniq -d)" ""
forget

# --- hung ----------------------------------------------------------------------------------------

# It has a connection that it does not answer on; the agent closes that, and tries others.
tries() {
	[ "$(grep -c 'opening session' $RUN/agent.log)" -ge "$1" ]
}
before=$(grep -c 'opening session' $RUN/agent.log)
kill -STOP "$snmpd_pid"
for ((n = 1; n <= 30; n++)); do
	echo "nz$n"
done | xargs "$builddir/src/xdp-stats" release >/dev/null
ok "snmpd hangs: the agent tries to connect anew" wait_for 10 tries $((before + 2))
kill -CONT "$snmpd_pid"
wait_for 10 served
for ((n = 1; n <= 30; n++)); do
	echo "nz$n"
done | xargs "$builddir/src/xdp-stats" retake >/dev/null
ok "... 30 events while it hung, 30 thereafter: all come" wait_for 15 arrived_once 60
ok "... and one at most of them twice" test "$(traps | wc -l)" -le 61
forget

# --- switched off --------------------------------------------------------------------------------

before=$(suppressed)
for ((n = 1; n <= MANY; n++)); do
	echo "nz$n"
done | xargs "$builddir/src/xdp-stats" release >/dev/null
ok "$MANY are released" wait_for 20 arrived 40
settings "xdpInterface n* count" "xdpNotifications no"
hang_up
touch $RUN/stop
wait "$poll"
is "xdpNotifications no: xdpNotificationsEnabled" "$(get $ROOT.1.1.7.0)" 2
ok "... what waits is suppressed, and counted" wait_for 10 accounted "$before"
is "... delivered + suppressed = due" "$(($(traps | wc -l) + $(suppressed) - before))" $MANY
ok "another manager was answered all the time" test "$(grep -vc Timeout $RUN/polled)" -ge 10
is "... each time" "$(grep -c Timeout $RUN/polled)" 0
forget
before=$(suppressed)
"$builddir/src/xdp-stats" release na >/dev/null
wait_for 5 waiting na
is "an event is none that was due" "$(suppressed)" "$before"
settings "xdpInterface n* count" "xdpNotifications yes"
hang_up
"$builddir/src/xdp-stats" retake na >/dev/null
wait_for 5 counting na
the_traps "and yes again: from now on" "$(attached na native "$(xdp_id na)" xdp_stats_count)"

# --- another root --------------------------------------------------------------------------------

settings "xdpInterface n* count" "xdpRootOid .1.3.6.1.4.1.99999.7"
hang_up
ours=$(xdp_id nb)
"$builddir/src/xdp-stats" release nb >/dev/null
moved() {
	grep -a "ifName.$(ifindex nb) = nb|" $RUN/traps | tail -n 1 | grep -q 99999.7
}
wait_for 5 moved
is "xdpRootOid moves the notifications and their objects" \
	"$(tail -n 1 $RUN/traps | sed 's/^[^|]*|//; s/enterprises/E/g')" \
	"snmpModules.1.1.4.1.0 = E.99999.7.0.2|ifName.$(ifindex nb) = nb|E.99999.7.1.6.1.0 = $ours|$(
		)E.99999.7.1.6.2.0 = \"xdp_stats_count\""

stop_agent
is "SIGTERM ends it with 0" "$agent_code" 0
unload >/dev/null
stop_snmptrapd
done_testing
