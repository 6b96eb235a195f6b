#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What xdp-stats shows: who counts, in a pipe, on terminals, as JSON; of odd names, of many interfaces.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1
need jq
need script

XDP_STATS=$builddir/src/xdp-stats
OTHER=$builddir/tests/e2e/pass.bpf.o # its program is called somebody

# head_of NAME: the head line.
head_of() {
	"$XDP_STATS" "$1" | grep '^#'
}

# on_terminal ROWS COLUMNS ARGUMENT...: what a terminal of this size gets; escape sequences begin with ^[.
on_terminal() {
	TERM=${TERM_IS-xterm} script -qec "stty rows $1 cols $2; $XDP_STATS ${*:3}" /dev/null </dev/null |
		sed -u 's/\r//; s/\x1b/^[/g'
}

# longest: the length of the longest line, without escape sequences.
longest() {
	sed 's/\^\[\[[0-9]*[A-Za-z]//g' | awk '{ if (length > most) most = length } END { print most }'
}

# json FILTER ARGUMENT...: what jq makes of it.
json() {
	"$XDP_STATS" --json "${@:2}" 2>/dev/null | jq -rc "$1"
}

# --- who counts ----------------------------------------------------------------------------------
veth xa
veth xb
echo "xdpReconcile 1" >$RUN/agent.conf
start_snmpd
start_agent -c $RUN/agent.conf -i xa -i xb:count:generic
wait_for 10 counting xa xb
frames xa 1234567 60
id=$(xdp_id xa)
is "count, native" "$(head_of xa)" "# xa: native, count, active, program $id xdp_stats_count"
is "count, generic" "$(head_of xb)" \
	"# xb: generic, count, active, program $(xdp_id xb) xdp_stats_count"
"$XDP_STATS" release xb >/dev/null
is "released" "$(head_of xb)" "# xb: waiting, released; xdp-stats retake ends that"
ip link set dev xb xdpgeneric obj "$OTHER" sec xdp
is "released, with somebody else's program" "$(head_of xb)" \
	"# xb: generic, none, waiting, released; xdp-stats retake ends that, program $(xdp_id xb) somebody"
"$XDP_STATS" retake xb >/dev/null
is "somebody else's program that is not counted" "$(head_of xb)" \
	"# xb: generic, none, failed, not counted; xdpIfStatusText says why, program $(xdp_id xb) somebody"
ok "the agent calls it failed, too" wait_for 5 failed xb
# head_without NAME: its head line for who lacks CAP_SYS_ADMIN.
head_without() {
	"$(without sys_admin "$XDP_STATS")" "$1" | grep '^#' | tr -d ' '
}
is "without CAP_SYS_ADMIN, count" "$(head_without xa)" "#xa:native,count,active,program$id"
is "... somebody else's program" "$(head_without xb)" \
	"#xb:generic,unknown,unknown,toknowittakesCAP_SYS_ADMIN,program$(xdp_id xb)"

# --- in a pipe -----------------------------------------------------------------------------------
is "a pipe gets plain columns" "$("$XDP_STATS" xa | grep -v '^#')" \
	"INTERFACE        ACTION            PACKETS              BYTES
xa               aborted                 0                  0
xa               drop                    0                  0
xa               pass              1234567           74074020
xa               tx                      0                  0
xa               redirect                0                  0"
is "in the order of the interfaces" "$("$XDP_STATS" | awk '/pass/ { print $1 }' | paste -sd' ')" "xa xb"
is "or in that of the command line" "$("$XDP_STATS" xb xa | awk '/pass/ { print $1 }' | paste -sd' ')" \
	"xb xa"
is "nowhere to write" "$("$XDP_STATS" xa 2>&1 >/dev/full; echo $?)" \
	"xdp-stats: cannot write: No space left on device
1"

# --- on a terminal -------------------------------------------------------------------------------
table="  ACTION      PACKETS       BYTES
xa: native, count, active, program $id xdp_stats_count
  aborted           0           0
  drop              0           0
  pass      1,234,567  74,074,020
  tx                0           0
  redirect          0           0"
is "a dumb terminal" "$(TERM_IS=dumb on_terminal 24 80 xa)" "$table"
is "NO_COLOR" "$(NO_COLOR=1 on_terminal 24 80 xa)" "$table"
is "another one: only the head line is bold" "$(on_terminal 24 80 xa)" \
	"$(sed '2s/.*/^[[1m&^[[m/' <<<"$table")"
is "a dumb terminal gets one table after another" \
	"$(TERM_IS=dumb on_terminal 24 80 -w 1 -c 2 xa)" "$table

$(sed '1s/$/  PPS  BIT\/S/; /^  [a-z]/s/$/    0      0/' <<<"$table")"
drawn=$(on_terminal 24 80 -w 1 -c 3 xa)
is "in place: cleared once, then from the top" "$(grep -oE '\^\[\[(H|2J)' <<<"$drawn" | paste -sd' ')" \
	"^[[H ^[[2J ^[[H ^[[H"
is "what was there before is cleared, line by line and below" \
	"$(grep -c '\^\[\[K$' <<<"$drawn") $(grep -o '\^\[\[J' <<<"$drawn" | wc -l)" "21 3"
