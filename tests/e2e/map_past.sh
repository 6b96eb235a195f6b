#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is in a map of somebody's when it comes to be read, and whose that is: an interface has the
# absolute values of the first map that is read for it, unless it was read for another one, or was
# there before the interface. Each situation is a line of docs/lifecycle.md.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

# begins NAME TEXT: read, and served are zeros.
begins() {
	ok "$2: it is read" wait_for 10 reading "$1"
	exact "... and begins at 0" "$1"
}

for name in xa xb xc xd; do
	veth $name
done
settings "xdpInterface x* map"
load first
bpftool map pin id "$(map_of first)" $BPFFS/first_map
attach xa first
send xa $DROP 1000 100
start_snmpd
start_agent -c $RUN/agent.conf
ok "the first interface of a map: it is read" wait_for 10 reading xa
exact "... with what was in it before" xa

detach xa
wait_for 5 waiting xa
attach xb first
begins xb "the same program, on a second interface"
send xb $DROP 10 100
exact "... its own frames are counted" xb
exact "... and the first one keeps what it had" xa

detach xb
wait_for 5 waiting xb
attach xb first
ok "the same again, on the second" wait_for 5 reading xb
send xb $DROP 7 100
exact "... goes on" xb

detach xb
wait_for 5 waiting xb
load second map name xdp_stats_map pinned $BPFFS/first_map
rm $BPFFS/first
attach xc second
begins xc "another program with the same map, pinned by name"
send xc $PASS 11 100
exact "... its own frames are counted" xc

ip link delete xc
unset 'noted[xc 2]'
veth xc
attach xc second
begins xc "the interface is deleted and made anew, with the same program"
send xc $PASS 12 100
exact "... its own frames are counted" xc

# Nobody has read it, but it is older than the interface.
veth yy
load third
attach yy third
deliver yy $PASS 13 100
detach yy
veth xe
attach xe third
begins xe "a program that was there before the interface"
send xe $PASS 14 100
exact "... its own frames are counted" xe

veth xf
load fourth
attach xf fourth
send xf $PASS 15 100
ok "a program that came after the interface: it is read" wait_for 10 reading xf
exact "... with all that is in its map" xf

stop_agent
detach xf
attach xd fourth
deliver xd $PASS 16 100
start_agent -c $RUN/agent.conf
begins xd "moved while no agent ran"
send xd $PASS 17 100
exact "... its own frames are counted" xd
exact "... and the one that it was on keeps what was read" xf

stop_agent -KILL
note xd $PASS 18 100
deliver xd $PASS 18 100
start_agent -c $RUN/agent.conf
ok "killed and started: it is read" wait_for 10 reading xd
exact "... and goes on, with what came meanwhile" xd

# --- the meaning of its values -------------------------------------------------------------------

veth xg
bpftool prog load "$builddir/tests/e2e/swapped_map.bpf.o" $BPFFS/swapped type xdp
attach xg swapped
deliver xg $PASS 10 100
ok "octets where packets should be: failed" wait_for 10 failed xg
is "... and says what was found" "$(column 4 xg | tr -d '"')" \
	"program 'swapped_map' (id $(xdp_id xg), native) has no map that can be read: map 'xdp_stats_map' (id $(map_of swapped)) has values of {bytes, packets}; expected packets and bytes, in this order, of 64 bits each"
ok "... nothing is served" grep -q '^No Such Instance' <(packets xg $PASS)

veth xh
make_map nameless percpu_array 4 16 5 xdp_stats_map
load fifth map name xdp_stats_map pinned $BPFFS/nameless
attach xh fifth
ok "a map without BTF: it is read" wait_for 10 reading xh
is "... and it is said that its layout is taken on trust" "$(column 4 xh | tr -d '"')" \
	"the layout of its map (id $(id map nameless)) is taken on trust"
is "... with BTF nothing is to be said" "$(column 4 xd | tr -d '"')" ""
done_testing
