#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No script gives a warning to shellcheck. Excluded: SC1090 and SC1091, for what a script sources is
# checked by itself; SC2119 and SC2120, for functions may have arguments that can be left out.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}" || exit 1

need shellcheck
mapfile -t scripts < <(
	find .ci mibs packaging tests -name '*.sh'
	grep -lsrE '^#!.*[/ ](ba|da)?sh$' .ci packaging docs quickstart runtests
)
check() {
	shellcheck -e SC1090,SC1091,SC2119,SC2120 "${scripts[@]}"
}
ok "shellcheck has no warning" check
done_testing
