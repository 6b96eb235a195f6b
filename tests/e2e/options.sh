#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each option and each directive, used well and used badly.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# run ARGUMENT...: for what ends by itself; leaves $code, $out and $err.
run() {
	timeout 5 "$AGENT" "$@" >$RUN/out 2>$RUN/err
	code=$?
	out=$(cat $RUN/out)
	err=$(cat $RUN/err)
}

# bad LINE ARGUMENT...: is refused, with this as the first line on stderr.
bad() {
	local line=$1
	shift
	run "$@"
	is "refused: ${*@Q}" "$code:$out:$(head -n 1 <<<"$err")" "2::$line"
}

# fault TEXT LINE: with TEXT as its configuration the agent does not start, and says LINE behind the
# name of the file; -t says and does the same.
fault() {
	local started
	printf '%b\n' "$1" >$RUN/fault.conf
	run -C -c $RUN/fault.conf -x "$AGENTX"
	started=$code:$out:$err
	run -C -c $RUN/fault.conf -t
	is "refused: $1" "$started
$code:$out:$err" "2::$RUN/fault.conf: $2
the configuration has 1 fault; xdp-agentx -H lists the directives
2::$RUN/fault.conf: $2
the configuration has 1 fault; xdp-agentx -H lists the directives"
}

# plan NAME: the line of this interface in what -t has printed.
plan() {
	grep "^$1 " <<<"$out" | tr -s ' '
}

for name in xa xb xc xd xe xf; do
	veth $name
done
mkdir $RUN/conf

# --- the command line

run -v
like "-v" "$code:$out:$err" '^0:xdp-agentx [0-9]+\.[0-9]+\.[0-9]+:$'
version=$out
run -h
like "-h: exit code, and nothing on stderr" "$code:$err" '^0:$'
for option in i c C x f t H L D v h; do
	like "-h explains -$option" "$out" "^  -$option "
done
run -f -C -t -i xa
is "-f is accepted" "$code:$err" 0:

more="; xdp-agentx -h lists the options"
bad "xdp-agentx: unknown option -Z$more" -Z
for option in i c x L D; do
	bad "xdp-agentx: option -$option lacks its argument$more" -$option
done
bad "xdp-agentx: unexpected argument 'file'$more" -C file
run -Lz
is "-L with an unknown kind" "$code:$out:$err" "2::Unknown logging option passed to -L: z.
xdp-agentx: option -L: bad LOGOPTS 'z'$more"
run -Lf
is "-Lf without a file" "$code:$out:$err" "2::Missing log file
xdp-agentx: option -L: bad LOGOPTS 'f'$more"
run -Lsz
is "-Ls with an unknown facility" "$code:$out:$err" "2::invalid syslog facility: z
xdp-agentx: option -L: bad LOGOPTS 'sz'$more"

expected="expected names or patterns such as eth0,wan*"
bad "option -i : '' cannot be an interface: it is an empty name; $expected" -i ''
bad "option -i xa,: '' cannot be an interface: it is an empty name; $expected" -i xa,
bad "option -i a/b: 'a/b' cannot be an interface: it is a name with '/', ':' or white space; $expected" \
	-i a/b
bad "option -i a b: 'a b' cannot be an interface: it is a name with '/', ':' or white space; $expected" \
	-i 'a b'
bad "option -i ..: '..' cannot be an interface: it is a name of dots; $expected" -i ..
long=$(printf 'a%.0s' {1..128})
bad "option -i $long: '${long::40}' cannot be an interface: it is a name of more than 127 characters; $expected" \
	-i "$long"
expected="expected auto, count, observe, map or off"
bad "option -i xa:drop: unknown source 'drop'; $expected" -i xa:drop
bad "option -i xa:: unknown source ''; $expected" -i xa:
bad "option -i xa:count:fast: unknown hook 'fast'; expected native, generic or any" -i xa:count:fast
for source in observe map off; do
	bad "option -i xa:$source:native: hook 'native' has no meaning for source '$source', which attaches nothing; it goes with count and auto" \
		-i xa:$source:native
done
bad "option -i xa:count:any:x: too many colons in 'xa:count:any:x'; expected PATTERN[:SOURCE[:HOOK]]" \
	-i xa:count:any:x
run -C -t -i "${long:1}"
is "a name of 127 characters is taken" "$code:$err" 0:

run -H
like "-H lists our directives" "$out" \
	'^    xdpInterface +PATTERN\[,PATTERN...\] auto\|count\|observe\|map\|off \[native\|generic\|any\]'
for directive in xdpMap xdpRootOid xdpReconcile xdpPersist xdpNotifications xdpPinDir agentxsocket agentxPingInterval; do
	like "-H lists $directive" "$out" "^    $directive "
