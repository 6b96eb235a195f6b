#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The documents are well formed, and say of options and directives what the program says.
. "${srcdir:-.}/tests/tap.sh"
srcdir=${srcdir:-.}
agent=${builddir:-.}/src/xdp-agentx
stats=${builddir:-.}/src/xdp-stats
page=$srcdir/docs/xdp-agentx.8
stats_page=$srcdir/docs/xdp-stats.8
conf_page=$srcdir/docs/xdp-agentx.conf.5
sample=$srcdir/packaging/xdp-agentx.conf

for program in "$agent" "$stats"; do
	[ -x "$program" ] || skip_all "$program is not built"
done

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

# lint PAGE: at all levels. Which other pages are installed does not matter.
lint() {
	mandoc -T lint -W all "$1" 2>&1 | grep -vE ': Xr .* [0-9]( |$)|mandoc.db lacks'
}

# The anchors of a document, as they are made of its headings.
anchors() {
	sed -nE 's/^#+ //p' "$1" | tr 'A-Z ' 'a-z-' | sed 's/[^a-z0-9_-]//g'
}

# The targets of links in FILE that are no addresses.
links() {
	tr '\n' ' ' <"$1" | grep -oE '\]\([^) ]+' | sed 's/^](//' | grep -vE '^https?:'
}

# Those that are not there: files relative to the directory of FILE, and headings.
dead_links() {
	local target file anchor

	for target in $(links "$1"); do
		file=${target%%#*} anchor=${target#*#}
		file=${file:+$(dirname "$1")/$file}
		[ -e "${file:-$1}" ] || echo "$target"
		[ "$anchor" = "$target" ] || anchors "${file:-$1}" | grep -qxF -- "$anchor" || echo "$target"
	done
}

for file in "$page" "$conf_page" "$stats_page"; do
	name="mandoc has nothing to say about $(basename "$file")"
	if command -v mandoc >/dev/null; then
		is "$name" "$(lint "$file")" ""
	else
		skip "$name" "mandoc is not installed"
	fi
done

# check_options PROGRAM PAGE NEXT: of a program and its page, where the section Options ends with NEXT.
# (--all is a part of the command unload.)
check_options() {
	local options

	options=$("$1" -h | sed -nE 's/^  -(-?[A-Za-z]+).*/\1/p' | sort)
	is "$(basename "$2"): explains the options that -h lists" \
		"$(between '.Ss Options' ".Ss $3" "$2" |
			sed -nE 's/^\.It (Xo )?Fl (-?[A-Za-z]+)( .*)?$/\2/p' | sort)" "$options"
	is "$(basename "$2"): its synopsis has them, too" \
		"$(between '.Sh SYNOPSIS' '.Sh DESCRIPTION' "$2" |
			grep -oE 'Fl -?[A-Za-z]+( \| [A-Za-z])*' |
			sed 's/.*Fl //; s/ | /\n/g; /^-all$/d' | sort -u)" "$options"
}

check_options "$agent" "$page" Signals
check_options "$stats" "$stats_page" Commands

commands=$("$stats" -h | sed -nE 's/^  ([a-z]+) .*/\1/p' | sort)
is "xdp-stats.8: explains the commands that -h lists" \
	"$(between '.Ss Commands' '.Ss Privileges' "$stats_page" |
		sed -nE 's/^\.It Cm ([a-z]+) .*/\1/p' | sort)" "$commands"
is "xdp-stats.8: its synopsis has them, too" \
	"$(between '.Sh SYNOPSIS' '.Sh DESCRIPTION' "$stats_page" |
		sed -nE 's/^\.Cm //p' | sed 's/ | /\n/g' | sort)" "$commands"

directives=$("$agent" -H | sed -nE 's/^ +(xdp[A-Za-z]+) .*/\1/p' | sort)
is "xdp-agentx.conf(5) explains the directives that -H lists" \
	"$(sed -nE 's/^\.It (Xo )?Cm (xdp[A-Za-z]+).*/\2/p' "$conf_page" | sort)" "$directives"
is "the sample configuration has them all" \
	"$(uncommented | grep -oE '^xdp[A-Za-z]+' | sort -u)" "$directives"
ok "the sample configuration is accepted" accepts <"$sample"
ok "and with all its directives in force" accepts < <(uncommented)

is "the tests that lifecycle.md names are there" \
	"$(grep -oE '[a-z_]+\.sh' "$srcdir/docs/lifecycle.md" | sort -u | while read -r test; do
		[ -e "$srcdir/tests/e2e/$test" ] || [ -e "$srcdir/tests/vm/$test" ] || echo "$test"
	done)" ""

for file in "$srcdir"/*.md "$srcdir"/docs/*.md "$srcdir"/packaging/nms/*/README.md; do
	is "no dead link in ${file#"$srcdir"/}" "$(dead_links "$file")" ""
done
done_testing
