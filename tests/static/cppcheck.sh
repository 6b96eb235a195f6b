#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cppcheck finds nothing. It sees no system headers, so it has to be told of macros that look like
# something else.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}" || exit 1

need cppcheck
check() {
	cppcheck --quiet --enable=warning,performance,portability \
		--error-exitcode=1 --inline-suppr -I src -I . -I bpf -I tests/unit \
		-D'PACKAGE_NAME="xdp-agentx"' -D'PACKAGE_STRING="xdp-agentx 0"' -D'SEC(name)=' \
		-D'PINS_DIRECTORY="/sys/fs/bpf/xdp-agentx"' \
		-D'LIBBPF_OPTS(type,name,...)=struct type name={__VA_ARGS__}' src bpf docs tests
}
ok "cppcheck has no warning" check
done_testing
