#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a user without any rights can try, on a bpffs that everybody may write to: to own the pins
# before the agent makes them, to get at those that it made, and to keep it from starting.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

DIR=/sys/fs/bpf/xdp-agentx
STATS=$builddir/src/xdp-stats
NOBODY=65534

as_nobody() {
	setpriv --reuid $NOBODY --regid $NOBODY --clear-groups --inh-caps=-all "$@"
}

fails() {
	! "$@"
}

# refused WHAT COMMAND...: nobody tries it, and fails.
refused() {
	local what=$1
	shift
	ok "nobody $what: refused" fails as_nobody "$@"
}

# unpinned WHAT WORDS: the agent counts, says these words, and its programs go with it.
unpinned() {
	rm -f $RUN/agent.log
	start_agent -i xa
	ok "$1: the agent counts" wait_for 10 counting xa
	frames xa 3 100
	is "... exactly" "$(passed xa)" "3 300"
	ok "... and says: $2" logged "$2"
	stop_agent
	is "... and nothing stays" "$(xdp_id xa)" ""
}

veth xa
start_snmpd
is "the bpffs is everybody's, as the kernel mounts it" "$(stat -c %a /sys/fs/bpf)" 1777

# --- before the agent ----------------------------------------------------------------------------

as_nobody mkdir -p $DIR/1/2
unpinned "nobody made the directory first" \
	"^no pins in $DIR: $DIR belongs to uid $NOBODY, expected 0 or 0; remove it; counters and programs will not"
is "... nothing was put there" "$(find $DIR -uid 0)" ""
like "xdp-stats says so" "$("$STATS" 2>&1)" "no pins in $DIR: $DIR belongs to uid $NOBODY"
like "unload --all says so" "$(unload 2>&1; echo "exit $?")" "$DIR belongs to uid $NOBODY.*"
ok "... and takes nothing away" test -d $DIR/1/2
rm -r $DIR

as_nobody ln -s /sys/fs/bpf/theirs $DIR
as_nobody mkdir /sys/fs/bpf/theirs
unpinned "nobody made a symbolic link" "^no pins in $DIR: $DIR is no directory; remove it"
rm -r $DIR /sys/fs/bpf/theirs

mkdir -m 1777 $DIR
unpinned "the directory is everybody's" "^no pins in $DIR: others may write to $DIR \(mode 1777\); "
rmdir $DIR

as_nobody mkdir /sys/fs/bpf/tenant
echo "xdpPinDir /sys/fs/bpf/tenant/pins" >$RUN/tenant.conf
start_agent -c $RUN/tenant.conf -i xa
ok "nobody owns what the directory is in: the agent says so" wait_for 10 \
	logged "^no pins in /sys/fs/bpf/tenant/pins: /sys/fs/bpf/tenant belongs to uid $NOBODY, who may rename"
stop_agent
is "... nothing was put there" "$(ls /sys/fs/bpf/tenant)" ""
rm -r /sys/fs/bpf/tenant

# --- the lock ------------------------------------------------------------------------------------

# The one of 0.1.0 was a socket that everybody could take.
squatter=
if [ -x /usr/bin/python3 ]; then
	as_nobody /usr/bin/python3 -c '
import signal, socket
held = socket.socket(socket.AF_UNIX)
held.bind("\0xdp-agentx")
held.listen()
print("held", flush=True)
signal.pause()' >$RUN/squatter &
	squatter=$!
	ok "nobody holds the socket @xdp-agentx" wait_for 10 grep -q held $RUN/squatter
else
	skip "nobody holds the socket @xdp-agentx" "there is no python3"
fi
rm -f $RUN/agent.log
start_agent -i xa
ok "the agent starts" wait_for 10 counting xa
is "... and pins" "$(ls "$(dirname "$(pin xa link)")")" "link
program
state
xdp_stats_map"
[ -z "$squatter" ] || kill "$squatter"
cookie=$(dirname "$(dirname "$(pin xa link)")")
refused "holds the lock" flock -n "$cookie/lock" true
ok "... nor does a lock on what is around it matter" as_nobody flock -n "$cookie" true

# --- beside the agent ----------------------------------------------------------------------------

frames xa 5 100
counted=$(passed xa)
number=$(ifindex xa)
program=$(xdp_id xa)
refused "takes the link away" rm -f "$cookie/$number/link"
refused "moves the pins of an interface" mv "$cookie/$number" "$cookie/999"
refused "moves those of the namespace" mv "$cookie" $DIR/1
refused "moves all of them" mv $DIR /sys/fs/bpf/moved
refused "makes the mark 'released'" mkdir "$cookie/$number/released"
refused "makes the directory of an interface that may come" mkdir "$cookie/999"
refused "makes the directory of a namespace that may come" mkdir $DIR/999
refused "releases" "$STATS" release xa
refused "unloads" "$STATS" unload --all
refused "stops the agent" kill "$agent_pid"
is "the program is there" "$(xdp_id xa)" "$program"
is "so are the counters" "$(passed xa)" "$counted"

