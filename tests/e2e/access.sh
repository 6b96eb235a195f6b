#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may read, who may run beside whom, with which capabilities, and what a master may say.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# An agent that is not root needs a socket that anybody may open, and a file that anybody may run.
AGENTX=tcp:127.0.0.1:16162
install -m 755 "$AGENT" "$builddir/src/xdp-stats" $RUN

SYS_NAME=.1.3.6.1.2.1.1.5
veth ua
veth ub
start_snmpd \
	"createUser reader SHA correct-horse AES battery-staple" "rouser reader priv" \
	"view without included .1" "view without excluded $ROOT" "rocommunity outside default -V without" \
	"view only included $ROOT" "rocommunity inside default -V only"
start_agent -i ua
ok "an interface is counted" wait_for 5 counting ua
frames ua 12 100

# --- SNMPv3 and views ----------------------------------------------------------------------------

# v3 AUTHENTICATION PRIVACY: a walk by SNMPv3 with these passwords.
v3() {
	snmpwalk -v3 -u reader -l authPriv -a SHA -A "$1" -x AES -X "$2" -t 1 -r 0 -OQUn \
		"$SNMP_ADDRESS" $ROOT 2>&1
}

# seen COMMUNITY OID
seen() {
	snmpwalk -v2c -c "$1" -t 3 -r 0 -OQUn "$SNMP_ADDRESS" "$2"
}

is "SNMPv3 with authentication and encryption: the walk of SNMPv2c" \
	"$(v3 correct-horse battery-staple)" "$(walk $ROOT)"
is "which has all objects" "$(walk $ROOT | wc -l)" $((8 + 10 + 2 * 10 + 3))
like "SNMPv3 with the wrong password" "$(v3 wrong-horse battery-staple)" 'Authentication failure'
like "SNMPv3 with the wrong key" "$(v3 correct-horse wrong-staple)" 'Timeout'
like "SNMPv3 without encryption" "$(snmpget -v3 -u reader -l authNoPriv -a SHA -A correct-horse \
	-t 1 -r 0 "$SNMP_ADDRESS" $ROOT.1.1.1.0 2>&1)" 'authorizationError'
is "a view of our root shows all of it, and nothing else" \
	"$(seen inside .1 | grep -v ' = No more variables')" "$(walk $ROOT)"
is "a view of everything else hides it" "$(seen outside .1.3.6.1.4.1 | grep -c "^$ROOT")" 0
is "and shows the rest" "$(seen outside $SYS_NAME)" "$SYS_NAME.0 = \"$(uname -n)\""
is "also from who knows the name" "$(snmpget -v2c -c outside -OQvUn "$SNMP_ADDRESS" $ROOT.1.1.1.0)" \
	"No Such Object available on this agent at this OID"

# --- two agents ----------------------------------------------------------------------------------

first=$agent_pid
is "an agent of root's gives up all capabilities but those that it needs" \
	"$(grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/$first/status | awk '{ print $2 }' | paste -sd' ')" \
	"$(printf '%016x %016x %016x %016x 1' 0 $((needed = 1 << 39 | 1 << 38 | 1 << 12 | 1 << 7 | 1 << 1)) $needed 0)"
is "and misses none" "$(grep -c ' is missing: ' $RUN/agent.log)" 0
broker=$(pgrep -P $first -x xdp-broker)
is "its broker has one of those" \
	"$(grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp):' "/proc/$broker/status" | awk '{ print $2 }' | paste -sd' ')" \
	"$(printf '%016x %016x %016x %016x 1 2' 0 $((1 << 21)) $((1 << 21)) 0)"
timeout 5 "$AGENT" -C -x "$AGENTX" -i ub >$RUN/second 2>&1
is "a second agent in the network namespace is refused" "$?:$(cat $RUN/second)" \
	"1:another xdp-agentx serves this network namespace already: process $first uses the pins in $(echo /sys/fs/bpf/xdp-agentx/*); stop it, or start this one in another namespace"
