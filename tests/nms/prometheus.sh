#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# snmp_exporter, old and new, and Prometheus as in packaging/nms/prometheus/README.md: what arrives is
# what is shown there, by the labels that it says.
. "${srcdir:-.}/tests/nms/lib.sh" || exit 1
need prometheus
need prometheus-snmp-exporter

HERE=$NMS/prometheus
NEW=127.0.0.1:9117 # the exporter of Debian 13
cd "$HERE" || exit 1

# in_trixie COMMAND...: in Debian 13, which sees this folder, the MIBs and an /etc/prometheus of ours.
in_trixie() {
	chroot "$trixie" env -C /mnt "$@"
}

if trixie=$(trixie_root 2>$RUN/why); then
	mount --bind "$HERE" "$trixie/mnt"
	mount -t tmpfs tmpfs "$trixie/tmp"
	mount -t tmpfs tmpfs "$trixie/etc/prometheus"
	mib_dir "$trixie/tmp/mibs"
else
	trixie=
fi
mount -t tmpfs tmpfs /var/lib/prometheus
mount -t tmpfs tmpfs /etc/prometheus
touch /etc/prometheus/snmp.yml

# --- what is shipped is what the generators make -------------------------------------------------

mib_dir $RUN/mibs
ok "the generator, as in the README" run_command README.md generator \
	"s|MIBDIRS=[^ ]*|MIBDIRS=$RUN/mibs|" "s|/tmp/snmp.yml|$RUN/snmp-0.21.yml|"
ok "... makes the file for snmp_exporter up to 0.22" cmp $RUN/snmp-0.21.yml snmp-0.21.yml
if [ "$trixie" ]; then
	ok "the generator of Debian 13" in_trixie prometheus-snmp-generator generate -m /tmp/mibs -o /tmp/snmp.yml
	ok "... makes the one for 0.23 and newer" cmp "$trixie/tmp/snmp.yml" snmp.yml
else
	skip "the generator of Debian 13" "$(<$RUN/why)"
fi

# --- rules ---------------------------------------------------------------------------------------

cp rules.yml "$srcdir/tests/nms/rules.test.yml" $RUN
ok "the rules are rules" promtool check rules rules.yml
ok "each alert is raised when it should, and only then" promtool test rules $RUN/rules.test.yml
is "... none is left out" "$(sed -n 's/.*alertname: \([A-Za-z]*\).*/\1/p' $RUN/rules.test.yml | sort -u)" \
	"$(sed -n 's/.*alert: //p' rules.yml | sort)"

# --- the exporters -------------------------------------------------------------------------------

counted_by_itself eth1 eth2
start_snmpd "rwcommunity private" "createUser xdp SHA correct-horse AES battery-staple" "rouser xdp priv"
start_agent -c $RUN/agent.conf
ok "two programs that count by themselves are read" wait_for 5 reading eth1
snmpset -v2c -c private "$SNMP_ADDRESS" ".1.3.6.1.2.1.31.1.1.1.18.$(ifindex eth1)" s uplink >/dev/null
wait_for 5 reading eth2
send eth1 $DROP 10 100
send eth1 $PASS 5 100
send eth2 $ABORTED 7 100

run_command README.md 'cat snmp-0.21.yml'
run_command README.md '^cp snmp.yml' "s|/etc|${trixie:-$RUN}&|"
run_command README.md '^cp auth.yml' "s|/etc|${trixie:-$RUN}&|"
run_command README.md 'exporter --config.file=/etc/prometheus/snmp.yml' >$RUN/exporter.log 2>&1 &

# scraped [AUTH [ADDRESS]]: what an exporter makes of all.
scraped() {
	curl -s "http://${2-127.0.0.1:9116}/snmp?module=xdp&auth=${1-public_v2}&target=$SNMP_ADDRESS" | grep '^xdp'
}

# expected: the counters that are to be scraped, as noted.
expected() {
	local name verdict verdicts=(aborted drop pass tx redirect) what packets octets

	for name in eth1 eth2; do
		for verdict in {0..4}; do
			read -r packets octets <<<"${noted[$name $verdict]-0 0}"
			for what in "Bytes $octets" "Packets $packets"; do
				echo "xdpStats${what% *}{ifAlias=\"$([ $name = eth2 ] || echo uplink)\",ifIndex=\"$(ifindex $name)\",ifName=\"$name\",xdpStatsAction=\"${verdicts[verdict]}\"} ${what#* }"
			done
		done
	done | sort
}

