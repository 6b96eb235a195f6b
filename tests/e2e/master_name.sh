#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The master by a name: whatever the resolver does, or the master to connect to, nothing else waits
# for it; and the agent follows the name.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

NAME=master.example
SILENT=192.0.2.53 # behind a veth; nobody there is meant, and nothing comes back

# An /etc of our own, in which only these files are asked for a name.
cp -a /etc $RUN/etc
mount --bind $RUN/etc /etc
rm -f /etc/{hosts,resolv.conf,nsswitch.conf,host.conf} # which may be links
echo "hosts: files dns" >/etc/nsswitch.conf
echo "multi on" >/etc/host.conf
veth wire
ip address add 192.0.2.1/24 dev wire
ip neighbour add $SILENT lladdr 02:00:00:00:00:01 dev wire nud permanent

# resolver ADDRESS [OPTION...]: asked from now on.
resolver() {
	printf '%s\n' "nameserver $1" "options ${*:2}" >/etc/resolv.conf
}

# hosts ADDRESS...: of the name.
hosts() {
	printf "%s $NAME\n" "$@" >/etc/hosts
}

# listen ADDRESS: a snmpd, whose master is there.
listen() {
	AGENTX=tcp:$1:7051
	start_snmpd
	AGENTX=tcp:$NAME:7051
}

# attached WHAT: three new interfaces, one after the other, have their program within seconds.
attached() {
	local start took slowest=0 late=0

	for _ in 1 2 3; do
		start=$(date +%s%3N)
		ip link add xs type veth peer name xs-p netns peer
		within 4 has_program xs >/dev/null || late=$((late + 1))
		took=$(($(date +%s%3N) - start))
		slowest=$((took > slowest ? took : slowest))
		ip link delete xs
	done
	is "$1: each new interface has its program" $late 0
	echo "# the slowest after $slowest ms"
}

# ended: SIGTERM ends the agent within seconds.
ended() {
	kill "$agent_pid"
	within 4 gone "$agent_pid" || kill -KILL "$agent_pid"
	wait "$agent_pid" 2>/dev/null
	is "... SIGTERM ends it" $? 0
}

gone() {
	[ ! -e "/proc/$1" ] || grep -q '^State:.*zombie' "/proc/$1/status"
}

complaints() {
	grep -c "^cannot resolve '$NAME'" $RUN/agent.log
}

complained() {
	[ "$(complaints)" = "$1" ]
}

has_descriptors() {
	[ "$(descriptors)" = "$1" ]
}

asked() {
	cat /sys/class/net/wire/statistics/tx_packets
}

asked_again() {
	[ "$(asked)" -gt "$1" ]
}

threads() {
	find "/proc/$agent_pid/task" -mindepth 1 -maxdepth 1 | wc -l
}

one_thread() {
	[ "$(threads)" = 1 ]
}

# --- no lookup at all ----------------------------------------------------------------------------

resolver $SILENT timeout:30 attempts:5
before=$(asked)
for AGENTX in tcp:127.0.0.1:7051 tcp:7051 unix:$RUN/agentx.sock; do
	start_agent -i 'x*'
	attached "$AGENTX"
	ended
done
is "... and no name was asked for" "$(asked)" "$before"

# --- the resolver is silent ----------------------------------------------------------------------

AGENTX=tcp:$NAME:7051
start_agent -i 'x*'
ok "the resolver is silent: it is asked" wait_for 4 asked_again "$before"
attached "... meanwhile"
ok "... there is a line for it" wait_for 20 logged "^cannot resolve '$NAME'.*: no answer yet; "
attached "... meanwhile"
is "... there is one line" "$(complaints)" 1
ok "... one name is asked for at a time" [ "$(threads)" -le 2 ]
ended
is "... and nothing else was said of it" "$(grep AgentX $RUN/agent.log | grep -v "^cannot resolve")" ""

# --- it refuses, and the name is in /etc/hosts later ---------------------------------------------

