#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Names that anybody may give: a user with a user namespace makes interfaces and alternative names that
# control terminals, are no UTF-8 or look like something else; authors of programs name these and their
# maps. All counts, and nothing leaves the two programs but printable ASCII that tells names apart.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
. "$srcdir/tests/e2e/notify_lib.sh"
need python3
need script

XDP_STATS=$builddir/src/xdp-stats
NOBODY=65534

# What the user tries: up to 13 octets, for the other ends are called NAME-p.
hostile=(
	$'\e]0;x\a'                      # ESC, BEL: the title of the window
	$'a\e[2J\e[H'                    # the screen is cleared
	$'csi\xc2\x9b2J'                 # the same by U+009B
	$'octet\x9b2J'                   # ... and where a terminal takes octets
	$'back\b\b\b\b\x7f'              # what was there is overwritten
	$'bidi\xe2\x80\xaegpj'           # U+202E: from right to left
	$'\xd7\x90\xd7\x91'              # Hebrew letters do that, too
	$'wide\xe2\x80\x8b\xcc\x81'      # no width: U+200B, U+0301
	$'nel\xc2\x85\xe2\x80\xa8'       # the line ends: U+0085, U+2028
	$'sp\xe1\x9a\x80x'               # white space to some: U+1680
	$'cut\xe2\x80'                   # no UTF-8: what is missing,
	$'octet\xff\xfe'                 # ... what never is,
	$'long\xc0\xaf'                  # ... '/' in two octets,
	$'sur\xed\xa1\x80'               # ... U+D840,
	$'above\xf4\x90\x80\x80'         # ... U+110000,
	$'five\xf8\x88\x80\x80\x80'      # ... five octets,
	$'six\xfc\x84\x80\x80\x80\x80'   # ... six
	$'b\xc3\xbcro'                   # UTF-8, and harmless
	'#hash'                          # a head line
	'INTERFACE'                      # the line above all
	'esc\x1b'                        # an escape: backslash, x, 1, b
	$'q"\\'                          # what JSON escapes
	$'$(id)`id`'                     # a command
)
alternatives=(
	$'alt\e]0;x\a\n# xa: \xf4\x90\x80\x80 b/:c' # the kernel does not look at them at all
	$'%s%n%99999d\xc2\xa0\xed\xa0\x80'
	"$(printf '\e%.0s' {1..127})"
)

# --- what is looked at ---------------------------------------------------------------------------

# strict WHAT [FILE]: exits with 1, and says where, unless it is printable ASCII in lines, of which a
# strict decoder makes text. WHAT is lines; or json: the names in it are printed, as octets.
strict() {
	python3 - "$@" <<-'END'
		import json, sys
		octets = open(sys.argv[2], "rb").read()
		text = octets.decode("utf-8", "strict")
		odd = [c for c in text if c != "\n" and not " " <= c <= "~"]
		if odd or not text:
		    sys.exit(f"{odd[:9]} in {octets[:300]}")
		if sys.argv[1] == "json":
		    for interface in json.loads(text)["interfaces"]:
		        print(interface["name"].encode("utf-8", "strict").hex())
	END
}

# clean NAME FILE...: files are as they should be, and have something.
clean() {
	local file

	for file in "${@:2}"; do
		ok "$1: printable ASCII (${file##*/})" strict lines "$file"
	done
}

# undone: escapes on standard input, undone, a line each in hexadecimal.
undone() {
	python3 -c '
import re, sys
for line in sys.stdin.buffer.read().split(b"\n")[:-1]:
    print(re.sub(rb"\\x(..)", lambda m: bytes.fromhex(m[1].decode()), line).hex())'
}

# in_hex NAME...: a line each.
in_hex() {
	local name

	for name; do
		printf '%s' "$name" | od -An -v -tx1 | tr -d ' \n'
		echo
	done
}