is "and has attached nothing" "$(xdp_id ub)" ""
ip netns exec peer "$AGENT" -C -x unix:$RUN/nobody.sock -Lf $RUN/peer.log -i ub-p &
peer_pid=$!
ok "another network namespace may have another agent" wait_for 5 grep -q '^ub-p: counting' $RUN/peer.log
ok "beside the first" kill -0 "$first"
kill $peer_pid
wait $peer_pid
is "and it ends with 0" $? 0

program=$(xdp_id ua)
stop_agent -KILL
is "kill -9 leaves the program" "$(xdp_id ua)" "$program"
start_agent -i ub
ok "and lets the next agent start at once" wait_for 5 has_program ub
ok "which takes away what it is not asked to count" no_program ua
stop_agent
like "xdp-stats unload --all takes the rest away" "$(unload)" \
	"/$(ifindex ub): program and counters taken away\$"
is "... namely" "$(xdp_id ub)$(ls /sys/fs/bpf/xdp-agentx)" "" # the directory stays, and is root's

# --- capabilities --------------------------------------------------------------------------------

# start_with CAPABILITIES [NAME]: an agent that is no root, and has none but these: "+one,+another" or
# ""; for ua or another interface.
start_with() {
	setpriv --reuid 65534 --clear-groups --inh-caps "-all${1:+,$1}" \
		${1:+--ambient-caps "$1"} $RUN/xdp-agentx -C -x "$AGENTX" -i "${2-ua}" -Lo >$RUN/agent.log 2>&1 &
	agent_pid=$!
}

# missing: the capabilities that the log names.
missing() {
	sed -n 's/^CAP_\([A-Z_]*\) is missing: .*/\1/p' $RUN/agent.log | paste -sd' '
}

for capabilities in "" +net_admin +bpf; do
	start_with "$capabilities"
	ok "capabilities '$capabilities': the interface is failed" wait_for 5 failed ua
	like "the text says which are needed" "$(column 4 ua)" \
		'Operation not permitted; CAP_BPF and CAP_NET_ADMIN are needed'
	is "and so does the log" "$(grep -c '^ua: .*CAP_BPF and CAP_NET_ADMIN are needed' $RUN/agent.log)" 1
	is "which begins with what is missing" "$(missing)" \
		"$(echo SYS_ADMIN BPF NET_ADMIN PERFMON | sed "s/ \(${capabilities#+}\) / /I")"
	is "the agent stays and serves" "$(walk $ROOT | wc -l)" $((8 + 10))
	stop_agent
	is "until it is told to stop" "$agent_code" 0
done

# Each subset of those that the service has: the log names the rest, and -t says what would happen.
all=(sys_admin bpf net_admin perfmon)
for ((subset = 0; subset < 16; subset++)); do
	capabilities='' rest=()
	for i in 0 1 2 3; do
		if [ $((subset >> i & 1)) = 1 ]; then
			capabilities+=${capabilities:+,}+${all[i]}
		else
			rest+=("${all[i]}")
		fi
	done
	rm -f $RUN/agent.log
	start_with "$capabilities"
	wait_for 20 logged 'xdp-agentx [0-9.]* started'
	is "with '$capabilities' the log names the rest" "$(missing)" "$(tr "[:lower:]" "[:upper:]" <<<"${rest[*]}")"
	stop_agent
	is "... it ends in order" $agent_code 0
	unload >/dev/null
	works='failed: '
	[[ $capabilities != *bpf*net_admin* ]] || works='the counter program will be attached'
	like "... and -t says what would happen" "$(
		setpriv --reuid 65534 --clear-groups --inh-caps "-all${capabilities:+,$capabilities}" \
			${capabilities:+--ambient-caps "$capabilities"} $RUN/xdp-agentx -C -i ua -t 2>/dev/null | grep '^ua '
	)" "^ua +count +any +$works"
done

start_with +bpf,+net_admin
ok "CAP_BPF and CAP_NET_ADMIN are enough" wait_for 5 counting ua
frames ua 9 100
is "to count" "$(passed ua)" "9 900"
is "the log names what is missing" "$(missing)" "SYS_ADMIN PERFMON"
is "but not to pin in a directory of root's" "$(grep -c '^no pins in /sys/fs/bpf/xdp-agentx: Permission denied; ' $RUN/agent.log)" 1
is "in a process that is nobody's" "$(
	awk '/^Uid/ { uid = $2 } /^CapEff/ { caps = $2 } END { print uid, caps }' "/proc/$agent_pid/status"
)" "65534 $(printf %016x $((1 << 39 | 1 << 12)))"
stop_agent
rmdir /sys/fs/bpf/xdp-agentx
start_with +bpf,+net_admin ub
ok "where it may make a directory of its own: it counts" wait_for 5 counting ub
stop_agent
start_with +bpf,+net_admin ub
ok "and after a restart, too" wait_for 5 counting ub
stop_agent
setpriv --reuid 65534 --clear-groups --inh-caps -all,+bpf,+net_admin --ambient-caps +bpf,+net_admin \
	$RUN/xdp-stats unload --all >/dev/null
