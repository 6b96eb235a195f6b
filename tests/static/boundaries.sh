#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which file may know which library, and which module may know which: read from the includes.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}/src" || exit 1

# The modules that each module includes; .c and .h are one module. Nothing points back towards main.
# (iface_set needs to look into struct iface; iface_* and source_* are parts of iface and source;
# numbers.h, observe.h and pins.h are plain C.)
modules="agentx: log registration util
common_map: log pins util
config: log mib pins rules util
counters: xdp_stats
cpus: util
errors: common_map cpus errors.skel errors_links log netns pins source_kernel util xdp_errors
errors_links: log pins source_kernel source_program util
event: iface util
iface: iface_private links log numbers rules source util
iface_attach: iface_private log util
iface_decide: iface_private log util
iface_private: iface
iface_set: iface
links: log util xdp
lock: log util
log:
main: agentx config errors links lock log mib notify options pins plan privileges registration registry requests snapshot source_watch supervisor util
mib: registry snapshot
mib_cpu: mib
mib_err: mib
mib_general: agentx cpus mib notify
mib_if: agentx mib
mib_if_stats: mib
mib_notify: agentx mib
mib_stats: mib
netns: util
notify: event log mib util
numbers:
options: config
pins: netns util
plan: log pins registry rules
privileges: log rules
reason:
registration: log mib
registry: errors event iface iface_set links log numbers rules util xdp_errors
requests: mib
rules: util xdp
snapshot: registry util
source: counters links log numbers observe pins reason source_count source_kernel source_names source_private source_program source_state source_tracing util xdp
source_count: log source source_kernel source_program util
source_kernel: cpus source util
source_map: pins source source_kernel source_replacements util
source_names: source_kernel source_replacements util
source_observe: cpus log netns numbers observe pins source source_kernel source_observer source_tracing util
source_observer: observe pins source source_kernel source_target source_tracing util
source_open: cpus log source source_kernel source_map source_private source_program util
source_pinned: cpus errors source source_count source_kernel source_map source_private util
source_private: source_count source_observe source_state
source_program: count.skel count_by_call.skel log source util
source_replacements: source_kernel util
source_state: counters links pins util
source_target: source source_kernel source_replacements util
source_tracing: common_map errors observe observe.skel source source_kernel source_program source_target util
source_use_map: cpus log source source_kernel source_map source_private source_program util
source_watch: log netns source source_kernel source_program util watch_xdp.skel
stats: pins stats_json stats_table
stats_commands: lock pins source stats
stats_json: stats_look
stats_look: counters links lock pins source util
stats_screen:
stats_table: stats_look stats_screen
supervisor: log util
util:
xdp:
xdp-stats: pins stats"

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
is "libbpf stays in sources, pins, errors and common maps" \
	"$(strangers 'bpf/|.*\.skel\.h' '(source.*|pins|errors.*|common_map|cpus)\.c')" ""
is "netlink stays in links.c" \
	"$(strangers 'libmnl/|linux/(rt|gen)?netlink\.h' 'links\.c')" ""
is "net-snmp stays in the agent's own part" \
	"$(strangers 'net-snmp/' '(main|options|agentx|registration|requests)\.c|(config|mib.*|notify)\.[ch]')" ""
is "libsystemd stays in supervisor.c" "$(strangers 'systemd/' 'supervisor\.c')" ""
done_testing