done
is "-H: exit code, and nothing on stderr" "$code:$err" 0:

# --- where the log goes

missing="cannot read the configuration file $RUN/nowhere: No such file or directory
the configuration has 1 fault; xdp-agentx -H lists the directives"
run -C -c $RUN/nowhere
is "the log goes to stderr, -c of a missing file is refused" "$code:$out:$err" "2::$missing"
run -C -c $RUN/nowhere -Le
is "-Le" "$code:$out:$err" "2::$missing"
run -C -c $RUN/nowhere -Lo
is "-Lo" "$code:$out:$err" "2:$missing:"
run -C -c $RUN/nowhere -Ln
is "-Ln" "$code:$out:$err" "2::"
run -C -c $RUN/nowhere -Lf $RUN/file.log
is "-Lf" "$code:$out:$err:$(cat $RUN/file.log)" "2:::$missing"
run -C -c $RUN/nowhere -LE 2
is "-LE 2 holds our errors, which have priority 3, back" "$code:$out:$err" "2::"

# --- where the configuration comes from

run -C -c $RUN/conf
is "-c of a directory is refused" "$code:$out:$(head -n 1 <<<"$err")" \
	"2::cannot read the configuration file $RUN/conf: Is a directory"
echo "xdpInterface xb count" >$RUN/locked.conf
chmod 600 $RUN/locked.conf
install -m 755 "$AGENT" $RUN/xdp-agentx # where anybody may run it
setpriv --reuid 65534 --clear-groups $RUN/xdp-agentx -C -t -c $RUN/locked.conf >$RUN/out 2>&1
is "-c of a file that may not be read is refused" "$?:$(head -n 1 $RUN/out)" \
	"2:cannot read the configuration file $RUN/locked.conf: Permission denied"

echo "xdpInterface xa count" >$RUN/conf/xdp-agentx.conf
echo "xdpInterface xb auto" >$RUN/more.conf
export SNMPCONFPATH=$RUN/conf
run -t
is "the file on the configuration path is read" "$code:$(plan xa):$(plan xb)" \
	"0:xa count any the counter program will be attached:xb - - left alone: no line matches"
run -t -c $RUN/more.conf
is "-c adds another to it" "$code:$(plan xa):$(plan xb)" \
	"0:xa count any the counter program will be attached:xb auto any the counter program will be attached"
run -t -C -c $RUN/more.conf
is "-C leaves -c alone" "$code:$(plan xa):$(plan xb)" \
	"0:xa - - left alone: no line matches:xb auto any the counter program will be attached"
echo "xdpNonsense 1" >>$RUN/conf/xdp-agentx.conf
run -t
is "a fault in the file on the configuration path" "$code:$(head -n 1 <<<"$err")" \
	"2:$RUN/conf/xdp-agentx.conf: line 2: Warning: Unknown token: xdpNonsense."
run -t -C -i xa
is "-C does not read it" "$code:$err" 0:
export SNMPCONFPATH=$RUN/none

# --- faults in it

usage="expected: xdpInterface PATTERN[,PATTERN...] SOURCE [HOOK]"
expected="expected names or patterns such as eth0,wan*"
fault "xdpInterface" "line 1: Error: Blank line following xdpInterface token."
fault "xdpInterface xa" "line 1: Error: $usage"
fault "xdpInterface xa # count" "line 1: Error: $usage"
fault "xdpInterface xa count any more" "line 1: Error: $usage"
fault "# a comment\n\nxdpInterface xa drop" \
	"line 3: Error: unknown source 'drop'; expected auto, count, observe, map or off"
fault "xdpInterface xa count fast" \
	"line 1: Error: unknown hook 'fast'; expected native, generic or any"
fault "xdpInterface xa map generic" \
	"line 1: Error: hook 'generic' has no meaning for source 'map', which attaches nothing; it goes with count and auto"
fault "xdpInterface xa,,xb count" \
	"line 1: Error: '' cannot be an interface: it is an empty name; $expected"
fault "xdpInterface a:b count" \
	"line 1: Error: 'a:b' cannot be an interface: it is a name with '/', ':' or white space; $expected"
fault "xdpInterface . count" "line 1: Error: '.' cannot be an interface: it is a name of dots; $expected"
fault "xdpInterface $long count" \
	"line 1: Error: '${long::40}' cannot be an interface: it is a name of more than 127 characters; $expected"
