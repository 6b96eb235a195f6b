#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The documents are well formed, and say of options and directives what the program says.
. "${srcdir:-.}/tests/tap.sh"
srcdir=${srcdir:-.}
agent=${builddir:-.}/src/xdp-agentx
page=$srcdir/docs/xdp-agentx.8
conf_page=$srcdir/docs/xdp-agentx.conf.5
sample=$srcdir/packaging/xdp-agentx.conf

[ -x "$agent" ] || skip_all "$agent is not built"

skip() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

# between FROM TO FILE: the lines from one that matches FROM to the next that matches TO.
between() {
	sed -n "/^$1\$/,/^$2/p" "$3"
}

# Directive lines that are commented out have no space behind the #.
uncommented() {
	sed -E 's/^#([A-Za-z])/\1/' "$sample"
}

accepts() {
	"$agent" -C -t -c /dev/stdin
}

# The targets of links in FILE that are no addresses, relative to the directory of FILE.
dead_links() {
	grep -oE '\]\([^)#]+' "$1" | sed 's/^](//' | grep -vE '^https?:' | while read -r target; do
		[ -e "$(dirname "$1")/$target" ] || echo "$target"
	done
}

for file in "$page" "$conf_page"; do
	name="mandoc has no warning about $(basename "$file")"
	if command -v mandoc >/dev/null; then
		ok "$name" mandoc -T lint -W warning "$file"
	else
		skip "$name" "mandoc is not installed"
	fi
done

options=$("$agent" -h | sed -nE 's/^  -([A-Za-z]).*/\1/p' | sort)
is "xdp-agentx(8) explains the options that -h lists" \
	"$(between '.Ss Options' '.Ss Signals' "$page" |
		sed -nE 's/^\.It (Xo )?Fl ([A-Za-z])( .*)?$/\2/p' | sort)" "$options"
is "its synopsis has them, too" \
	"$(between '.Sh SYNOPSIS' '.Sh DESCRIPTION' "$page" |
		grep -oE 'Fl [A-Za-z]( \| [A-Za-z])*' |
		sed 's/.*Fl //; s/ | /\n/g' | sort -u)" "$options"

directives=$("$agent" -H | sed -nE 's/^ +(xdp[A-Za-z]+) .*/\1/p' | sort)
is "xdp-agentx.conf(5) explains the directives that -H lists" \
	"$(sed -nE 's/^\.It (Xo )?Cm (xdp[A-Za-z]+).*/\2/p' "$conf_page" | sort)" "$directives"
is "the sample configuration has them all" \
	"$(uncommented | grep -oE '^xdp[A-Za-z]+' | sort -u)" "$directives"
ok "the sample configuration is accepted" accepts <"$sample"
ok "and with all its directives in force" accepts < <(uncommented)

for file in "$srcdir"/*.md "$srcdir"/docs/*.md; do
	is "no dead link in $(basename "$file")" "$(dead_links "$file")" ""
done
done_testing
