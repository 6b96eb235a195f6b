# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2086,SC2154 # see zabbix_lib.sh
#
# The template in a real Zabbix, fed by real frames: for zabbix_*.sh, which say in which.
. "$srcdir/tests/nms/zabbix_lib.sh"
[ -e "$ZABBIX_ROOT/usr/sbin/zabbix_server" ] || skip_all "there is no Zabbix server in $ZABBIX_ROOT"
chroot "$ZABBIX_ROOT" zabbix_server -V | grep -q "(Zabbix) $ZABBIX_VERSION\." ||
	skip_all "the Zabbix server is not $ZABBIX_VERSION"

cd "$NMS/zabbix" || exit 1
FILE=xdp-$ZABBIX_VERSION.yaml
RATE=1000 # frames per second that are sent where a rate is compared
LENGTH=200

# item KEY FIELD: of the host.
item() {
	api item.get "{\"hostids\": \"$host\", \"filter\": {\"key_\": \"$1\"}, \"output\": \"extend\"}" |
		jq -r ".[0].$2"
}

# has KEY VALUE: that is its last one.
has() {
	[ "$(item "$1" lastclock)" != 0 ] && [ "$(item "$1" lastvalue)" = "$2" ]
}

supported() {
	[ "$(item "$1" state)" = 0 ]
}

unsupported() {
	[ "$(item "$1" state)" = 1 ]
}

# history KEY: lines of time and value.
history() {
	api history.get "{\"itemids\": \"$(item "$1" itemid)\", \"history\": 0, \"sortfield\": \"clock\"}" |
		jq -r '.[] | "\(.clock).\(("000000000" + .ns)[-9:]) \(.value)"'
}

# counted KEY FROM: what its rates since then amount to.
counted() {
	history "$1" | awk -v from="$2" 'last && $1 > from { sum += $2 * ($1 - last) } { last = $1 } END { printf "%.0f\n", sum }'
}

counted_are() {
	[ "$(counted "$1" "$2")" = "$3" ]
}

# mean KEY FROM: of its rates since then.
mean() {
	history "$1" | awk -v from="$2" '$1 > from { sum += $2; n++ } END { print n ? sum / n : "none" }'
}

problems() {
	api problem.get "{\"hostids\": \"$host\", \"output\": [\"name\"]}" | jq -r '.[].name' | sort
}

# raised NAME: since $since; it may be solved by now.
raised() {
	api event.get "{\"hostids\": \"$host\", \"value\": \"1\", \"time_from\": \"$since\"}" |
		jq -r '.[].name' | grep -q "^XDP$1"
}

solved() {
	! problems | grep -q "^XDP$1"
}

# now COMMAND...: what is raised after this is of it.
now() {
	since=$(date +%s)
	"$@"
}

# sent NAME: frames, as the driver at the other end counts them.
sent() {
	ip netns exec peer cat /sys/class/net/$1-p/statistics/tx_packets
}

# --- the template ------------------------------------------------------------------------------

