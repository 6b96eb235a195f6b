# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # RUN is of tests/e2e/lib.sh
#
# For the tests that kill the agent, after tests/e2e/lib.sh: where to.

# The calls that are traced to $RUN/calls.
# shellcheck disable=SC2034 # it is for the tests
CALLS="bpf,?mkdir,?mkdirat,?rmdir,?unlink,?unlinkat"

# sites [LINE]: the calls, from that line of the trace on, at which to kill it: those that change
# something, and those that come next. A line each: the name of the call, and the how many-th of this
# name it is, as strace counts.
sites() {
	sed -n 's/^[0-9]* *\([a-z]*\)(\([A-Z_]*\).*/\1 \2/p' "$RUN/calls" | awk -v first="${1-1}" '
		{ nth[$1]++; changes = $1 != "bpf" || $2 ~ /CREATE|UPDATE|LOAD|PIN|DETACH|DELETE/ }
		(changes || changed) && NR >= first { print $1, nth[$1] }
		{ changed = changes }'
}
