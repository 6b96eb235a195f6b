#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/bench/observe in a machine of boot.sh: the table as comments, one point for its right counts.
. "${srcdir:-.}/tests/tap.sh"

measure() {
	"${builddir:-.}/tests/bench/observe" 2>&1 | sed 's/^/# /'
	return "${PIPESTATUS[0]}"
}

measure
ok "verdicts and counts are right" [ $? = 0 ]
done_testing
