#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The time objects over restarts: of snmpd, of the agent with and without pins, of both. Expected and
# seen stand side by side in the table that is printed.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# times: xdpIfLastChange, xdpIfDiscontinuityTime, xdpIfTableLastChange, xdpIfProgramChanges, sysUpTime.
times() {
	get $ROOT.1.2.1.{9,10}."$(ifindex xa)" $ROOT.1.1.6.0 $ROOT.1.2.1.8."$(ifindex xa)" \
		.1.3.6.1.2.1.1.3.0 | paste -sd' '
}

# look WHAT CHANGE DISCONTINUITY TABLE CHANGES: takes the times; what is expected is "same" as at the
# last look, "zero", "now" (since the step before this look began), "new" (in the life of a master
# that has just begun) or a number.
printf '# %-34s %-22s %-22s %-22s %s\n' "" xdpIfLastChange xdpIfDiscontinuityTime \
	xdpIfTableLastChange xdpIfProgramChanges
look() {
	local seen last i wrong="" shown="" what=$1
	read -ra last <<<"$previous"
	read -ra seen < <(times)
	for i in 0 1 2; do
		case ${*:$((i + 2)):1} in
		same) [ "${seen[i]}" = "${last[i]}" ] ;;
		zero) [ "${seen[i]}" = 0 ] ;;
		new) [ "${seen[i]}" -gt 0 ] && [ "${seen[i]}" -le "${seen[4]}" ] ;;
		now) [ "${seen[i]}" -gt "$began" ] && [ "${seen[i]}" -le "${seen[4]}" ] ;;
		esac || wrong+=" $i"
		shown+=$(printf '%-22s ' "${*:$((i + 2)):1}: ${seen[i]}")
	done
	[ "${seen[3]}" = "$5" ] || wrong+=" 3"
	printf '# %-34s %s %s: %s\n' "$what" "$shown" "$5" "${seen[3]}"
	is "$what" "$wrong" ""
	previous="${seen[*]}"
}

# step: what comes now happens later than everything until now, by the clock of sysUpTime.
step() {
	began=$(get .1.3.6.1.2.1.1.3.0)
	wait_for 2 later
}
later() {
	[ "$(get .1.3.6.1.2.1.1.3.0)" -gt "$began" ]
}

changed() {
	[ "$(column 8 xa)" = 2 ]
}

restart_agent() {
	stop_agent "$@"
	start_agent -c $RUN/agent.conf -i xa
	wait_for 10 counting xa
}

restart_snmpd() {
	stop_snmpd -KILL
	start_snmpd
	wait_for 10 counting xa
}

veth xa
echo "xdpReconcile 1" >$RUN/agent.conf
previous="0 0 0 0 0"
start_snmpd
step
start_agent -c $RUN/agent.conf -i xa
wait_for 10 counting xa
look "start" now now now 1
step
look "nothing happens" same same same 1
step
restart_agent
look "agent restarted, pins" same same now 0
step
restart_agent -KILL
look "agent killed, pins" same same now 0
step
bpftool link detach pinned "$(pin xa link)"
wait_for 5 changed
look "program detached by force" now now now 2
restart_snmpd
look "snmpd restarted" zero zero zero 2
step
restart_agent
look "agent restarted after it" zero zero now 0
step
"$builddir/src/xdp-stats" release xa >/dev/null
wait_for 5 waiting xa
look "released" now same now 1
step
"$builddir/src/xdp-stats" retake xa >/dev/null
wait_for 5 counting xa
look "retaken" now now now 2
stop_agent
stop_snmpd
start_snmpd
start_agent -c $RUN/agent.conf -i xa
wait_for 10 counting xa
look "both restarted" zero zero new 0
echo "xdpPersist no" >>$RUN/agent.conf
kill -HUP "$agent_pid"
wait_for 5 logged "the configuration was read again"
step
restart_agent
look "agent restarted, no pins" now now now 1
done_testing
