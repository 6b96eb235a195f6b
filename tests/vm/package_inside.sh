#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What package.sh has a clean Debian 12 do with the packages. Its namespace "manager" is where SNMP
# requests and frames come from.
cd /test || exit 1
. ./tap.sh
export DEBIAN_FRONTEND=noninteractive HOME=/root LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0
ROOT=.1.3.6.1.4.1.8072.9999.9999.48620

# wait_for SECONDS COMMAND...
wait_for() {
	local deadline=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
}

# show COMMAND...: what it prints is for the reader of the log.
show() {
	printf '# $ %s\n' "$*"
	"$@" 2>&1 | sed 's/^/#   /'
}

manager() {
	ip netns exec manager "$@"
}

# get OID..., walk OID: by SNMPv3, from the manager's namespace.
V3=(-v3 -u operator -l authPriv -a SHA -A correct-horse -x AES -X battery-staple -t 20 -r 0)
get() {
	manager snmpget "${V3[@]}" -OQvUn 192.0.2.1 "$@"
}

walk() {
	manager snmpwalk "${V3[@]}" -OQUn 192.0.2.1 "$@"
}

# column NUMBER NAME: of xdpIfTable. packets NAME VERDICT: of xdpStatsTable.
column() {
	get "$ROOT.1.2.1.$1.$(<"/sys/class/net/$2/ifindex")"
}

packets() {
	get "$ROOT.1.3.1.2.$(<"/sys/class/net/$1/ifindex").$2"
}

# counted NAME VERDICT COUNT
counted() {
	[ "$(packets "$1" "$2")" = "$3" ]
}

status_is() {
	[ "$(column 3 "$1")" = "$2" ]
}

# run_step NUMBER: of the section Configure, the commands.
run_step() {
	bash -e <(sed -n "/^$1\\. /,/^\\($(($1 + 1))\\.\\|##\\) /s/^ *# //p" service.md)
}

link_to_manager() {
	ip link add "$1" type veth peer name "$1-p" netns manager
	ip link set "$1" up
	ip -n manager link set "$1-p" up
}

pid() {
	systemctl show -P MainPID xdp-agentx
}

broker() {
	pgrep -x xdp-broker
}

# rights PID: the user, the capabilities that it has, and no_new_privs.
rights() {
	awk '/^Uid/ { uid = $2 } /^Cap(Prm|Eff)/ { caps = caps " " $2 } /^NoNew/ { print uid caps, $2 }' \
		"/proc/$1/status"
}

# flood: frames to eth1 and eth2 until flood_ends, which says how many each got.
flood() {
	ip netns exec manager ./flood 2000 eth1-p eth2-p >sent &
	flood=$!
}

flood_ends() {
	kill $flood
	wait $flood
	cat sent
}

# under_flood WHAT COMMAND...: while it happens, no frame is lost at either interface.
under_flood() {
	local what=$1 one two sent was

	shift
	one=$(packets eth1 2) two=$(packets eth2 2) was=$(pid)
	flood
	"$@"
	wait_for 60 restarted "$was"
	sent=$(flood_ends)
	ok "$what: eth1: all $sent frames are counted" wait_for 20 counted eth1 2 $((one + sent))
	ok "$what: eth2, observed, too" wait_for 20 counted eth2 2 $((two + sent))
}

# restarted PID: another process than that serves both.
restarted() {
	[ "$(pid)" != "$1" ] && status_is eth1 1 && status_is eth2 1
}