resolver 127.0.0.1
printf '%s\n' "agentXSocket $AGENTX" "xdpInterface x* count" >$RUN/agent.conf
"$AGENT" -C -c $RUN/agent.conf -Lf $RUN/agent.log &
agent_pid=$!
ok "the resolver refuses: there is a line for it" wait_for 10 logged \
	"^cannot resolve '$NAME'.*: Temporary failure in name resolution; "
attached "... meanwhile"
is "... there is one line" "$(complaints)" 1
listen 127.0.0.1
hosts 127.0.0.1
ok "the name is there: served" wait_for 20 served
is "... which is said" "$(grep -c "'$NAME' is 127.0.0.1\$" $RUN/agent.log)" 1
ok "... without another thread" wait_for 10 one_thread
is "... or descriptors that a program would inherit" "$(open_on_exec "$agent_pid")" ""
before=$(descriptors)

stop_snmpd -KILL
hosts 127.0.0.2
listen 127.0.0.2
ok "snmpd has moved, and the name with it: served" wait_for 20 served
stop_snmpd -KILL
hosts 127.0.0.1 127.0.0.2 127.0.0.3
listen 127.0.0.3
ok "the name has three addresses, and snmpd one of them: served" wait_for 20 served
stop_snmpd -KILL
listen 127.0.0.1
ok "... and another one: served" wait_for 20 served
ok "... with as many descriptors as before" wait_for 10 has_descriptors "$before"

stop_snmpd -KILL
rm /etc/hosts
ok "snmpd is lost, and the name: there is a line for it" wait_for 20 complained 2
ended

# --- silent, and in /etc/hosts later -------------------------------------------------------------

resolver $SILENT timeout:1 attempts:1
start_agent -i 'x*'
ok "a silent resolver: there is a line for it" wait_for 20 logged "^cannot resolve '$NAME'"
hosts 127.0.0.1
listen 127.0.0.1
ok "... and the name is there: served" wait_for 20 served
ended

# --- a name in the configuration that -x wins over -----------------------------------------------

rm /etc/hosts
resolver $SILENT timeout:30 attempts:5
printf '%s\n' "agentXSocket $AGENTX" "agentXPingInterval 15" "xdpInterface x* count" >$RUN/agent.conf
AGENTX=tcp:127.0.0.1:7051
start_agent -c $RUN/agent.conf
ok "-x wins over the configuration: served" wait_for 10 served
kill -HUP "$agent_pid"
ok "... which is read again" wait_for 5 logged '^the configuration was read again'
stop_snmpd -KILL
attached "... and snmpd is lost"
start_snmpd
ok "... and comes back: served" wait_for 10 served
is "... as if it were not read again" \
	"$(grep AgentX $RUN/agent.log | grep -v "subagent connected$")" \
	"AgentX master disconnected us, reconnecting in 1"
ended

# --- what else an attempt may wait for -----------------------------------------------------------

AGENTX=tcp:$SILENT:705
start_agent -i 'x*'
attached "the master's machine is silent"
ended
for address in tlstcp:127.0.0.1:7052 dtlsudp:127.0.0.1:7052 udp:127.0.0.1:7052 tcp:host:name; do
	timeout 10 "$AGENT" -C -x $address >$RUN/refused 2>&1
	is "$address: refused" "$?:$(cat $RUN/refused)" "2:xdp-agentx: option -x: '$address' is no address of an AgentX master; expected unix:PATH, tcp:HOST:PORT or tcp6:HOST:PORT; xdp-agentx -h lists the options"
done
printf '%s\n' "agentXSocket tlstcp:127.0.0.1:7052" "xdpInterface x* count" >$RUN/agent.conf
"$AGENT" -C -c $RUN/agent.conf -Lf $RUN/agent.log &
agent_pid=$!
ok "in the configuration: there is a line for it" wait_for 10 logged \
	"^'tlstcp:127.0.0.1:7052' is no address of an AgentX master; "
attached "... meanwhile"
ended
done_testing