veth xa
veth xb
veth xc
load own
bpftool prog load "$builddir/tests/e2e/pass.bpf.o" $BPFFS/without_map type xdp
attach xa own
settings "xdpInterface xa map" "xdpInterface xb,xc count"
start_snmpd
start_agent -c $RUN/agent.conf
ok "the agent counts" wait_for 5 counting xa xb xc
for command in 'snmpget .*\.1\.1\.0' 'snmpget .*\.31\.'; do
	is "... as in the README" "$(run_command README.md "$command")" \
		"$(sed -n "/$command/ { n; s/^    //p }" README.md)"
done
for version in 6.0 7.0; do
	run_command README.md "template.py $version" "s|/tmp|$RUN|"
	like "... the template under another root" "$(<$RUN/xdp-$version.yaml)" '\.1\.3\.6\.1\.4\.1\.32473\.7\.1\.2'
done
all_run README.md

start_zabbix >$RUN/start.log 2>&1
is "Zabbix runs" "$?$(<$RUN/start.log)" 0
is "the template is imported" "$(configuration import "$FILE")" true
is "... and once more" "$(configuration import "$FILE")" true
is "... which changes nothing" "$(configuration importcompare "$FILE")" "[]"
template=$(api template.get '{"filter": {"host": "XDP by SNMP"}}' | jq -r '.[0].templateid')
ok "... for it is what Zabbix exports" diff "$FILE" <(
	api configuration.export "{\"format\": \"yaml\", \"options\": {\"templates\": [$template]}}" |
		jq -r . | sed '/^  date: /d; ${/^$/d}')

host=$(api host.create "$(jq -n --arg template "$template" --arg address $SNMP_ADDRESS '{
	host: "router", groups: [{groupid: "2"}], templates: [{templateid: $template}],
	interfaces: [{type: 2, main: 1, useip: 1, ip: $address, dns: "", port: "161",
		details: {version: 2, community: "public"}}],
	macros: ({INTERVAL: "2s", "LLD.INTERVAL": "4s", "CHANGE.TIME": "15s", "ABORTED.TIME": "10s",
		"DROP.TIME": "6s", "NODATA.TIME": "10s", "DROP.PPS.WARN": "1G",
		"DROP.PPS.WARN:xa": "100", "IFNAME.NOT_MATCHES": "^xc$"} |
		to_entries | map({macro: "{$XDP.\(.key)}", value}))}')" | jq -r '.hostids[0]')

# --- discovery and values ------------------------------------------------------------------------

ok "a host: the agent's version" wait_for 60 has xdp.agent.version "$(get $ROOT.1.1.1.0 | tr -d '"')"
has_items() {
	[ "$(api item.get "{\"hostids\": \"$host\", \"search\": {\"name\": \"XDP on $1:\"}, \"countOutput\": true}")" = "\"$2\"" ]
}
ok "... interfaces are discovered" wait_for 60 has_items xa 17
ok "... all" wait_for 60 has_items xb 17
ok "... but for what a macro excludes" has_items xc 0
ok "... and what the agent does not watch" has_items lo 0
ok "status" wait_for 60 has 'xdp.status[xa]' 1
ok "source: a map" wait_for 60 has 'xdp.source[xa]' 4
ok "... the agent's own program" wait_for 60 has 'xdp.source[xb]' 2
ok "mode" wait_for 60 has 'xdp.mode[xa]' 2
ok "program" wait_for 60 has 'xdp.program.name[xa]' own_map
ok "... its number" wait_for 60 has 'xdp.program.id[xa]' "$(xdp_id xa)"
ok "status text" wait_for 60 has 'xdp.status.text[xa]' ""
ok "discontinuity" wait_for 60 has 'xdp.discontinuity[xb]' $(($(column 10 xb) / 100))
ok "rates" wait_for 60 supported 'xdp.bits[xb,redirect]'
ok "... of nothing" wait_for 60 has 'xdp.packets[xa,drop]' 0

now start_pace xa $DROP $RATE $LENGTH
start_pace xb $PASS $RATE $LENGTH
ok "drop rate: a problem on the interface with a limit in its context" \
	wait_for 60 raised ' on xa: many frames are dropped'
from=$(date +%s.%N)
enough() {
	[ "$(history "$1" | awk -v from="$from" '$1 > from' | wc -l)" -ge 12 ]
}
ok "... and a history" wait_for 60 enough 'xdp.packets[xa,drop]'
echo "# a mean of $(mean 'xdp.packets[xa,drop]' $from) a second, and of $(mean 'xdp.packets[xb,pass]' $from)"
is "no other problem" "$(problems)" "XDP on xa: many frames are dropped"

# Chart, before the rates end.
graph=$(api graph.get "{\"hostids\": \"$host\", \"filter\": {\"name\": \"XDP on xa: packets\"}}" |
	jq -r '.[0].graphid')
chart "$graph" $RUN/chart.png
like "the chart of the graph prototype is a PNG" "$(head -c 4 $RUN/chart.png | tail -c 3)" '^PNG$'
ok "... with the colour of the verdict" [ "$(pixels $RUN/chart.png 255 128 0)" -gt 1000 ]

end_pace
for rate in xa,drop xb,pass; do
	sent=$(sent ${rate%,*})
	ok "rates: by their times they amount to what was sent: $rate" \
		wait_for 60 counted_are "xdp.packets[$rate]" 0 $sent
	ok "... in bits" wait_for 60 counted_are "xdp.bits[$rate]" 0 $((sent * LENGTH * 8))
done
is "... none of another verdict" "$(counted 'xdp.packets[xa,pass]' 0) $(counted 'xdp.bits[xb,drop]' 0)" "0 0"
ok "drop rate: solved when it has fallen" wait_for 60 solved ' on xa: many frames are dropped'

# --- the agent is restarted ----------------------------------------------------------------------

start_pace xb $PASS $RATE $LENGTH
now stop_agent
ok "no agent: a problem" wait_for 60 raised ': xdp-agentx does not answer'
start_agent -c $RUN/agent.conf
ok "the agent is back: solved" wait_for 60 solved ': xdp-agentx does not answer'
from=$(date +%s.%N)
ok "... and a history" wait_for 60 enough 'xdp.packets[xb,pass]'
end_pace
is "... without a spike" "$(history 'xdp.packets[xb,pass]' |
	awk -v rate=$RATE '$2 < 0 || $2 > 3 * rate')" ""