ok "snmp_exporter of Debian 12" wait_for 10 scraped
is "... has every counter, by name, alias and verdict" "$(scraped | grep '^xdpStats' | sort)" "$(expected)"
is "... as in the README" \
	"$(run_command README.md '^curl')" \
	"$(sed -n 's/^    \(xdpStatsPackets\)/\1/p' README.md)"
is "... the program" "$(scraped | grep -c 'xdpIfProgramName{.*xdpIfProgramName="own_map"} 1')" 2
is "... the state" "$(scraped | grep -c 'xdpIfStatus{.*xdpIfStatus="active"} 1')" 2
echo "# series of two interfaces: $(scraped | grep -c ifIndex), requests: $(
	curl -s "http://127.0.0.1:9116/snmp?module=xdp&target=$SNMP_ADDRESS" | sed -n 's/^snmp_scrape_packets_sent //p')"

new_command=$(command_of README.md 'file=/etc/prometheus/xdp.yml')
if [ "$trixie" ]; then
	in_trixie sh -c "$new_command --web.listen-address=$NEW" >$RUN/new.log 2>&1 &
	ok "snmp_exporter of Debian 13" wait_for 10 scraped public_v2 $NEW
	is "... the same" "$(scraped public_v2 $NEW | sort)" "$(scraped | sort)"
	is "... by SNMPv3" "$(scraped xdp_v3 $NEW | sort)" "$(scraped | sort)"
else
	skip "snmp_exporter of Debian 13" "$(<$RUN/why)"
fi

# --- Prometheus ----------------------------------------------------------------------------------

# Every second instead of every half minute, from both exporters.
run_command README.md '^cp rules.yml'
sed -i -e 's/scrape_interval: 30s/scrape_interval: 1s/' -e '1i global: {evaluation_interval: 1s}' /etc/prometheus/prometheus.yml
if [ "$trixie" ]; then
	sed -n '/job_name/,$p' /etc/prometheus/prometheus.yml |
		sed "s/job_name: xdp/job_name: new/; s/127.0.0.1:9116/$NEW/" >$RUN/job
	cat $RUN/job >>/etc/prometheus/prometheus.yml
fi
ok "promtool is content with the configuration" run_command README.md 'promtool check config'

start_pace eth1 $DROP 1000 100
start_pace eth1 $PASS 500 60
start_pace eth2 $ABORTED 20
run_command README.md '^prometheus --config' >$RUN/prometheus.log 2>&1 &

# value EXPRESSION [OPTION...]: of the one series.
value() {
	promtool query instant "${@:2}" http://127.0.0.1:9090 "$1" 2>&1 | sed -n 's/.* => \([^ ]*\) @.*/\1/p'
}

# age: for how many seconds there have been values, of every job.
age() {
	[ "$(value "min(count_over_time(xdpStatsPackets{ifName='eth1',xdpStatsAction='drop'}[1h]))" | cut -d. -f1)" -ge "$1" ]
}
ok "Prometheus has values of 25 seconds" wait_for 60 age 25

# rate_is TEXT METRIC NAME VERDICT FACTOR: over 20 seconds, for each job, equal to what was sent between the first
# and the last scrape that it is made of.
rate_is() {
	local job series times now verdicts=(aborted drop pass)

	for job in xdp ${trixie:+new}; do
		series="$2{ifName='$3',xdpStatsAction='${verdicts[$4]}',job='$job'}[20s]"
		now=$(date +%s)
		times=$(promtool query instant --time "$now" http://127.0.0.1:9090 "$series" |
			sed -n 's/^[0-9.e+]* @\[\([0-9.]*\)\]$/\1/p' | sed -n '1p;$p' | paste -sd' ')
		# shellcheck disable=SC2086 # two words
		ok "$job: $1" near "$(value "rate($series)" --time "$now")" \
			"$(awk -v rate="$(sent_rate "$3" "$4" $times)" "BEGIN { print rate * $5 }")"
	done
}
rate_is "dropped frames" xdpStatsPackets eth1 $DROP 1
rate_is "... octets" xdpStatsBytes eth1 $DROP 100
rate_is "passed frames" xdpStatsPackets eth1 $PASS 1
rate_is "aborted frames" xdpStatsPackets eth2 $ABORTED 1
ok "the recording rule: two of three are dropped" near "$(value "xdp:drop_ratio:rate5m{ifName='eth1',job='xdp'}")" 0.6667
is "... and none on the other interface" "$(value "xdp:drop_ratio:rate5m{ifName='eth2',job='xdp'}")" 0
is "the program that aborts is on its way to an alert" \
	"$(value "count(ALERTS{alertname='XdpProgramFails',ifName='eth2',job='xdp'})")" 1