# ours: what the kernel has of ours. The other program is called somebody, and is attached without a link.
ours() {
	bpftool prog show | grep -E 'name (xdp_|watch)'
	bpftool map show | grep 'name xdp_'
	bpftool link show | grep -E ': (xdp|tracing) '
	grep -s xdp-agentx /proc/mounts
	ls -d /run/xdp-agentx/* 2>/dev/null
}

journal() {
	journalctl -q -o cat -u xdp-agentx _SYSTEMD_INVOCATION_ID="$(systemctl show -P InvocationID xdp-agentx)"
}

capability() {
	local mask=0 bit

	for bit; do
		mask=$((mask | 1 << bit))
	done
	printf %016x $mask
}

SERVICE=$(capability 12 38 39)
BROKER=$(capability 21)

# No interface sends a frame of its own accord; lo keeps ::1, which snmpd listens on.
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip netns add manager
manager sysctl -qw net.ipv6.conf.default.disable_ipv6=1
link_to_manager mgmt0
ip addr add 192.0.2.1/24 dev mgmt0
ip -n manager addr add 192.0.2.2/24 dev mgmt0-p
link_to_manager eth1
link_to_manager eth2
show uname -r
is "snmpd runs" "$(systemctl is-active snmpd)" active

# --- install -------------------------------------------------------------------------------------

began=$(date +%s%3N)
ok "apt install" apt-get -y install ./xdp-agentx_0.1.0-1_amd64.deb
installed=$(date +%s%3N)
zcat -f /usr/share/doc/xdp-agentx/service.md* >service.md
is "systemd has nothing to say of the units" \
	"$(systemd-analyze verify /lib/systemd/system/xdp-agentx.service '/lib/systemd/system/run-xdp\x2dagentx.mount' 2>&1 | grep -v "Command 'man")" ""
is "the service is enabled" "$(systemctl is-enabled xdp-agentx)" enabled
is "and runs" "$(systemctl is-active xdp-agentx)" active
uid=$(id -u xdp-agentx)
like "as a user of its own" "$uid" '^[1-9]'
is "the agent with these capabilities and no others" "$(rights "$(pid)")" "$uid $SERVICE $SERVICE 1"
is "the broker with one" "$(rights "$(broker)")" "$uid $BROKER $BROKER 1"
show grep -E '^(Name|Uid|Cap|NoNewPrivs|Seccomp)' "/proc/$(pid)/status"
show grep -E '^(Name|Uid|Cap|NoNewPrivs|Seccomp)' "/proc/$(broker)/status"
is "it lacks nothing" "$(journal | grep -c ' is missing: ')" 0
like "its directory of pins is a bpffs of its own" "$(stat -f -c %T /run/xdp-agentx):$(stat -c '%U %a' /run/xdp-agentx)" \
	'^bpf_fs:xdp-agentx 1755$' # a bpffs is always sticky

cat >/etc/snmp/snmpd.conf.d/manager.conf <<-END
	agentaddress 192.0.2.1
	createUser operator SHA correct-horse AES battery-staple
	rouser operator priv -V systemonly
END
ok "snmpd is configured as docs/service.md says" run_step 1
sed -n 's/^ *\(xdpInterface .*\)/\1/p' service.md >>/etc/snmp/xdp-agentx.conf
ok "and the agent" run_step 2
ok "eth1 is counted" wait_for 60 status_is eth1 1
manager ./send_frames eth1-p 100 100
ok "and SNMPv3 says from another namespace how many frames" wait_for 20 counted eth1 2 100
right=$(date +%s%3N)
echo "# from apt install to the first right value: $(((right - began) / 1000)) s, emulated;" \
	"$(((installed - began) / 1000)) s of them apt"
show journalctl -q -o cat -u xdp-agentx
like "a walk shows the module" "$(walk $ROOT | head -n 1)" "^$ROOT.1.1.1.0 = \"?xdp-agentx"
show stat -c '%A %U %G %n' /var/agentx /var/agentx/master
is "the socket is of the group" "$(stat -c '%a %G' /var/agentx/master)" "660 xdp-agentx"
is "by a program that is pinned: there is nothing to say" "$(column 4 eth1)" '""'
ip link set dev eth2 xdpdrv obj pass.bpf.o sec xdp
ok "a program of somebody else's is observed" wait_for 60 status_is eth2 1
manager ./send_frames eth2-p 60 100
ok "what it passes is counted" wait_for 20 counted eth2 2 60

under_flood "a restart" systemctl restart xdp-agentx
under_flood "kill -9 of the agent" systemctl kill -s KILL --kill-whom=main xdp-agentx
under_flood "kill -9 of both" systemctl kill -s KILL xdp-agentx
kill_broker() {
	kill -KILL "$(broker)"
	wait_for 20 told 'the broker has ended (killed by signal 9): ' &&
		systemctl restart xdp-agentx
}
told() {
	journal | grep -qF "$1"
}
under_flood "kill -9 of the broker, and a restart" kill_broker
exposure() {
	systemd-analyze security --no-pager xdp-agentx | sed -n 's/  *$//; s/^ *-> Overall/Overall/p'
}
security=$(exposure)

# --- the drop-in ---------------------------------------------------------------------------------

before=$(packets eth1 2)
ok "with the drop-in of docs/service.md it starts again" run_step 3
is "as the same user, with the same capabilities" "$(rights "$(pid)")" "$uid $SERVICE $SERVICE 1"
is "without a broker" "$(broker)" ""
is "it says what it lacks" "$(journal | grep -c 'CAP_SYS_ADMIN is missing: ')" 1
ok "eth1 is counted" wait_for 60 status_is eth1 1
is "and goes on where it was" "$(packets eth1 2)" "$before"
is "by the agent's own program, pinned" "$(column 4 eth1)" '""'
ok "the other program is not observed" wait_for 60 status_is eth2 3
like "for the reason that the text names" "$(column 4 eth2)" 'observing takes CAP_SYS_ADMIN'
echo "# as packaged: $security"
echo "# without a broker: $(exposure)"
under_flood_without() {
	before=$(packets eth1 2)
	flood
	systemctl restart xdp-agentx
	wait_for 60 status_is eth1 1
	sent=$(flood_ends)
	ok "a restart without a broker: all $sent frames are counted" wait_for 20 counted eth1 2 $((before + sent))
}
under_flood_without
rm -r /etc/systemd/system/xdp-agentx.service.d
systemctl daemon-reload
systemctl restart xdp-agentx
ok "without the drop-in the program is observed again" wait_for 60 status_is eth2 1
is "root sees the same counters" "$(xdp-stats eth1 | awk '$2 == "pass" { print $3 }')" "$(packets eth1 2)"

# --- upgrade under load --------------------------------------------------------------------------

before=$(packets eth1 2) observed=$(packets eth2 2) program=$(column 5 eth1)
flood
ok "an upgrade under load" apt-get -y install ./xdp-agentx_0.1.1-1_amd64.deb
ok "the service was started again" wait_for 60 status_is eth1 1
flood_ends >/dev/null
like "by the new version" "$(dpkg-query -W -f '${Version}' xdp-agentx) $(column 5 eth1)" "^0.1.1-1 "
ok "which has put its own program there" test "$(column 5 eth1)" != "$program"
is "no frame was lost" "$(($(packets eth1 2) - before))" "$(<sent)"
echo "# $(<sent) frames at each interface during the upgrade; at eth2, where the observer was exchanged," \
	"$(($(packets eth2 2) - observed)) were counted"

# --- remove and purge ----------------------------------------------------------------------------

were=$(ours | paste -sd' ')
ok "apt remove" apt-get -y remove xdp-agentx
like "before, that was in the kernel" "$were" 'name xdp_observe_in.*name xdp_stats_count|name xdp_stats_count.*name xdp_observe_in'
is "now nothing of ours is" "$(ours)" ""
is "nothing is on eth1" "$(ip -d link show eth1 | grep -c prog/xdp)" 0
is "the other program is where it was" "$(ip -d link show eth2 | grep -c prog/xdp)" 1
is "the configuration is" "$(ls /etc/snmp/xdp-agentx.conf)" /etc/snmp/xdp-agentx.conf
is "snmpd still answers" "$(get .1.3.6.1.2.1.1.5.0)" "\"$(uname -n)\""
ok "apt purge" apt-get -y purge xdp-agentx
is "no file of the package is left" "$(find / -xdev -name '*xdp-agentx*' ! -path '/test/*' ! -path '/proc/*' \
	! -path '/var/log/*' ! -path '/etc/snmp/snmpd.conf.d/*' ! -path '/etc/systemd/system/xdp-agentx.service.d*')" ""

# --- from 0.1.0 ------------------------------------------------------------------------------------

# upgrade_from_old: 0.1.0, with both interfaces as they were, is upgraded under a flood.
upgrade_from_old() {
	apt-get -y install ./old.deb
	cp /etc/snmp/xdp-agentx.conf.ours /etc/snmp/xdp-agentx.conf
	systemctl restart xdp-agentx
	wait_for 60 status_is eth1 1
	before=$(packets eth1 2) two=$(packets eth2 2)
	flood
	dpkg -i --force-confold ./xdp-agentx_0.1.0-1_amd64.deb
	wait_for 60 status_is eth1 1
	wait_for 60 status_is eth2 1
	sent=$(flood_ends)
}
if [ -e old.deb ]; then
	sed -n 's/^ *\(xdpInterface .*\)/\1/p' service.md >/etc/snmp/xdp-agentx.conf.ours
	mkdir -p /etc/systemd/system/xdp-agentx.service.d
	printf '[Service]\n%s\n' AmbientCapabilities=CAP_SYS_ADMIN CapabilityBoundingSet=CAP_SYS_ADMIN \
		>/etc/systemd/system/xdp-agentx.service.d/observe.conf
	upgrade_from_old >/dev/null
	ok "from 0.1.0 with its drop-in: all $sent frames are counted" \
		wait_for 20 counted eth1 2 $((before + sent))
	echo "# at eth2, where the observer was exchanged, $(($(packets eth2 2) - two)) were"
	is "its drop-in gives the agent nothing" "$(rights "$(pid)")" "$uid $SERVICE $SERVICE 1"
	apt-get -y purge xdp-agentx >/dev/null
	rm -r /etc/systemd/system/xdp-agentx.service.d
	systemctl daemon-reload
	upgrade_from_old >/dev/null
	ok "from 0.1.0 without it, which pinned nothing: eth1 is counted" status_is eth1 1
	ok "and eth2 is observed" status_is eth2 1
	manager ./send_frames eth2-p 60 100
	two=$(packets eth2 2)
	manager ./send_frames eth2-p 60 100
	ok "from then on each frame is counted" wait_for 20 counted eth2 2 $((two + 60))
fi
done_testing
