#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check_xdp as in its README: every state provoked, rates above 2^53, what restarts do to it; and Icinga 2.
. "${srcdir:-.}/tests/nms/lib.sh" || exit 1

cd "$NMS/nagios" || exit 1
mount -t tmpfs tmpfs /var/tmp
if [ -d /usr/lib/nagios ]; then
	mount -t tmpfs tmpfs /usr/lib/nagios
fi

PLUGIN=/usr/lib/nagios/plugins/check_xdp
run_command README.md '^mkdir'
run_command README.md '^cp check_xdp'

# checked ARGUMENT...: exit code and text. With another shell, or as somebody: WITH.
WITH=
checked() {
	local text code

	text=$($WITH $PLUGIN -H $SNMP_ADDRESS -t 2 "$@" 2>&1)
	code=$?
	echo "$code $text"
}

# large NAME: its counter of drops, the sum of all CPUs, is between 2^63 and 2^64.
large() {
	bpftool map update id "$(map_of "program-$1")" key $DROP 0 0 0 value \
		0 0 0 0 0 0 0 $((240 / $(getconf _NPROCESSORS_CONF))) 0 0 0 0 0 0 0 0
}

counted_by_itself eth1 eth2
large eth2
start_snmpd "createUser xdp SHA correct-horse AES battery-staple" "rouser xdp priv"
is "no agent: UNKNOWN" "$(checked -i eth1)" \
	"3 XDP UNKNOWN - 192.0.2.10 serves no XDP statistics: xdp-agentx does not run, or a view of snmpd hides it"
start_agent -c $RUN/agent.conf
wait_for 5 reading eth1
wait_for 5 reading eth2

# ticks NAME: of snmpd, at the last check.
ticks() {
	awk '{ print $3 }' "/var/tmp/check_xdp-0/${SNMP_ADDRESS}_$1_$ROOT"
}

# ticking NAME: a rate needs another hundredth of a second than that of the last check.
ticking() {
	[ "$(get .1.3.6.1.2.1.1.3.0)" -gt "$(ticks "$1")" ]
}

# rates NAME DROPPED ABORTED [ARGUMENT...]: sends so many between two checks; what the second says, and
# what it has to say of rates.
rates() {
	local start

	checked -i "$1" "${@:4}" >/dev/null
	start=$(ticks "$1")
	send "$1" $DROP "$2" 100
	send "$1" $ABORTED "$3" 100
	wait_for 1 ticking "$1"
	said=$(checked -i "$1" "${@:4}")
	due=$(awk -v drop="$2" -v aborted="$3" -v ticks=$(($(ticks "$1") - start)) 'BEGIN {
		printf "drop %.1f/s aborted %.1f/s", drop * 100 / ticks, aborted * 100 / ticks }')
}

# --- states --------------------------------------------------------------------------------------

is "the first check: OK, as in the README" "$(run_command README.md '^[^ ]* -H 192.0.2.10 -i eth1$')" \
	"$(sed -n 's/^    \(XDP OK .* first check\)$/\1/p' README.md)"