is "the other is not" "$(value "count(ALERTS{alertname='XdpProgramFails',ifName='eth1'})")" ""
for query in 'rate\(' drop_ratio; do
	is "a query of the README: a line for eth1 dropped, and one for the other" \
		"$(run_command README.md "promtool query instant .*$query" | tee /dev/fd/3 | grep -c 'job="xdp"')" 2
done 3> >(sed 's/^/# /')

# --- Grafana -------------------------------------------------------------------------------------

# Another program, with another map: something to annotate.
load another
attach eth2 another
changed() {
	[ "$(value "sum(changes(xdpIfDiscontinuityTime{job='xdp'}[20s]) > 0) and sum(changes(xdpIfProgramChanges{job='xdp'}[20s]) > 0)")" ]
}
ok "a program is exchanged: Prometheus sees it" wait_for 20 changed

# as_grafana: fills in what Grafana does, for all hosts and interfaces.
# shellcheck disable=SC2016 # the variables are Grafana's
as_grafana() {
	sed 's/\$__rate_interval/20s/g; s/\$job/xdp/g; s/\$[a-zA-Z]*/.*/g'
}

DASHBOARD=$NMS/grafana/xdp.json
expressions=$(jq -r '(.panels[].targets[], .annotations.list[]).expr' "$DASHBOARD" | as_grafana)
ok "the dashboard has expressions: $(wc -l <<<"$expressions")" [ "$(wc -l <<<"$expressions")" -ge 12 ]
while read -r expression; do
	ok "there is data for ${expression:0:60}" [ "$(value "$expression")" ]
done <<<"$expressions"

# by_variable QUERY: label_values(SELECTOR, LABEL), asked as Grafana does.
by_variable() {
	local selector label

	IFS='()' read -r _ selector _ <<<"$1"
	label=${selector##*, }
	curl -sG "http://127.0.0.1:9090/api/v1/label/$label/values" --data-urlencode "match[]=${selector%, *}" |
		jq -r '.data | join(" ")'
}
while read -r query; do
	echo "# $query: $(by_variable "$query")"
	ok "there are values for $query" [ "$(by_variable "$query")" ]
done < <(jq -r '.templating.list[].query.query' "$DASHBOARD" | as_grafana)
# shellcheck disable=SC2016
is "no other variable is used" "$(grep -o '"expr": .*' "$DASHBOARD" | grep -oE '\$[a-zA-Z_]+' | sort -u | paste -sd' ')" \
	'$__rate_interval $ifName $instance $job'
value_of() {
	promtool query instant http://127.0.0.1:9090 "$1"
}
like "a row of the table of programs" "$(value_of "$(grep group_left <<<"$expressions")")" \
	'ifName="eth1".*xdpIfAttachMode="native", xdpIfCounterSource="map", xdpIfProgramName="own_map", xdpIfStatus="active"'

# --- a restart of the agent, and its end ---------------------------------------------------------

stop_agent
start_agent -c $RUN/agent.conf
wait_for 5 reading eth1
later() {
	[ "$(value "count_over_time(up{job='xdp'}[1h])")" -ge "$1" ]
}
now=$(value "count_over_time(up{job='xdp'}[1h])")
ok "after a restart of the agent" wait_for 30 later $((now + 12))
rate_is "there is no spike" xdpStatsPackets eth1 $DROP 1
stop_agent
gone() {
	[ "$(value "count(ALERTS{alertname='XdpNotServed',job='xdp'})")" = 1 ]
}
ok "without the agent: on its way to an alert" wait_for 20 gone
end_pace
all_run README.md
done_testing
