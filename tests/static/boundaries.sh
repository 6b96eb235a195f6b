#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which file may know which library, and which module may know which: read from the includes.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}/src" || exit 1

# The modules that each module includes; .c and .h are one module. Nothing points back towards main.
# (iface_set needs to look into struct iface; source_* are parts of source, and pins.h is plain C.)
modules="agentx: log util
config: log mib pins rules util
counters: xdp_stats
iface: links log rules source util
iface_set: iface
links: log util
lock: log util
log:
main: agentx config links lock log mib options pins plan registry snapshot util
mib: log registry snapshot
mib_general: agentx mib
mib_if: agentx mib
mib_if_stats: mib
mib_stats: mib
options: config
pins: util
plan: log pins registry rules
registry: iface iface_set links log rules util
rules: util
snapshot: registry util
source: counters links log pins rules source_count source_kernel source_private source_program util
source_count: log source source_kernel source_program util
source_kernel: source util
source_open: log source source_kernel source_private source_program util
source_pinned: source source_count source_kernel source_private util
source_private: source_count source_state
source_program: count.skel count_by_call.skel log source util
source_state: counters links pins util
util:
xdp-stats: lock pins source util"

includes() {
	local module

	for module in $(printf '%s\n' *.[ch] | sed 's/\.[ch]$//' | sort -u); do
		printf '%s:' "$module"
		sed -n 's/^#include "\(.*\)\.h"/\1/p' "$module".[ch] 2>/dev/null |
			grep -vx "$module" | sort -u | sed 's/^/ /' | tr -d '\n'
		echo
	done
}

# strangers HEADERS FILES: the files that include such headers and are none of these.
strangers() {
	grep -lE "^#include [<\"]($1)" -- *.[ch] | grep -vxE "$2"
}

ok "modules include each other as the table here says" \
	diff <(printf '%s\n' "$modules") <(LC_ALL=C includes)
is "libbpf stays in sources, pins and errors" \
	"$(strangers 'bpf/|.*\.skel\.h' '(source.*|pins|errors)\.c')" ""
is "netlink stays in links.c" \
	"$(strangers 'libmnl/|linux/(rt|gen)?netlink\.h' 'links\.c')" ""
is "net-snmp stays in the agent's own part" \
	"$(strangers 'net-snmp/' '(main|options|agentx|notify)\.c|(config|mib.*)\.[ch]')" ""
done_testing
