#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quickstart: with interfaces of its own, and on one that is there, in namespaces made for this test.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}" || exit 1

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
if [ -z "${INSIDE-}" ]; then
	export INSIDE=1 srcdir=.
	exec unshare --net --mount --pid --fork --kill-child --mount-proc bash tests/quickstart.sh
fi
unset MAKEFLAGS MFLAGS MAKELEVEL
mount -n -t tmpfs tmpfs /run
mount -n -t sysfs sysfs /sys
ip link set lo up
ip link add nic0 type veth peer name nic1
ip link set nic0 up
ip addr add 192.0.2.1/24 dev nic0

# until COMMAND...: passes, which it has to within 20 s.
until_ok() {
	local deadline=$((SECONDS + 20))

	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.05
	done
}

# start: quickstart on nic0, until it serves.
start() {
	: >/run/output
	./quickstart nic0 >/run/output 2>&1 </dev/null &
	pid=$!
	until_ok grep -q '^Serving' /run/output || cat /run/output
}

# The program on nic0; what else runs here; what else is in /run.
left() {
	ip link show dev nic0 | grep xdp
	ps -C snmpd,xdp-agentx,unshare -o comm=
	find /run -mindepth 1 ! -name output
}

nothing_left() {
	! left | grep .
}

demonstrate() {
	./quickstart >/run/output 2>&1 || { cat /run/output && return 1; }
}
ok "the demonstration ends well" demonstrate
ok "ping, the peer's interface and the row pass have the same number" grep -Ex ' *3 [1-9][0-9]*' <(
	sed -En 's/^((sent by|row pass) .* )?([0-9]+) (frames|packets transmitted).*/\3/p' \
		/run/output | uniq -c
)

is "it runs the commands that README.md shows of it" \
	"$(sed '/^## Two commands/,/^## What it serves/!d' README.md | sed -n 's/^    \(\$ \)/\1/p' |
		grep -vxFf /run/output)" ""
is "xdp-stats shows the same, without SNMP" \
	"$(awk '$1 == "xdp0" && $2 == "pass" { print $3, $4 }' /run/output)" \
	"$(awk '$1 ~ /^[0-9]+\.pass$/ { print $2, $3 }' /run/output)"

is "an unknown interface is refused" "$(./quickstart nosuch 2>&1)" \
	"quickstart: there is no interface 'nosuch'; there are: lo nic0 nic1"

start
is "the interface has a program of ours" "$(ip link show dev nic0 | grep -c xdp_stats_count)" 1
ok "and a row" grep -E '^ *[0-9]+\.pass +0 +0$' /run/output
kill -TERM $pid
wait $pid
is "to stop it is no failure" $? 0
ok "and leaves nothing" nothing_left

start
disown $pid # bash would tell of its end
kill -KILL $pid
ok "nor does kill -9" until_ok nothing_left

ip route add default via 192.0.2.2
ok "the interface of the default route is not touched without being asked" \
	grep "takes a terminal" <(timeout 20 ./quickstart nic0 2>&1 </dev/null)
ok "nor has it been" nothing_left
done_testing