is "rates are grouped, too" "$(
	(wait_for 5 grep -q pass $RUN/looks && frames xa 300000 1500) &
	on_terminal 24 80 -w 3 -c 2 xa | tee $RUN/looks | grep -cE '^  pass .*  [0-9]+,[0-9]{3}  [0-9,]+,[0-9]{3},[0-9]{3}\^'
)" 1
for columns in 20 35 50; do
	drawn=$(on_terminal 24 $columns -w 1 -c 2 xa)
	ok "$columns columns: no line is longer" [ "$(longest <<<"$drawn")" -le $columns ]
	ok "... no number is cut" grep -qE '^  pass +1,?534,?567( |\^|$)' <<<"$drawn"
	ok "... and the name is, visibly" grep -qE '^\^\[\[1mxa: .*\.\.\.\^' <<<"$drawn"
done
largest="255 255 255 255 255 255 255 127"
# shellcheck disable=SC2086 # bytes, a word each
bpftool map update pinned "$(pin xb xdp_stats_map)" key 1 0 0 0 \
	value $largest $largest >/dev/null
drawn=$(on_terminal 24 80 -w 1 -c 2 xb)
like "the largest numbers fit into 80 columns" "$drawn" '^  drop +[0-9,]{19,}  +[0-9,]{19,}  +0 +0\^'
ok "... with all that belongs to them" [ "$(longest <<<"$drawn")" -le 80 ]

# --- JSON ----------------------------------------------------------------------------------------
is "what is known of an interface" \
	"$(json '.interfaces[0] | [.name, .ifindex, .mode, .source, .status, .text, .program.id, .program.name, .error]' xa)" \
	"[\"xa\",$(ifindex xa),\"native\",\"count\",\"active\",null,$id,\"xdp_stats_count\",null]"
is "the tag is that of the MIB" "$(json '.interfaces[0].program.tag' xa)" "$(column 7 xa | tr -d '"')"
is "values are those of the table" \
	"$(json '.interfaces[0].actions | to_entries[] | "\(.key) \(.value.packets) \(.value.bytes)"' xa)" \
	"$("$XDP_STATS" xa | awk '/^xa/ { print $2, $3, $4 }')"
is "why it is not active" "$(json '.interfaces[0].text' xb)" "not counted; xdpIfStatusText says why"
like "when" "$(json '.time - now | fabs < 10' xa)" true
is "a line for each look, with rates from the second on" \
	"$(json '[.interfaces[0] | .interval > 0, .actions.pass.packets_per_second, .actions.pass.bits_per_second] ' -w 1 -c 2 xa)" \
	"[false,null,null]
[true,0,0]"
is "by CPU: all of them, which add up" \
	"$(json '.interfaces[0].actions.pass | .packets == ([.cpus[].packets] | add), (.cpus | length)' --cpu xa)" \
	"true
$("$XDP_STATS" --json --cpu xa | jq '.interfaces[0].actions.drop.cpus | length')"
is "an interface that there is not" "$(json '.interfaces[]' nope)" \
	'{"name":"nope","error":"there is no such interface"}'
is "... is an error all the same" "$("$XDP_STATS" --json nope 2>&1 >/dev/null; echo $?)" \
	"xdp-stats: nope: there is no such interface
1"

# --- odd names -----------------------------------------------------------------------------------
stop_agent
odd=$'q"\\\e[7m\xff\xc3\xa9'
veth "$odd"
start_agent -c $RUN/agent.conf -i 'lo,*'
ok "an interface with an odd name is counted" wait_for 10 counting "$odd"
is "JSON: it is escaped" "$("$XDP_STATS" --json "$odd" | jq '.interfaces[0].name')" \
	"$(printf '"q\\"\\\\\\u001b[7m\xef\xbf\xbd\xc3\xa9"')"
is "a terminal is not controlled by it" "$(on_terminal 24 80 | grep -o '^.*q"[^:]*')" \
	'^[[1mq"\x5c\x1b[7m\xff\xc3\xa9'

# --- many interfaces -----------------------------------------------------------------------------
mapfile -t names < <(seq -f xn%g 200)
veths "${names[@]}"
counted() {
	[ "$("$XDP_STATS" 2>/dev/null | grep -c '^# .* active')" -ge "$1" ]
}
ok "200 interfaces more" wait_for 20 counted 202
is "one page that does not fit is printed all the same" "$(on_terminal 24 80 | grep -c '^  pass')" 204
drawn=$(on_terminal 24 80 -w 1 -c 1)
is "nor is a single look drawn in place" "$(grep -c '^  pass' <<<"$drawn")" 204
drawn=$(on_terminal 24 80 -w 1 -c 2)
is "what is drawn in place fits" "$(($(wc -l <<<"$drawn") / 2)) $(grep -c '^  pass' <<<"$drawn")" "20 6"
is "... and says what does not" "$(grep -o '^no room.*' <<<"$drawn" | uniq)" \
	"no room for 201 of 204 interfaces^[[K"

# One that vanishes between two looks, and one that comes.
# shellcheck disable=SC2016 # the other shell expands it
"$XDP_STATS" --json -w 1 -c 60 >$RUN/looks &
looker=$!
wait_for 5 grep -q xn200 $RUN/looks
ip link del xn200
ip link add xn201 type veth peer name xn201-p
without() {
	tail -n 1 $RUN/looks | jq -e '[.interfaces[].name] | (index("xn200") | not) and index("xn201")'
}
ok "-w follows interfaces that come and go" wait_for 20 without
kill $looker

stop_agent
is "without the agent" "$(head_of xb)" \
	"# xb: generic, none, failed, not counted; xdp-agentx does not run, program $(xdp_id xb) somebody"
rm "$(pin xa link)"
ok "nothing holds the program any more" wait_for 5 no_program xa
is "without a program" "$(head_of xa)" "# xa: waiting, no program is attached"
done_testing
