#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# VM_LIST under Linux 6.12 with 64 possible CPUs, of which 2 are online.
# shellcheck disable=SC2086 # they are lists
exec bash "${srcdir:-.}/tests/vm/boot.sh" ${VM_OPTIONS--c 2of64} 6.12 ${VM_LIST-tests/e2e/serve.sh}
