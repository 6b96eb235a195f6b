#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands in the documents: options, commands, targets and files exist. That those of README.md do
# what is shown there is seen by tests/vm/readme.sh and tests/quickstart.sh.
# shellcheck disable=SC2016 # Markdown has another use for `
. "${srcdir:-.}/tests/tap.sh"
srcdir=${srcdir:-.}
builddir=${builddir:-.}
documents=("$srcdir"/*.md "$srcdir"/docs/*.{md,8,5} "$srcdir"/packaging/*/*/README.md)

for program in xdp-agentx xdp-stats; do
	[ -x "$builddir/src/$program" ] || skip_all "$program is not built"
done

# words PROGRAM: the options and commands that it lists.
words() {
	"$builddir/src/$1" -h | grep -oE -- '(^|[ |])--?[A-Za-z]+|^  [a-z]+ ' | tr -d ' |' | sort -u
}

# used PROGRAM: those that are in calls of it, behind a prompt.
used() {
	sed -nE "s/^(    |\.Dl |)[#\$] ($1 .*)/\2/p" "${documents[@]}" | sed 's/  #.*//; s/ | .*//' |
		tr ' ' '\n' | grep -E '^(--?[A-Za-z]+|unload|release|retake)$'
}

# targets: what make is called with.
targets() {
	grep -ohE '(`|^    )make( -C [a-z]+)? [a-z-]+(`| |$)' "${documents[@]}" | sed 's/[` ]*$//; s/.* //' | sort -u
}

# files: of this tree.
files() {
	grep -ohE '`(tests|src|docs|packaging)/[A-Za-z0-9_./-]+\.([chmd58]+|sh|conf)`' "$srcdir"/*.md \
		"$srcdir"/docs/*.md | tr -d '`' | sort -u
}

for program in xdp-agentx xdp-stats; do
	ok "calls of $program were found" [ "$(used $program | wc -l)" -gt 3 ]
	is "$program has the options and commands that they use" \
		"$(used $program | grep -vxFf <(words $program))" ""
done
ok "targets were found" [ "$(targets | wc -l)" -gt 3 ]
is "make has them" "$(targets | while read -r target; do
	grep -qE "^$target:" "$builddir/Makefile" || echo "$target"
done)" ""
ok "files were found" [ "$(files | wc -l)" -gt 20 ]
is "they are there" "$(files | while read -r file; do
	[ -e "$srcdir/$file" ] || echo "$file"
done)" ""
done_testing
