#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What no other tool looks at.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}" || exit 1

mapfile -t texts < <(
	find .ci bpf docs mibs packaging src tests -type f \
		! -name '*.skel.h' ! -name '*.log' ! -name '*.trs' ! -path '*/.d*'
	find . -maxdepth 1 -name '*.md'
	printf '%s\n' Makefile.am configure.ac quickstart runtests
)
mapfile -t sources < <(printf '%s\n' "${texts[@]}" | grep -E '\.([ch]|sh)$|^quick|^runtests|^\.ci')

is "each source names its licence" \
	"$(grep -L 'SPDX-License-Identifier: .*GPL-2.0-or-later' "${sources[@]}")" ""
is "no white space at the end of a line" "$(grep -InE '[[:blank:]]+$' "${texts[@]}")" ""
is "no C file is wider than 100 columns" "$(
	for file in $(printf '%s\n' "${sources[@]}" | grep '\.[ch]$'); do
		expand "$file" | awk -v file="$file" 'length > 100 { print file ":" NR }'
	done
)" ""
is "nothing is left for later" "$(grep -InwE 'TO[D]O|FIX[M]E|X[X]X|HA[C]K' "${texts[@]}")" ""
done_testing
