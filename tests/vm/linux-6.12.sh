#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# VM_LIST under Linux 6.12 with 64 possible CPUs, of which 2 are online. Unless VM_OPTIONS asks for a
# machine of another kind, observe_restarts.sh is left to Linux 6.1: it takes longest.
# shellcheck disable=SC2086 # they are lists
list=${VM_LIST-tests/e2e/serve.sh}
[ "${VM_OPTIONS-}" ] || list=${list/tests\/vm\/observe_restarts.sh/}
exec bash "${srcdir:-.}/tests/vm/boot.sh" ${VM_OPTIONS--c 2of64} 6.12 $list
