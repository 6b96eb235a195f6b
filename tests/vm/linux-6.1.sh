#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# VM_LIST under Linux 6.1 with 4 CPUs.
# shellcheck disable=SC2086 # they are lists
exec bash "${srcdir:-.}/tests/vm/boot.sh" ${VM_OPTIONS--c 4} 6.1 ${VM_LIST-tests/e2e/serve.sh}