rates eth1 1000 0
is "no limit for drops: OK, with the rate" "${said%% |*}" "0 XDP OK - eth1: native, own_map; $due"
rates eth1 1000 0 -w 1,0 -c 1000000000,
is "drops above -w: WARNING" "${said%% |*}" "1 XDP WARNING - eth1: native, own_map; $due"
rate=${due#drop }
is "... with perfdata" "${said##* | }" \
	"aborted=0.0;0;;0 drop=${rate%%/*};1;1000000000;0 pass=0.0;;;0 tx=0.0;;;0 redirect=0.0;;;0"
rates eth1 1000 0 -w 1,0 -c 2,
is "drops above -c: CRITICAL" "${said%% |*}" "2 XDP CRITICAL - eth1: native, own_map; $due"
rates eth1 0 3
is "any aborted frame: WARNING" "${said%% |*}" "1 XDP WARNING - eth1: native, own_map; $due"
rates eth1 0 3 -c ,0
is "aborted frames above -c: CRITICAL" "${said%% |*}" "2 XDP CRITICAL - eth1: native, own_map; $due"
rates eth1 0 0 -w 0,0 -c 0,0
is "nothing at all: OK" "${said%% |*}" "0 XDP OK - eth1: native, own_map; $due"
WITH="bash --posix"
rates eth1 7 1
is "the same with bash" "${said%% |*}" "1 XDP WARNING - eth1: native, own_map; $due"
WITH="setpriv --reuid 65534 --clear-groups"
is "and as somebody else, whose first check it is" "$(checked -i eth1)" \
	"0 XDP OK - eth1: native, own_map; no rate yet, this is the first check"
WITH=

large_value=$(packets eth2 $DROP)
ok "a counter above 2^63: $large_value" [ ${#large_value} -eq 20 ]
rates eth2 12345 0
is "... its rate is exact" "${said%% |*}" "0 XDP OK - eth2: native, own_map; $due"

is "no such interface: UNKNOWN" "$(checked -i eth3)" \
	"3 XDP UNKNOWN - 192.0.2.10 has no interface named 'eth3'"
is "one without XDP: UNKNOWN" "$(checked -i lo)" "3 XDP UNKNOWN - xdp-agentx does not watch lo of 192.0.2.10"
like "a wrong community: UNKNOWN" "$(checked -i eth1 -C wrong -t 0.3)" \
	'^3 XDP UNKNOWN - no answer from 192.0.2.10: Timeout'
is "a limit that is none: UNKNOWN" "$(checked -i eth1 -w many)" \
	"3 XDP UNKNOWN - 'many' is no limit; expected DROP,ABORTED, for example 1000,0"
like "no interface at all: usage" "$(checked)" '^3 usage: check_xdp'
chmod 755 /var/tmp/check_xdp-0
is "a directory that others may read: UNKNOWN" "$(checked -i eth1)" \
	"3 XDP UNKNOWN - /var/tmp/check_xdp-0 has to be a directory of this user, with mode 0700"
chmod 700 /var/tmp/check_xdp-0

# --- SNMPv3 --------------------------------------------------------------------------------------

checked -i eth1 >/dev/null
wait_for 1 ticking eth1
is "SNMPv3, as in the README: OK" "$(run_command README.md ' -U xdp')" \
	"$(sed -n 's/^    \(XDP OK .* drop 0.0.*\)$/\1/p' README.md)"
like "... with a wrong password: UNKNOWN" \
	"$(checked -i eth1 -U xdp -L authPriv -a SHA -A wrong-horse -x AES -X battery-staple)" \
	'^3 XDP UNKNOWN - no answer from 192.0.2.10: .*Authentication failure'

# --- what happens to agents, interfaces and programs ---------------------------------------------

checked -i eth1 >/dev/null
stop_agent
send eth1 $DROP 50 100
start_agent -c $RUN/agent.conf
wait_for 5 reading eth1
like "the agent restarted: the rate goes on" "$(checked -i eth1)" '^0 XDP OK .* drop [0-9.]*[1-9][0-9.]*/s aborted'
stop_snmpd
start_snmpd
ok "snmpd restarted" wait_for 10 reading eth1
is "... no rate: OK" "$(checked -i eth1)" \
	"0 XDP OK - eth1: native, own_map; no rate yet, this is the first check since snmpd was started"
rates eth1 100 0
is "... the next is right again" "${said%% |*}" "0 XDP OK - eth1: native, own_map; $due"

# shellcheck disable=SC2046 # octets
bpftool map update id "$(map_of program-eth1)" key $DROP 0 0 0 value $(yes 0 | head -n 16)
is "counters reset: WARNING" "$(checked -i eth1)" \
	"1 XDP WARNING - eth1: native, own_map; no rate, the counters were interrupted since the last check"

detach eth1
ok "no program" wait_for 5 waiting eth1
is "... WARNING" "$(checked -i eth1)" "1 XDP WARNING - eth1: none, no program is attached"
bpftool prog load "$builddir/tests/e2e/pass.bpf.o" $BPFFS/other type xdp
attach eth1 other
ok "a program that cannot be counted" wait_for 5 failed eth1
like "... CRITICAL, with the reason" "$(checked -i eth1)" \
	"^2 XDP CRITICAL - eth1: native, somebody, program 'somebody' .* has no map named xdp_stats_map"

checked -i eth2 >/dev/null
ip link delete eth2
veth eth2
attach eth2 program-eth2
found_again() {
	checked -i eth2 | grep -q '^0 .* no rate yet'
}
ok "an interface with another number: found by its name" wait_for 60 found_again
noted=()
rates eth2 100 0
is "... and the next rate is right" "${said%% |*}" "0 XDP OK - eth2: native, own_map; $due"

# --- the README's rate, and Icinga 2 -------------------------------------------------------------

attach eth1 program-eth1
wait_for 5 reading eth1
start_pace eth1 $DROP 1000
over() {
	[ "$(date +%s)" -ge $end ]
}
wait_for 5 test -s $RUN/sent-eth1-$DROP
from=$(date +%s.%N)
checked -i eth1 >/dev/null
end=$(($(date +%s) + 10))
wait_for 20 over
to=$(date +%s.%N)
output=$(run_command README.md ' -w 500')
echo "# $output"
sent_until_then() {
	[ "$(sent_rate eth1 $DROP "$from" "$to")" ]
}
wait_for 5 sent_until_then
like "1000 frames a second: WARNING, as in the README" "$output" '^XDP WARNING - eth1: native, own_map; drop'
rate=${output##* drop=}
ok "... and so many they are" near "${rate%%;*}" "$(sent_rate eth1 $DROP "$from" "$to")"

if command -v icinga2 >/dev/null; then
	for directory in /etc/icinga2/conf.d /var/lib/icinga2 /var/log/icinga2 /var/cache/icinga2; do
		mount -t tmpfs tmpfs $directory
	done
	cat >/etc/icinga2/conf.d/host.conf <<'END'
object StatusDataWriter "status" { update_interval = 1s }
object Host "edge1" {
	check_command = "dummy"
	address = "192.0.2.10"
	vars.xdp["eth1"] = { xdp_warning = "100,0", xdp_critical = "1000000," }
	vars.xdp["eth2"] = { }
	vars.xdp["eth9"] = { }
}
END
	run_command README.md '^cp xdp-command.conf'
	ok "Icinga 2 is content with the files" run_command README.md '^icinga2'
	mkdir $RUN/icinga2
	icinga2 daemon -DConfiguration.RunAsUser=root -DConfiguration.RunAsGroup=root >$RUN/icinga.log 2>&1 &
	icinga_pid=$!

	# service NAME: state and text.
	service() {
		awk -v name="xdp $1" '
			/^servicestatus/ { here = state = "" }
			$0 == "\tservice_description=" name { here = 1 }
			sub(/^\tcurrent_state=/, "") { state = $0 }
			sub(/^\tplugin_output=/, "") && here { print state, $0 }' \
			/var/cache/icinga2/status.dat
	}
	is_now() {
		service "$1" | grep -Eq "$2"
	}
	ok "Icinga 2 runs it: UNKNOWN" wait_for 30 is_now eth9 "^3 XDP UNKNOWN - 192.0.2.10 has no interface named 'eth9'"
	ok "... OK" wait_for 30 is_now eth2 '^0 XDP OK - eth2: native, own_map'
	ok "... WARNING" wait_for 90 is_now eth1 '^1 XDP WARNING - eth1: native, own_map; drop'
	kill $icinga_pid
	wait $icinga_pid
else
	skip "Icinga 2" "it is not installed"
fi
end_pace
all_run README.md
done_testing
