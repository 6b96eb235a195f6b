#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Alternative names of interfaces (ip-link(8), altname), of 15 and of 120 characters.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/map_lib.sh"

short=fifteen-letters
long=$(printf 'long%.0s' {1..30})

altname() {
	ip link property "$1" dev "$2" altname "$3"
}

missing() {
	[ "$(get $ROOT.1.1.4.0)" = "$1" ]
}

rows() {
	walk $ROOT.1.2.1.3 | wc -l
}

no_row() {
	! column 3 "$1" | grep -x '[1-3]'
}

# stats ARGUMENT...: xdp-stats; what it complains of is in the output.
stats() {
	"$builddir/src/xdp-stats" "$@" 2>&1
}

# tells NAME: what xdp-stats shows as passed by an interface of that name.
tells() {
	stats "$1" | awk -v name="$1" '$1 == name && $2 == "pass" { print $3, $4 }'
}

veths xa xb xc
altname add xa $short
altname add xb "$long"
altname add xc other

# --- counted by them -----------------------------------------------------------------------------

# No timer helps: what follows is done because the kernel told.
settings "xdpReconcile 3600" "xdpInterface $short,$long,gone,$(printf 'gone%.0s' {1..30}) count" \
	"xdpInterface other* count"
serve -c $RUN/agent.conf
ok "counted by alternative names" wait_for 10 counting xa xb
ok "xdpIfMissing: two names without interface" missing 2
is "a pattern matches none" "$(rows) $(xdp_id xc)" "2 "
send xa $PASS 3 60
send xb $PASS 5 100
exact "frames of the one" xa
exact "... and of the other" xb

altname add xc gone
ok "a name that comes: counted" wait_for 2 counting xc
ok "... and missing no longer" missing 1
send xc $PASS 4 80
exact "... with its frames" xc
before=$(column 10 xb)
altname add xb one-more
altname del xb one-more
altname del xc gone
ok "a name that goes: the row is gone" wait_for 2 no_row xc
is "... the program, too" "$(xdp_id xc)" ""
ok "... and it is missing" missing 2

altname del xa $short
ok "a name that moves: gone there" wait_for 2 no_row xa
altname add xc $short
ok "... counted here" wait_for 2 counting xc
send xc $PASS 2 70
exact "... from where it was" xc
ok "... and none is missing for it" missing 2
altname del xc $short
wait_for 2 no_row xc
altname add xa $short
ok "... and back" wait_for 2 counting xa
exact "... from where it was" xa
is "the other one was left as it was" "$(column 10 xb)" "$before"

# --- the lines and the tools ---------------------------------------------------------------------

altname del xa $short
wait_for 2 no_row xa
reload "xdpReconcile 3600" "xdpInterface xa,$short,$long count"
ok "by its own name: counted" wait_for 5 counting xa
link=$(pinned xa link)
altname add xa $short
ok "an alternative name more: nothing is missing" wait_for 2 missing 0
ip link set xa down
ip link set xa name xz
ip link set xz up
wait_for 5 grep -q 1 /sys/class/net/xz/carrier
ok "renamed, but the other name is there" wait_for 2 missing 1
is "... the program stays" "$(pinned xz link)" "$link"
ip link set xz down
ip link set xz name xa
ip link set xa up
wait_for 5 grep -q 1 /sys/class/net/xa/carrier
send xa $PASS 1 60
exact "... and has counted on" xa

stop_agent
start_agent -c $RUN/agent.conf
ok "after a restart: counted by alternative names" wait_for 10 counting xa xb
exact "... with the frames of before" xa
exact "... the other one, too" xb
is "... by the same program" "$(pinned xa link)" "$link"

is "xdp-stats by the short name" "$(tells $short)" "${noted[xa $PASS]}"
is "... and by the long one" "$(tells "$long")" "${noted[xb $PASS]}"
like "... as JSON" "$(stats --json "$long")" \
	"\"name\":\"$long\",\"ifname\":\"xb\",\"ifindex\":$(ifindex xb),"
is "... by its own name as before" "$(stats --json xb | grep -o '"name":"xb","ifindex"')" \
	'"name":"xb","ifindex"'
is "... by none that there is" "$(stats "${long}x" | grep -v '^[# ]\|^INTERFACE'; echo "${PIPESTATUS[0]}")" \
	"$(printf '%s\n' "xdp-stats: ${long}x: there is no such interface" 1)"
is "xdp-stats release" "$(stats release "$long" | sed 's/;.*//')" \
	"$long: released, program taken off"
is "... retake" "$(stats retake "$long")" "$long: the agent will count it again"
stop_agent
is "... unload" "$(stats unload $short "$long")" "$short: program and counters taken away
$long: counters taken away"

# --- -t ------------------------------------------------------------------------------------------

plan=$("$AGENT" -C -t -i "xa:off" -i "$short" -i "$long" -i "gone-for-good:observe" | grep -v '^lo ')
is "-t says whose names they are" "$(tr -s ' ' <<<"$plan" | grep -v '^xc')" \
	"INTERFACE SOURCE HOOK WHAT WOULD HAPPEN
xa off - left alone
xb count any as $long: the counter program will be attached
gone-for-good observe - does not exist"

# --- xdpMap --------------------------------------------------------------------------------------

load one
bpftool map pin id "$(map_of one)" $BPFFS/named
attach xa one
noted=()
settings "xdpInterface $short map" "xdpMap $short $BPFFS/named"
start_agent -c $RUN/agent.conf
ok "a map by an alternative name" wait_for 10 reading xa
send xa $DROP 6 90
exact "... is what is served" xa
altname del xa $short
altname add xb $short
ok "the name moves: no row here" wait_for 2 no_row xa
ok "... but there" wait_for 2 waiting xb

done_testing