is "and what it has left it can take away" "$(xdp_id ub)" ""

# --- a directory that root gave to the agent's user, as the service has it -------------------------

PINS=$RUN/roots/bpf # not in a directory where anybody may write
mkdir -p $PINS
mount -t bpf -o mode=0755 bpf $PINS
chown 65534 $PINS
cat >$RUN/given.conf <<-END
	xdpPinDir $PINS
	xdpInterface ub count
END
chmod 644 $RUN/given.conf
# start_given CAPABILITIES
start_given() {
	setpriv --reuid 65534 --clear-groups --inh-caps "-all,$1" --ambient-caps "$1" \
		$RUN/xdp-agentx -C -x "$AGENTX" -c $RUN/given.conf -Lo >$RUN/agent.log 2>&1 &
	agent_pid=$!
}
as_root() {
	"$builddir/src/xdp-stats" -p $PINS "$@"
}
start_given +bpf,+net_admin,+perfmon,+sys_admin
ok "with the capabilities of the service it counts there" wait_for 5 counting ub
is "and nothing is missing" "$(missing)" ""
program=$(xdp_id ub)
frames ub 4 100
stop_agent
is "it leaves the program when it ends" "$(xdp_id ub)" "$program"
frames ub 3 100
like "root sees the counters" "$(as_root ub | grep pass)" '^ub +pass +7 +700$'
is "root lets the interface go" "$(as_root release ub)$(xdp_id ub)" "ub: released, program taken off"
like "and has it counted again" "$(as_root retake ub)" '^ub: the agent will count it again$'
start_given +bpf,+net_admin,+perfmon,+sys_admin
ok "by an agent that goes on where it was" wait_for 5 counting ub
is "with the same counters" "$(passed ub)" "7 700"
is "and everything there is its own" "$(find $PINS ! -user 65534 ! -name "*.debug")" ""
stop_agent
like "root takes everything away" "$(as_root unload --all)" '/[0-9]+: program and counters taken away$'
is "... namely" "$(xdp_id ub)$(find $PINS -mindepth 1 ! -name "*.debug")" ""

# --- a master that talks nonsense ----------------------------------------------------------------

stop_snmpd
AGENTX=unix:$RUN/fake.sock
"$builddir/tests/e2e/fake_master" $RUN/fake.sock 1 >$RUN/talks &
fake_pid=$!
echo "agentXPingInterval 1" >$RUN/agent.conf
start_agent -c $RUN/agent.conf -i ua
talked() {
	[ "$(wc -l <$RUN/talks)" -ge 8 ]
}
ok "a master that talks nonsense in four ways: the agent connects again" wait_for 20 talked
frames ua 3 100
kill $fake_pid
wait $fake_pid 2>/dev/null
rm $RUN/fake.sock
ok "and lives" kill -0 "$agent_pid"
start_snmpd
ok "and serves the next master" wait_for 10 served
is "and has gone on counting" "$(passed ua)" "3 300"
stop_agent
is "SIGTERM ends it with 0" "$agent_code" 0

done_testing
