#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which folder may include which, that nothing is included in a circle, and which library is known
# where: read from the includes.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}/src" || exit 1

# The one rule: a folder includes itself and these; bpf/ has the layouts that user space shares.
rule='agent: snmp iface source kernel lib
snmp: iface source kernel lib bpf
iface: source kernel lib bpf
source: kernel lib bpf
kernel: lib bpf
lib:
stats: source kernel lib bpf'

# includes: FILE INCLUDED, a line for each include in quotes.
includes() {
	grep -oE '^#include "[^"]+"' -- */*.[ch] | sed -E 's/:#include "(.*)"$/ \1/'
}

# modules: MODULE INCLUDED, where a .c and its .h are one.
modules() {
	includes | sed -E 's/\.[ch]( |$)/\1/g' | awk '$1 != $2' | sort -u
}

# strays: the includes that the rule does not allow.
strays() {
	awk -v rule="$rule" '
		BEGIN {
			count = split(rule, line, "\n")
			for (i = 1; i <= count; i++) {
				split(line[i], part, ": ?")
				allowed[part[1]] = " " part[1] " " part[2] " "
			}
		}
		{ split($1, from, "/"); split($2, to, "/") }
		index(allowed[from[1]], " " to[1] " ") == 0'
}

# loops: what tsort(1) says of circles.
loops() {
	{ tsort >/dev/null; } 2>&1
}

# strangers HEADERS FILES: the files that include such headers and are none of these.
strangers() {
	grep -lE "^#include [<\"]($1)" -- */*.[ch] | grep -vxE "$2"
}

ok "includes were found" [ "$(includes | wc -l)" -gt 200 ]
is "each carries its folder" "$(includes | grep -v ' .*/')" ""
is "no folder includes one above" "$(includes | strays)" ""
is "... one that did would be found" \
	"$(echo 'kernel/pins.c source/source.h' | strays)" "kernel/pins.c source/source.h"
is "nothing includes itself, by whatever way" "$(modules | loops)" ""
ok "... what did would be found" grep -q loop <(printf '%s\n' 'a b' 'b c' 'c a' | loops)
is "the folders are these" "$(printf '%s\n' */ | tr -d / | sort)" "$(cut -d: -f1 <<<"$rule" | sort)"

is "libbpf stays in kernel and source" \
	"$(strangers 'bpf/(bpf|btf|libbpf)\.h|.*\.skel\.h' '(kernel|source)/.*\.c')" ""
is "netlink stays in rtnl.c and link_query.c" \
	"$(strangers 'libmnl/|linux/(rt|gen)?netlink\.h' 'kernel/(rtnl|link_query)\.c')" ""
is "libseccomp stays in the broker" "$(strangers 'seccomp\.h' 'kernel/broker_child\.c')" ""
is "net-snmp stays in snmp, and where the agent is configured and waits" \
	"$(strangers 'net-snmp/' 'snmp/.*\.[ch]|agent/(loop|main|options)\.c|agent/config\.[ch]')" ""
is "text.c alone writes to standard error" \
	"$(grep -nE '(^|[^_a-z])(v?fprintf|v?dprintf|fputs|fputc|perror)\(' -- */*.c |
		grep -vE '^lib/text\.c:|, stdout\)')" ""
is "libsystemd stays in supervisor.c" "$(strangers 'systemd/' 'agent/supervisor\.c')" ""
done_testing