usage="expected: xdpMap INTERFACE PATH"
fault "xdpMap" "line 1: Error: Blank line following xdpMap token."
fault "xdpMap xa" "line 1: Error: $usage"
fault "xdpMap xa # /sys/fs/bpf/map" "line 1: Error: $usage"
fault "xdpMap xa /sys/fs/bpf/map more" "line 1: Error: $usage"
fault "xdpMap xa map" "line 1: Error: 'map' cannot be used: it is no absolute path"
fault "xdpMap x* /sys/fs/bpf/map" \
	"line 1: Error: 'x*' cannot be used: it is a pattern, and no two interfaces may have one map"
fault "xdpMap xa,xb /sys/fs/bpf/map" \
	"line 1: Error: 'xa,xb' cannot be used: it is a list, and no two interfaces may have one map"
fault "xdpMap a/b /sys/fs/bpf/map" \
	"line 1: Error: 'a/b' cannot be used: it is a name with '/', ':' or white space"
fault "xdpMap xa /sys/fs/bpf/map\nxdpMap xa /sys/fs/bpf/other" \
	"line 2: Error: 'xa' cannot be used: it is named by another xdpMap already"
fault "xdpReconcile" "line 1: Error: Blank line following xdpReconcile token."
for seconds in 0 3601 -1 5s '5 6' 99999999999999999999; do
	fault "xdpReconcile $seconds" \
		"line 1: Error: '$seconds' is no number of seconds from 1 to 3600; expected for example: xdpReconcile 5"
done
fault "xdpRootOid" "line 1: Error: Blank line following xdpRootOid token."
for oid in netSnmpPlaypen.1 .1.3.x .1.3. .1..3 .1 .3.1 .1.40.1 .1.3.4294967296 '.1.3 .1'; do
	fault "xdpRootOid $oid" \
		"line 1: Error: '$oid' is no numeric object identifier; expected for example: xdpRootOid .1.3.6.1.4.1.8072.9999.9999.48620"
done
fault "xdpPersist" "line 1: Error: Blank line following xdpPersist token."
for word in on Yes 1 "'no'"; do
	fault "xdpPersist $word" "line 1: Error: '$word' is neither yes nor no; expected: xdpPersist yes"
done
fault "xdpPinDir" "line 1: Error: Blank line following xdpPinDir token."
long=/$(printf 'x%.0s' {1..2047})
for path in run/pins . "$long"; do
	fault "xdpPinDir $path" \
		"line 1: Error: '$path' is no absolute path; expected for example: xdpPinDir /sys/fs/bpf/xdp-agentx"
done
fault "xdpNotifications off" \
	"line 1: Error: 'off' is neither yes nor no; expected: xdpNotifications yes"
fault "agentXPingInterval often" "line 1: Error: Invalid ping interval value"

printf '%s\n' "xdpInterface xa drop" "xdpInterface xb count" "xdpNonsense 1" "xdpReconcile 0" \
	"xdpInterface xc" >$RUN/fault.conf
run -C -t -c $RUN/fault.conf
is "all faults of a file are told" "$code:$(cut -d : -f 2 <<<"$err")" "2: line 1
 line 3
 line 4
 line 5
the configuration has 4 faults; xdp-agentx -H lists the directives"
is "and nothing has been attached" "$(for name in xa xb; do xdp_id $name; done)" ""

# --- the plan

ip link set dev xf xdpgeneric obj "$builddir/tests/e2e/pass.bpf.o" sec xdp
before=$(xdp_id xf)
printf '%s\n' "# all kinds" "xdpInterface xa count native # a comment" "xdpInterface	xb  auto" \
	"xdpInterface xc,xd* observe" "xdpInterface xd count" "xdpInterface xe off" \
	"xdpInterface xf,xg count generic" "xdpInterface xg map" "xdpInterface lo map" \
	"xdpReconcile 60 # seconds" >$RUN/plan.conf
run -t -C -c $RUN/plan.conf -i 'x?h'
is "-t prints the plan, interface by interface" "$code:$out:$err" \
	"0:INTERFACE        SOURCE   HOOK     WHAT WOULD HAPPEN
lo               map      -        no program is attached
xa               count    native   the counter program will be attached
xb               auto     any      the counter program will be attached
xc               observe  -        no program is attached
xd               observe  -        nothing, until a program is attached
xe               off      -        left alone
xf               count    generic  failed: program 'somebody' (id $before, generic) is attached already and is left alone: detach it to have the interface counted
xg               count    generic  does not exist:"
run -t -C -c $RUN/plan.conf -i xa:off -i 'x[ab]:count:generic'
is "-i comes before the file, the first match wins" "$(plan xa):$(plan xb)" \
	"xa off - left alone:xb count generic the counter program will be attached"
