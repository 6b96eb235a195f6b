#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The example for authors, built against the headers as they are installed: every frame and octet that
# was sent is served under its verdict. Native, generic and by xdp-loader, with frames in fragments.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"
need xdp-loader

EXAMPLE=$builddir/tests/e2e/drop_udp.bpf.o
DISCARD=9 # the port

# drops_discard NAME: its program does from now on.
drops_discard() {
	local ids id

	ids=$(bpftool prog show id "$(xdp_id "$1")" | sed -n 's/.*map_ids \([0-9,]*\).*/\1/p')
	for id in ${ids//,/ }; do
		bpftool map show id "$id" | grep -q 'name drop_ports ' || continue
		bpftool map update id "$id" key 0 $DISCARD value 1
	done
}

# datagrams NAME VERDICT COUNT LENGTH PORT
datagrams() {
	note "${@:1:4}"
	nsenter --net=$RUN/netns/peer "$builddir/tests/e2e/send_frames" "$1-p" "$3" "$4" udp "$5"
}

veth xn 9000
veth xg 9000
veth xl # libxdp's dispatcher takes no frames in fragments everywhere
ip link set dev xn xdpdrv obj "$EXAMPLE" sec xdp.frags
ip link set dev xg xdpgeneric obj "$EXAMPLE" sec xdp.frags
settings "xdpInterface * map"
serve -c $RUN/agent.conf

for name in xn xg; do
	ok "$name: the map of the example is read" wait_for 5 reading $name
	for length in 60 1514 9000; do
		send $name $PASS 3 $length
		datagrams $name $PASS 4 $length $DISCARD
	done
	exact "... before it drops anything" $name
	drops_discard $name
	for length in 60 1514 9000; do
		send $name $PASS 5 $length
		datagrams $name $DROP 6 $length $DISCARD
		datagrams $name $PASS 7 $length $((DISCARD + 1))
		exact "... frames of $length octets" $name
	done
	is "... the same by xdp-stats" \
		"$("$builddir/src/xdp-stats" $name | awk -v name=$name '$1 == name { print $3, $4 }')" \
		"$(notes $name)"
done

xdp-loader load -m native xl "$EXAMPLE"
ok "xl: the same by xdp-loader" wait_for 5 reading xl
send xl $PASS 8 60
send xl $PASS 9 1514
exact "... every frame" xl

stop_agent
is "the agent stops" "$agent_code" 0
done_testing