# Root's own mistakes, while the agent runs.
text_says() {
	column 4 xa | grep -xq "\"$1\""
}
for mistake in "chmod 777 $DIR" "chmod 777 $cookie" "chmod 777 $cookie/$number" \
	"chown $NOBODY $cookie/$number"; do
	$mistake
	as_nobody mkdir "$cookie/$number/released" 2>/dev/null
	ok "$mistake: xdpIfStatusText says so" wait_for 20 text_says "cannot pin .*$DIR.*"
	ok "... a mark that nobody made is not believed" counting xa
	is "... the program is there" "$(xdp_id xa)" "$program"
	rmdir "$cookie/$number/released" 2>/dev/null
	chmod 755 $DIR "$cookie" "$cookie/$number"
	chown 0 "$cookie/$number"
	ok "... and not any more when it is mended" wait_for 20 text_says ""
done
stop_agent

# --- a directory that root gave to the agent's user ----------------------------------------------

# Whoever owns the agent has root follow a symbolic link: between the look at a directory and the
# removal of what is in it, which strace delays.
GIVEN=$RUN/roots/given # not in a directory where anybody may write
mkdir -p $GIVEN
mount -t bpf -o mode=0755 bpf $GIVEN
chown $NOBODY $GIVEN
mkdir -m 700 $RUN/precious
touch $RUN/precious/{link,program,state,xdp_stats_map}
install -m 755 "$builddir/src/xdp-agentx" $RUN
veth xg
printf 'xdpPinDir %s\nxdpInterface xg count\n' $GIVEN >$RUN/given.conf
chmod 644 $RUN/given.conf
setpriv --reuid $NOBODY --clear-groups --inh-caps -all,+bpf,+net_admin --ambient-caps +bpf,+net_admin \
	$RUN/xdp-agentx -C -x tcp:127.0.0.1:16162 -c $RUN/given.conf -Lo >$RUN/agent.log 2>&1 &
agent_pid=$!
wait_for 10 has_program xg
stop_agent
given=$(dirname $GIVEN/*/"$(ifindex xg)"/state)

# race CALL COMMAND...: xdp-stats, whose first such call waits until the link is there.
race() {
	local call=$1 pid

	shift
	rm -f $RUN/trace
	strace -qq -o $RUN/trace -e "trace=$call" -e "inject=$call:delay_enter=2000000:when=1" \
		"$STATS" -p $GIVEN "$@" >/dev/null 2>&1 &
	pid=$!
	wait_for 10 test -s $RUN/trace
	as_nobody mv "$given" "${given%/*}/77777"
	as_nobody ln -s $RUN/precious "$given"
	wait $pid
}
if command -v strace >/dev/null; then
	race unlink unload --all
	is "a symbolic link in the agent's directory leads root nowhere" \
		"$(cd $RUN/precious && echo *) $(stat -c %u $RUN/precious/* | sort -u)" "link program state xdp_stats_map 0"
	ok "... it was tried" grep -q 'unlink("'$GIVEN $RUN/trace
else
	skip "a symbolic link in the agent's directory leads root nowhere" "strace is not installed"
	skip "... it was tried" "strace is not installed"
fi
rm -r $RUN/precious
umount $GIVEN
ip link del xg

# --- what is no bpffs ----------------------------------------------------------------------------

mkdir -p $RUN/precious/1/2
touch $RUN/precious/1/2/link $RUN/precious/1/epoch
like "unload --all -p a directory that is in no bpffs" \
	"$("$STATS" unload --all -p $RUN/precious 2>&1; echo "exit $?")" \
	"^xdp-stats: $RUN/precious: that is in no bpffs .*"
ok "... takes nothing away" test -e $RUN/precious/1/2/link -a -e $RUN/precious/1/epoch

# --- frozen maps ---------------------------------------------------------------------------------

freeze() {
	local path

	for path; do
		bpftool map freeze pinned "$path"
	done
}

rm -f $RUN/agent.log
start_agent -i xa
wait_for 10 counting xa
freeze "$cookie/$number/state" "$cookie/$number/xdp_stats_map"
frames xa 2 100
counted=$(passed xa)
ok "map and record are frozen: the record is made anew" wait_for 20 \
	logged "^pin $cookie/$number/state could not be written to and was made anew"
freeze "$cookie/$number/state"
stop_agent
AGENT=$builddir/tests/next/xdp-agentx start_agent -i xa
ok "... also by the next agent, of another version" wait_for 10 counting xa
is "... whose program it is" "$(grep -c 'xa: the counter program was replaced' $RUN/agent.log)" 1
frames xa 1 100
is "... and nothing is lost" "$(passed xa)" "$(awk '{ print $1 + 1, $2 + 100 }' <<<"$counted")"
is "... with nothing to say" "$(column 4 xa)" '""'
freeze "$cookie/0/errors"
stop_agent
rm -f $RUN/agent.log
start_agent -i xa
ok "the map of errors is frozen: it is named" wait_for 10 \
	logged "^pin $cookie/0/errors is left alone: its map cannot be written to \(somebody has frozen it\); remove it"
ok "... and xa is counted" wait_for 10 counting xa
stop_agent
done_testing