is "... nor a discontinuity" "$(problems)" ""

# --- problems ------------------------------------------------------------------------------------

now deliver xa $ABORTED 10 100
ok "aborted: a problem" wait_for 60 raised ' on xa: frames are aborted'
ok "... solved" wait_for 40 solved ' on xa: frames are aborted'

now ip -force link set dev xa xdpdrv pinned $BPFFS/without_map
ok "a program that cannot be counted: a problem, with the agent's words" \
	wait_for 60 raised " on xa cannot be counted: program 'somebody' .* has no map that can be read"
ok "... the program has changed" wait_for 60 raised ' on xa: the program has changed'
ok "... it has no values" wait_for 60 unsupported 'xdp.packets[xa,drop]'
is "... failed" "$(item xdp.if.failed lastvalue)" 1
attach xa own
ok "... solved" wait_for 60 solved ' on xa cannot be counted'
ok "... changed: solved after a time" wait_for 60 solved ' on xa: the program has changed'
ok "... it has values" wait_for 60 supported 'xdp.packets[xa,drop]'

detach xa
now attach xa own xdpgeneric
ok "native has become generic: a problem" wait_for 60 raised ' on xa: native has become generic'
detach xa
attach xa own
ok "... solved" wait_for 60 solved ' on xa: native has become generic'
ok "discontinuity: solved after a time" wait_for 60 solved ' on xa: the counters are discontinuous'

deliver xa $DROP 100 100
# shellcheck disable=SC2046 # bytes, a word each
now bpftool map update id "$(map_of own)" key 1 0 0 0 value $(yes 0 | head -n 16) >/dev/null
ok "a map is reset: a problem" wait_for 60 raised ' on xa: the counters are discontinuous'
ok "... solved after a time" wait_for 60 solved ' on xa: the counters are discontinuous'

# --- an interface goes and comes back ------------------------------------------------------------

kept=$(item 'xdp.packets[xb,pass]' itemid)
index=$(ifindex xb)
now ip link delete xb
ok "an interface goes: a problem" wait_for 60 raised ': interfaces are missing'
ok "... it has no values" wait_for 60 unsupported 'xdp.packets[xb,pass]'
veth xb
ok "... back: solved" wait_for 60 solved ': interfaces are missing'
ok "... with another index" [ "$index" != "$(ifindex xb)" ]
ok "... it has values" wait_for 60 supported 'xdp.packets[xb,pass]'
ok "... of nothing" wait_for 60 has 'xdp.packets[xb,pass]' 0
from=$(date +%s.%N)
deliver xb $PASS 1000 100
ok "... and of frames" wait_for 60 counted_are 'xdp.packets[xb,pass]' $from 1000
is "... in the same item" "$(item 'xdp.packets[xb,pass]' itemid)" "$kept"

stop_agent
stop_zabbix
done_testing
