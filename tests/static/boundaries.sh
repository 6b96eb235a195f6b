#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which file may know which library, and which module may know which: read from the includes.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}/src" || exit 1

# The modules that each module includes; .c and .h are one module. Nothing points back towards main.
# (iface_set needs to look into struct iface; iface_* and source_* are parts of iface and source;
# numbers.h, observe.h and pins.h are plain C.)
modules="agent/config: iface/rules kernel/pins lib/log lib/util snmp/mib
agent/main: agent/config agent/options agent/plan agent/privileges agent/supervisor iface/registry kernel/pins kernel/rtnl kernel/watch lib/lock lib/log lib/util snmp/agentx snmp/mib snmp/notify snmp/registration snmp/requests snmp/snapshot source/error_counters
agent/options: agent/config
agent/plan: iface/registry iface/rules kernel/pins lib/log
agent/privileges: iface/rules lib/log
agent/supervisor: lib/log lib/util
iface/attach: iface/private lib/log lib/util
iface/decide: iface/private lib/log lib/util
iface/event: iface/iface lib/util
iface/iface: iface/private iface/rules kernel/rtnl lib/if_map lib/log lib/util source/source
iface/iface_set: iface/iface
iface/private: iface/iface
iface/registry: bpf/xdp_errors iface/event iface/iface iface/iface_set iface/rules kernel/rtnl lib/if_map lib/log lib/util source/error_counters
iface/rules: kernel/xdp lib/util
kernel/bpf_info: kernel/cpus lib/util source/source
kernel/cpus: lib/util
kernel/freplace: kernel/bpf_info lib/util
kernel/netns: lib/util
kernel/pins: kernel/netns lib/util
kernel/program_name: kernel/bpf_info kernel/freplace lib/util
kernel/rtnl: kernel/xdp lib/log lib/util
kernel/shared_map: kernel/pins lib/log lib/util
kernel/watch: bpf/watch_xdp.skel kernel/bpf_info kernel/netns lib/log lib/util source/count_program source/source
kernel/xdp:
lib/if_map:
lib/lock: lib/log lib/util
lib/log:
lib/reason:
lib/util:
snmp/agentx: lib/log lib/util snmp/registration
snmp/mib: iface/registry snmp/snapshot
snmp/mib_cpu: snmp/mib
snmp/mib_err: snmp/mib
snmp/mib_general: kernel/cpus snmp/agentx snmp/mib snmp/notify
snmp/mib_if: snmp/agentx snmp/mib
snmp/mib_if_stats: snmp/mib
snmp/mib_notify: snmp/agentx snmp/mib
snmp/mib_stats: snmp/mib
snmp/notify: iface/event lib/log lib/util snmp/mib
snmp/registration: lib/log snmp/mib
snmp/requests: snmp/mib
snmp/snapshot: iface/registry lib/util
source/count: kernel/bpf_info lib/log lib/util source/count_program source/source
source/count_program: bpf/count.skel bpf/count_by_call.skel lib/log lib/util source/source
source/counters: bpf/xdp_stats
source/error_counters: bpf/errors.skel bpf/xdp_errors kernel/bpf_info kernel/cpus kernel/netns kernel/pins kernel/shared_map lib/log lib/util source/error_links
source/error_links: kernel/bpf_info kernel/pins lib/log lib/util source/count_program
source/foreign_map: kernel/bpf_info kernel/freplace kernel/pins lib/util source/source
source/observation: bpf/observe kernel/bpf_info kernel/cpus kernel/netns kernel/pins lib/if_map lib/log lib/util source/observe_program source/observer source/source
source/observe_program: bpf/observe bpf/observe.skel kernel/bpf_info kernel/shared_map lib/util source/count_program source/error_counters source/source source/target
source/observer: bpf/observe kernel/bpf_info kernel/pins lib/util source/observe_program source/source source/target
source/open: kernel/bpf_info kernel/cpus lib/log lib/util source/count_program source/foreign_map source/private source/source
source/pinned: kernel/bpf_info kernel/cpus lib/util source/count source/error_counters source/foreign_map source/private source/source
source/private: source/count source/observation source/record
source/record: kernel/pins kernel/rtnl lib/util source/counters
source/source: bpf/observe kernel/bpf_info kernel/pins kernel/program_name kernel/rtnl kernel/xdp lib/if_map lib/log lib/reason lib/util source/count source/count_program source/counters source/observe_program source/private source/record
source/target: kernel/bpf_info kernel/freplace lib/util source/source
source/use_map: kernel/bpf_info kernel/cpus lib/log lib/util source/count_program source/foreign_map source/private source/source
stats/commands: kernel/pins lib/lock source/source stats/stats
stats/json: stats/look
stats/look: kernel/pins kernel/rtnl lib/lock lib/util source/counters source/source
stats/main: kernel/pins stats/stats
stats/screen:
stats/stats: kernel/pins stats/json stats/table
stats/table: stats/look stats/screen"

includes() {
	local module

	for module in $(printf '%s\n' */*.[ch] | sed 's/\.[ch]$//' | sort -u); do
		printf '%s:' "$module"
		sed -n 's/^#include "\(.*\)\.h"/\1/p' "$module".[ch] 2>/dev/null |
			grep -vx "$module" | sort -u | sed 's/^/ /' | tr -d '\n'
		echo
	done
}

# strangers HEADERS FILES: the files that include such headers and are none of these.
strangers() {
	grep -lE "^#include [<\"]($1)" -- */*.[ch] | grep -vxE "$2"
}

ok "modules include each other as the table here says" \
	diff <(printf '%s\n' "$modules") <(LC_ALL=C includes)
is "libbpf stays in the kernel and source folders" \
	"$(strangers 'bpf/(bpf|btf|libbpf)|.*\.skel\.h' '(kernel|source)/.*\.c')" ""
is "netlink stays in rtnl.c" \
	"$(strangers 'libmnl/|linux/(rt|gen)?netlink\.h' 'kernel/rtnl\.c')" ""
is "net-snmp stays in the agent's own part" \
	"$(strangers 'net-snmp/' '(agent/(main|options)|snmp/(agentx|registration|requests))\.c|(agent/config|snmp/(mib.*|notify))\.[ch]')" ""
is "libsystemd stays in supervisor.c" "$(strangers 'systemd/' 'agent/supervisor\.c')" ""
done_testing