# as_json: names in hexadecimal come in, a line each; what is no UTF-8 becomes U+FFFD, an octet each.
as_json() {
	python3 -c '
import sys
def decode(octets):
    while octets:
        for length in range(1, 5):
            try:
                yield octets[:length].decode("utf-8", "strict")
                break
            except UnicodeDecodeError:
                pass
        else:
            length = 1
            yield "\ufffd"
        octets = octets[length:]
for line in sys.stdin:
    print("".join(decode(bytes.fromhex(line))).encode().hex())'
}

# --- a user makes them ---------------------------------------------------------------------------

# altname NAME ALTERNATIVE: ip(8) is stricter than the kernel.
cat >$RUN/altname.py <<-'END'
	import os, socket, struct, sys
	def attribute(kind, octets):
	    size = 4 + len(octets)
	    return struct.pack("HH", size, kind) + octets + bytes(-size % 4)
	name, alternative = map(os.fsencode, sys.argv[1:])
	index = socket.if_nametoindex(os.fsdecode(name))
	body = struct.pack("BxHiII", 0, 0, index, 0, 0) + attribute(52 | 0x8000, attribute(53, alternative + b"\0"))
	link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
	link.send(struct.pack("IHHII", 16 + len(body), 108, 0xc05, 1, 0) + body) # RTM_NEWLINKPROP
	error = struct.unpack("i", link.recv(4096)[16:20])[0]
	sys.exit(os.strerror(-error) if error else 0)
END

setpriv --reuid $NOBODY --regid $NOBODY --clear-groups unshare --user --map-root-user --net sleep 3600 &
user=$!
# as_user COMMAND...: root in a user namespace and a network namespace, and nobody outside.
as_user() {
	nsenter -t $user --user --net --setuid 0 --setgid 0 "$@"
}
of_user() {
	[ "$(</proc/$user/comm)" = sleep ] # it is where it shall be
}
within 5 of_user || skip_all "a user cannot make a user namespace here"
is "the user is nobody" "$(stat -c %u /proc/$user/ns)" $NOBODY
for name in "${hostile[@]}"; do
	as_user ip link add "$name" type veth peer name "$name-p"
	# Whoever owns the machine moves them; the names stay.
	nsenter -t $user --net ip link set "$name" netns $$
	nsenter -t $user --net ip link set "$name-p" netns peer
	ip link set "$name" up
	ip -n peer link set "$name-p" up
done
as_user ip link add ua type veth peer name ua-p
for name in "" "${alternatives[@]}"; do # an empty one hides none
	as_user python3 $RUN/altname.py ua "$name"
