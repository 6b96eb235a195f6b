#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The broker of a running agent is stopped, killed and asked too much: managers are answered, what is
# counted goes on, what is impossible is told once; and it ends when the agent ends, however that is.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

broker_of() {
	pgrep -P "$1" -x xdp-broker
}

is_gone() {
	! kill -0 "$1" 2>/dev/null
}

# is_reading NAME...
is_reading() {
	local name

	for name; do
		[ "$(column 3 "$name")" = 1 ] && [ "$(column 2 "$name")" = 4 ] || return
	done
}

text_says() {
	column 4 "$1" | grep -q "$2"
}

# told TEXT: how many lines of the log have it.
told() {
	grep -cF "$1" $RUN/agent.log
}

veths xa xb xc
for name in theirs others; do
	load $name
done
attach xb theirs
start_snmpd
settings "xdpInterface xa count" "xdpInterface xb map" "xdpInterface xc map"
start_agent -c $RUN/agent.conf
ok "one is counted by our program, the map of another is read" wait_for 10 counting xa
ok "... by an agent that has given CAP_SYS_ADMIN up" wait_for 10 is_reading xb
is "... " "$(awk '/^Cap(Prm|Eff)/ { print $2 }' "/proc/$agent_pid/status" | uniq)" \
	"$(printf '%016x' $((1 << 39 | 1 << 38 | 1 << 12 | 1 << 7 | 1 << 1)))"
frames xa 3 100
send xb $PASS 4 100

# --- stopped -------------------------------------------------------------------------------------

broker=$(broker_of $agent_pid)
kill -STOP "$broker"
attach xc others
ok "the broker is stopped: it is told" wait_for 10 logged 'the broker does not answer: '
ok "xc waits for it, and says so" wait_for 10 text_says xc 'takes the broker, which does not answer'
before=$(date +%s%3N)
for _ in 1 2 3 4 5 6 7 8 9 10; do
	passed xa >/dev/null
done
ok "... managers do not" [ $(($(date +%s%3N) - before)) -lt $((5000 * TIME_SCALE)) ]
frames xa 3 100
is "... what is counted goes on" "$(passed xa)" "6 600"
send xb $PASS 4 100
noted_is_served() {
	[ "$(passed "$1")" = "${noted[$1 $PASS]}" ]
}
ok "... and what is read" wait_for 10 noted_is_served xb
ip link set xc mtu 1400 # it is decided anew
ip link set xc mtu 1500
kill -CONT "$broker"
ok "it goes on: it is told" wait_for 10 logged 'the broker answers again'
kill -HUP "$agent_pid"
ok "... and xc is read" wait_for 20 is_reading xc
is "... each of it once" "$(told 'the broker does not answer: ') $(told 'the broker answers again')" "1 1"

# --- killed --------------------------------------------------------------------------------------

detach xc
kill -KILL "$broker"
ok "the broker is killed: it is told at once" wait_for 5 logged 'the broker has ended \(killed by signal 9\): '
attach xc others
ok "what it would have to find is failed" wait_for 10 text_says xc 'takes the broker, which has ended; restart'
frames xa 3 100
send xb $PASS 4 100
is "what is counted goes on" "$(passed xa)" "9 900"
ok "... and what is read" wait_for 10 noted_is_served xb
kill -HUP "$agent_pid"
ok "the configuration is read again" wait_for 10 logged 'the configuration was read again'
ok "... all is as it was" is_reading xb
ok "... there, too" counting xa
is "... nothing is said twice" "$(sort $RUN/agent.log | uniq -d | grep -v "NET-SNMP\|configuration was read")" ""
stop_agent
is "the agent ends in order" $agent_code 0
start_agent -c $RUN/agent.conf
ok "after a restart all is found again" wait_for 10 is_reading xb xc
is "... and nothing was lost" "$(passed xa)" "9 900"
ok "... there, too" wait_for 10 noted_is_served xb

# --- the end -------------------------------------------------------------------------------------

broker=$(broker_of $agent_pid)
stop_agent -KILL
ok "the agent is killed: the broker ends" wait_for 10 is_gone "$broker"
start_agent -c $RUN/agent.conf
ok "... the next one has another" wait_for 10 is_reading xb
broker=$(broker_of $agent_pid)
kill -TERM "$broker"
kill -INT "$broker"
stop_agent
is "both are told to end, as systemd does: the agent ends in order" $agent_code 0
is "... and has not missed it" "$(told 'the broker has ended')" 0
ok "... it has ended, too" wait_for 10 is_gone "$broker"

# --- all pins are out of reach -------------------------------------------------------------------

start_agent -c $RUN/agent.conf
wait_for 10 counting xa
program=$(xdp_id xa)
stop_agent -KILL
mount -t bpf bpf /sys/fs/bpf # over the one that is there
is "the agent is killed, and the bpffs covered: the program stays" "$(xdp_id xa)" "$program"
start_agent -c $RUN/agent.conf
ok "the next agent knows it, and reads its map" wait_for 10 is_reading xa
before=$(passed xa)
frames xa 3 100
is "... all frames of which are counted" "$(passed xa)" "$((${before% *} + 3)) $((${before#* } + 300))"
stop_agent
umount /sys/fs/bpf
start_agent -c $RUN/agent.conf
ok "the pins are back: so is its link" wait_for 10 counting xa
is "... with all that was counted" "$(passed xa)" "12 1200"
stop_agent
done_testing