run -t -C
is "no line at all: everything is observed" "$(plan xa)" \
	"xa observe - nothing, until a program is attached"
echo "xdpMap xa /sys/fs/bpf/map" >>$RUN/plan.conf
run -t -C -c $RUN/plan.conf
is "xdpMap of an interface whose map is not read is taken" "$code:$err:$(plan xa)" \
	"0::xa count native the counter program will be attached"
is "-t attaches nothing" "$(for name in xa xb xc xd xe xf; do xdp_id $name; done)" "$before"

# --- the agent that runs with it

# names_of ROOT: of all instances below it, without it.
names_of() {
	walk "$1" | sed "s/^$1\.//; s/ = .*//"
}

MOVED=.1.3.6.1.4.1.99999.7
printf '%s\n' "xdpInterface xa count" "xdpRootOid $MOVED" "agentXSocket unix:$RUN/nowhere.sock" \
	"agentXPingInterval 1" >$RUN/conf/xdp-agentx.conf
SNMPCONFPATH=$RUN/conf "$AGENT" -Lf $RUN/agent.log -i xb &
agent_pid=$!
unanswered="^no AgentX master answers at unix:$RUN/nowhere.sock; trying again every 1 s"
ok "agentXSocket and agentXPingInterval of the file are used" wait_for 5 logged "$unanswered"
stop_agent
"$AGENT" -C -c $RUN/conf/xdp-agentx.conf -Lf $RUN/agent.log &
agent_pid=$!
ok "of the file of -c, too" wait_for 5 logged "$unanswered"
stop_agent

start_snmpd
SNMPCONFPATH=$RUN/conf "$AGENT" -Lf $RUN/agent.log -i xb -x "$AGENTX" &
agent_pid=$!
STANDARD=$ROOT
ROOT=$MOVED
ok "-x wins over agentXSocket; the option and the file are both heeded" \
	wait_for 5 counting xa xb
moved=$(names_of $MOVED)
mkdir $RUN/mibs
sh "$srcdir/mibs/reroot.sh" $MOVED "$srcdir/mibs/XDP-STATS-MIB.txt" >$RUN/mibs/XDP-STATS-MIB.txt
is "the module for that root has the names" \
	"$(snmpwalk -v2c -c public -m XDP-STATS-MIB -OQU "$SNMP_ADDRESS" \
		-M "$RUN/mibs:$srcdir/tests/mibs/stubs:/usr/share/snmp/mibs" \
		XDP-STATS-MIB::xdpIfStatus)" \
	"XDP-STATS-MIB::xdpIfStatus.$(ifindex xa) = active
XDP-STATS-MIB::xdpIfStatus.$(ifindex xb) = active"
is "xdpRootOid leaves nothing below the old root" "$(walk $STANDARD)" \
	"$STANDARD = No Such Object available on this agent at this OID"
stop_agent
ROOT=$STANDARD

start_agent -i xa -i xb -D xdp:libbpf -D xdp:links,xdp:registry
ok "the same without xdpRootOid" wait_for 5 counting xa xb
is "xdpRootOid moves each object" "$moved" "$(names_of $STANDARD)"
is "a tree of 8 scalars, 10 columns of 2 rows, 20 counters and 3 of errors of 2 interfaces" \
	"$(wc -l <<<"$moved")" $((8 + 2 * 10 + 2 * 2 * 10 + 2 * 3))
is "xdpAgentVersion is what -v tells" "$(get $ROOT.1.1.1.0)" "\"$version\""

# --- debugging output of the agent that runs

ok "-D xdp:libbpf" logged "^xdp:libbpf: .*prog 'xdp_stats_count'"
ok "-D xdp:registry" logged "^xdp:registry: xa \($(ifindex xa)\): source 2, status 1, program $(xdp_id xa): "
ip link set xa mtu 1400
ok "-D xdp:links" wait_for 5 logged "^xdp:links: interface $(ifindex xa): changed"
kill -STOP "$agent_pid"
for i in {1..4000}; do
	echo "link set xa mtu $((1400 + i % 2))"
done | ip -batch -
kill -CONT "$agent_pid"
ok "-D xdp:links, of more news than the kernel keeps" \
	wait_for 5 logged '^xdp:links: the kernel dropped link messages'
stop_agent
is "SIGTERM ends it with 0" "$agent_code" 0
start_agent -i xa -D xdp
ok "-D xdp stands for all of them" wait_for 5 logged '^xdp:libbpf: '
stop_agent
start_agent -i xa
ok "without -D" wait_for 5 counting xa
is "there is no debugging output" "$(grep -c '^xdp:' $RUN/agent.log)" 0
stop_agent

done_testing
