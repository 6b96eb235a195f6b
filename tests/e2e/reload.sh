#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGHUP: what the configuration changes is changed, the rest does not notice.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# hang_up: has the file read, until the agent has said so; what it said before that is in $said.
hang_up() {
	local before
	before=$(wc -l <$RUN/agent.log)
	kill -HUP "$agent_pid"
	wait_for 5 has_read "$before"
}

has_read() {
	said=$(tail -n +$(($1 + 1)) $RUN/agent.log)
	grep -Eq '^(the configuration was read again|the settings stay as they were)$' <<<"$said"
}

# reload LINE...: puts the lines into the file first.
reload() {
	printf '%s\n' "$@" >$RUN/agent.conf
	hang_up
}

# state NAME: the ids of its program for the kernel and for the agent, and its count.
state() {
	echo "$1 $(xdp_id "$1") $(column 5 "$1") $(packets "$1" 2)"
}

# nothing_of NAME: neither a row nor a program.
nothing_of() {
	echo "$(column 3 "$1")$(xdp_id "$1")"
}

none="No Such Instance currently exists at this OID"

for name in ra rb rc rd; do
	veth $name
done
printf '%s\n' "xdpInterface ra count" "xdpInterface rb count native" "xdpReconcile 60" >$RUN/agent.conf
ASAN_OPTIONS+=:quarantine_size_mb=1 # what was freed is free
serve -c $RUN/agent.conf
ok "two interfaces are counted" wait_for 5 counting ra rb
frames ra 5 100
frames rb 3 100
ra=$(state ra)
rb=$(state rb)
like "with a program each" "$ra,$rb" "^ra ([0-9]+) \1 5,rb ([0-9]+) \2 3$"

# --- lines that come, go and change

reload "xdpInterface ra count" "xdpInterface rc count" "xdpInterface rb count native" \
	"xdpReconcile 60"
ok "a line that is added: a third one is counted" wait_for 5 counting rc
frames rc 4 100
is "and the others stay as they were" "$(state ra),$(state rb)" "$ra,$rb"
rc=$(state rc)

reload "xdpInterface ra count" "xdpInterface rc count" "xdpReconcile 60"
is "a line that is removed" "$(nothing_of rb)" "$none"
is "and the others stay as they were" "$(state ra),$(state rc)" "$ra,$rc"

reload "xdpInterface ra count generic" "xdpInterface rc count" "xdpReconcile 60"
ok "any becomes generic" wait_for 5 counting ra
is "for xdpIfAttachMode, too" "$(column 1 ra)" 3
like "for the kernel, too" "$(ip link show dev ra)" ' xdpgeneric '
frames ra 2 100
like "with another program, and the same counters" "$(state ra)" '^ra ([0-9]+) \1 7$'
is "and the other stays as it was" "$(state rc)" "$rc"
ra=$(state ra)

reload "xdpInterface ra count generic" "xdpInterface rc off" "xdpInterface * count" "xdpReconcile 60"
is "count becomes off" "$(nothing_of rc)" "$none"
ok "a pattern is added" wait_for 5 counting rb rd
is "the line of its own goes before it" "$(state ra)" "$ra"
rd=$(state rd)

reload "xdpInterface ra count generic" "xdpInterface r[cd] count" "xdpReconcile 60"
ok "a pattern changes: what is new in it" wait_for 5 counting rc
is "what is no longer in it" "$(nothing_of rb),$(nothing_of lo)" "$none,$none"
is "what has been in it before" "$(state ra),$(state rd)" "$ra,$rd"
rc=$(state rc)

# --- a bad file

reload "xdpInterface rb count" "xdpInterface ra drop" "xdpNonsense 1" "xdpInterface rd off"
is "a bad file: all faults are told" "$said" \
	"$RUN/agent.conf: line 2: Error: unknown source 'drop'; expected auto, count, observe, map or off
$RUN/agent.conf: line 3: Warning: Unknown token: xdpNonsense.
the configuration has 2 faults; xdp-agentx -H lists the directives
the settings stay as they were"
is "and nothing changes" "$(state ra),$(nothing_of rb),$(state rc),$(state rd)" \
	"$ra,$none,$rc,$rd"
frames ra 1 100
frames rd 6 100
is "the counting goes on" "$(packets ra 2),$(packets rd 2)" 8,6

rm $RUN/agent.conf
hang_up
is "no file: it is told" "$(head -n 1 <<<"$said")" \
	"cannot read the configuration file $RUN/agent.conf: No such file or directory"
is "and the counting goes on" "$(packets ra 2),$(packets rd 2)" 8,6

# --- the other directives

STANDARD=$ROOT
MOVED=.1.3.6.1.4.1.99999.7
reload "xdpInterface ra,rb count" "xdpRootOid $MOVED" "xdpReconcile 1"
ROOT=$MOVED
ok "xdpRootOid moves the tree" wait_for 5 counting ra rb
is "and leaves nothing behind" "$(walk "$STANDARD")" \
	"$STANDARD = No Such Object available on this agent at this OID"
is "and takes the counts along" "$(packets ra 2)" 8

# Neither the end of a bpf_link nor a new one is announced: where the kernel does not let the agent
# trace, it finds out when it looks.
others_program() {
	has_program ra && [ "$(xdp_id ra)" != "$1" ]
}
old=$(xdp_id ra)
bpftool link detach id "$(bpftool link show | sed -n "s/^\([0-9]*\): xdp  prog $old .*/\1/p")"
ok "xdpReconcile 1 instead of 60: a program that was taken away is back within seconds" \
	wait_for 5 others_program "$old"
reload "xdpInterface ra,rb count"
ROOT=$STANDARD
ok "without xdpRootOid the tree moves back" wait_for 5 counting ra rb
is "and nothing is left of the other" "$(walk $MOVED)" \
	"$MOVED = No Such Object available on this agent at this OID"

# --- again and again

for i in {1..1000}; do
	echo "xdpInterface none$i count"
done >>$RUN/agent.conf
hang_up
is "the long file is in use" "$(get $ROOT.1.1.4.0)" 1000
ra=$(state ra)
fds=$(descriptors)
# What the allocator has set aside grows for some time, and then no more.
for round in {1..5}; do
	memory=$(resident)
	for i in {1..20}; do
		hang_up
		frames rb "$i" 100
	done
	[ "$(resident)" -gt $((memory + 64)) ] || break
done
ok "twenty times keep no memory" test "$(resident)" -le $((memory + 64))
is "and no descriptor" "$(descriptors)" "$fds"
is "the counts are exact" "$(packets rb 2)" $((3 + round * 20 * 21 / 2))
is "the other program has been left in place" "$(state ra)" "$ra"

for i in {1..20}; do
	kill -HUP "$agent_pid"
done
hang_up
frames rb 1 100
is "twenty in one go" "$(packets rb 2)" $((3 + round * 210 + 1))

# --- what is used at the next stop, and at the next start

reload "xdpInterface ra,rb count" "xdpPersist no" "xdpPinDir /sys/fs/bpf/other"
is "xdpPinDir: it is told that it has to wait" "$said" \
	"xdpPinDir /sys/fs/bpf/other will be used from the next start on
the configuration was read again"
like "and the programs stay pinned where they are" "$(pinned ra link) $(pinned rb link)" \
	'^[0-9]+ [0-9]+$'
stop_agent
is "SIGTERM ends it with 0" "$agent_code" 0
is "and with xdpPersist no leaves no program" "$(for name in ra rb rc rd; do xdp_id $name; done)" ""
is "and no pin of them" "$(ls -d "$(pin ra)" "$(pin rb)" 2>/dev/null)" ""

done_testing