done
nsenter -t $user --net ip link set ua netns $$
is "the names are there" "$(find /sys/class/net -mindepth 1 -printf '%f\n' | wc -l)" $((${#hostile[@]} + 2))

# What authors may name: the kernel takes the letters of Latin-1.
LC_ALL=C sed 's/somebody/s\xf4me\xff\xfddy/g' "$builddir/tests/e2e/pass.bpf.o" >$RUN/named.o
LC_ALL=C sed 's/rx_packets/rx_\xe9\xfe\xffkets/g; s/own_map/own_m\xe6p/g' "$builddir/tests/e2e/own_map.bpf.o" >$RUN/members.o
veth xo
ip link set dev xo xdpgeneric obj $RUN/named.o sec xdp
veth xm
ip link set dev xm xdpgeneric obj $RUN/members.o sec xdp
veth xn

# --- the agent -----------------------------------------------------------------------------------

start_snmptrapd
{
	echo "xdpReconcile 1"
	echo "xdpInterface xm map"
	echo "xdpInterface xn off"
	echo "xdpInterface ua*,* count"
} >$RUN/agent.conf
"$AGENT" -C -c $RUN/agent.conf -i $'gone\e]0;x\a' -t >$RUN/plan 2>&1
clean "-t" $RUN/plan
is "... each name once, in its field" \
	"$(awk 'NR > 1 { print $1 }' $RUN/plan | undone | sort)" \
	"$(in_hex lo ua xo xm xn $'gone\e]0;x\a' "${hostile[@]}" | sort)"
start_snmpd "trap2sink $SINK public"
start_agent -c $RUN/agent.conf -Dxdp
ok "all are counted" wait_for 20 counting "${hostile[@]}" ua
sent=0
for name in "${hostile[@]}"; do
	sent=$((sent + 1))
	wait_for 5 has_carrier "$name"
	frames "$name" $sent 60
done
clean "the log" $RUN/agent.log
is "... names all" "$(sed -n 's/: counting (native)$//p' $RUN/agent.log | undone | sort -u)" \
	"$(in_hex ua "${hostile[@]}" | sort -u)"

# --- xdp-stats -----------------------------------------------------------------------------------

shown=("${hostile[@]}" ua xm) # what has counters
"$XDP_STATS" >$RUN/pipe 2>$RUN/errors
clean "a pipe" $RUN/pipe
is "... no error" "$(<$RUN/errors)" ""
is "... names are told apart, and can be had back" \
	"$(awk '!/^#/ && $2 == "pass" { print $1 }' $RUN/pipe | undone | sort)" "$(in_hex "${shown[@]}" | sort)"
is "... also from the head lines, which no row looks like" \
	"$(sed -n 's/^# \(.*\): [a-z]*, [a-z]*, [a-z]*,.*/\1/p' $RUN/pipe | undone | sort)" \
	"$(in_hex "${shown[@]}" | sort)"
is "... nor does a row look like the line above all" \
	"$(grep -v '^#' $RUN/pipe | grep -c ' ACTION ') $(grep -vc '^#' $RUN/pipe)" "1 $((5 * ${#shown[@]} + 1))"
is "... with all frames" "$(awk '!/^#/ && $2 == "pass" && $3 { print $1 " " $3 }' $RUN/pipe | undone)" \
	"$(for ((i = 0; i < ${#hostile[@]}; i++)); do in_hex "${hostile[i]} $((i + 1))"; done)"

TERM=dumb script -qec "stty rows 99 cols 600; '$XDP_STATS'" /dev/null </dev/null | tr -d '\r' >$RUN/terminal
clean "a terminal" $RUN/terminal
is "... names are told apart" \
	"$(sed -n 's/^\(.*\): [a-z]*, [a-z]*, [a-z]*,.*/\1/p' $RUN/terminal | undone | sort)" \
	"$(in_hex "${shown[@]}" | sort)"
TERM=xterm script -qec "stty rows 99 cols 30; '$XDP_STATS' -w 1 -c 2" /dev/null </dev/null |
	sed 's/\r$//; s/\x1b\[\([HJKm]\|2J\|1m\)//g' >$RUN/screen
clean "a screen, but for what draws it" $RUN/screen
is "... with no line longer than it" "$(awk 'length > 30' $RUN/screen)" ""

for option in --json "--json --cpu"; do
	# shellcheck disable=SC2086 # several words
	"$XDP_STATS" $option >$RUN/json
	is "$option: by a strict decoder" "$(strict json $RUN/json | sort)" \
		"$(in_hex "${shown[@]}" | as_json | sort)"
done

for name in "${alternatives[@]}"; do
	"$XDP_STATS" "$name" >$RUN/altname
	clean "an alternative name" $RUN/altname
	is "... is one field" "$(awk '$2 == "pass" { print $1 }' $RUN/altname | undone)" "$(in_hex "$name")"
	"$XDP_STATS" --json "$name" >$RUN/altname.json
	is "... as JSON" "$(strict json $RUN/altname.json)" "$(in_hex "$name" | as_json)"
done

for name in "${hostile[@]}"; do
	"$XDP_STATS" release "$name"
	"$XDP_STATS" retake "$name"
	"$XDP_STATS" unload -p "/sys/fs/bpf/$name" "$name"
	"$XDP_STATS" "$name-gone"
	"$XDP_STATS" -p "/none/$name"
	"$XDP_STATS" --all "$name"
done >$RUN/commands.out 2>$RUN/commands.err
clean "commands" $RUN/commands.out $RUN/commands.err
is "... say whose" \
	"$(sed -n 's/^\(.*\): the agent will count it again$/\1/p' $RUN/commands.out | undone)" \
	"$(in_hex "${hostile[@]}")"

# --- what authors name ---------------------------------------------------------------------------

"$XDP_STATS" xo xm >$RUN/authors 2>$RUN/authors.err
clean "somebody's program" $RUN/authors $RUN/authors.err
is "... can be had back" "$(sed -n 's/^# xm: .*, program [0-9]* //p' $RUN/authors | undone)" "$(in_hex $'own_m\xe6p')"

# --- SNMP ----------------------------------------------------------------------------------------

# octets COLUMN NAME: of a string.
octets() {
	snmpget -v2c -c public -t $((3 * TIME_SCALE)) -r 0 -Oxqv "$SNMP_ADDRESS" \
		"$ROOT.1.2.1.$1.$(ifindex "$2")" | tr -d '"' |
		python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))'
}

for column in 4 6; do
	for name in xo xm; do
		octets $column $name >$RUN/value
		clean "column $column of xdpIfTable, $name" $RUN/value
		ok "... of not more than it may have" [ "$(wc -c <$RUN/value)" -le $((column == 4 ? 255 : 127)) ]
	done
done
is "xdpIfProgramName can be had back" "$(column 6 xo | tr -d '"' | sed 's/\\\\/\\/g' | undone)" \
	"$(in_hex $'s\xf4me\xff\xfddy')"
like "xdpIfStatusText, too" "$(column 4 xm | tr -d '"')" 'rx_(\\)+xe9(\\)+xfe(\\)+xffkets'
for name in "${hostile[@]}"; do
	wait_for 5 counting "$name"
done
wait_for 5 arrived ${#hostile[@]}
received | grep -a xdpProgramAttached >$RUN/notifications
clean "notifications" $RUN/notifications
is "... name all" "$(sed -n 's/.*ifName[^|]* = \([^|]*\)|.*/\1/p' $RUN/notifications | undone | sort -u)" \
	"$(in_hex ua "${hostile[@]}" | sort -u)"
clean "the log at the end" $RUN/agent.log

# --- what operators write ------------------------------------------------------------------------

stop_agent
{
	printf 'xdpInterface eth\e]0;x\a gone\xff\nxdpFoo\e[2J yes\nxdpMap a\e/b /c\nxdpReconcile \x9b\n'
	printf 'xdpPinDir \e\nxdpRootOid \xf4\x90\x80\x80\nxdpPersist \a\n'
} >$RUN/bad.conf
for argument in $'a\e]0;x\a:b' $'\xf8\x88\x80\x80\x80:count:x'; do
	for options in "-i" "-c" "-Ly" "-x" "-z" ""; do
		"$AGENT" -C -t $options "$argument"
	done
done >$RUN/usage.out 2>$RUN/usage.err
"$AGENT" -C -t -c $RUN/bad.conf >$RUN/config.out 2>&1
clean "bad usage, a bad configuration" $RUN/usage.err $RUN/config.out
is "... each line is complained of" "$(grep -c 'bad.conf: line' $RUN/config.out)" 7
unload >/dev/null
mkdir $RUN/conf
echo "logOption f $RUN/second.log" >$RUN/conf/snmp.conf # which the library reads when it connects
printf '%s\n' "agentXSocket $AGENTX" "xdpInterface * count" >$RUN/conf/xdp-agentx.conf
SNMPCONFPATH=$RUN/conf "$AGENT" -Lf $RUN/first.log &
agent_pid=$!
wait_for 20 counting "${hostile[@]}"
stop_agent
clean "logOption of snmp.conf" $RUN/first.log $RUN/second.log
ok "... is in use" grep -q ': counting' $RUN/second.log
is "... names all" "$(sed -n 's/: counting (native)$//p' $RUN/{first,second}.log | undone | sort -u)" \
	"$(in_hex xn ua "${hostile[@]}" | sort)"
kill $user
stop_snmptrapd
done_testing
