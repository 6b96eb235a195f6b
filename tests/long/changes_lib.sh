# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # what is not set here is of the libraries in tests/e2e
#
# For the tests that change many programs at once, after tests/e2e/notify_lib.sh: interfaces many1,
# many2 ..., and somebody's programs, which come, are exchanged and go as fast as the kernel does it.

PROGRAMS=/sys/fs/bpf/programs # where somebody's are pinned
mkdir $PROGRAMS

# many_interfaces NUMBER: an even one.
many_interfaces() {
	local n

	for ((n = 1; n <= $1; n += 2)); do
		echo "link add many$n type veth peer name many$((n + 1))"
		echo "link set many$n up"
		echo "link set many$((n + 1)) up"
	done | ip -batch -
}

# load NAME...: a program of somebody's for each, all alike.
load() {
	local name

	for name; do
		bpftool prog load "$builddir/tests/e2e/pass.bpf.o" $PROGRAMS/"$name" type xdp
	done
}

# put NUMBER NAME: the program on the first NUMBER of them; % in NAME stands for the interface's number.
put() {
	local n

	for ((n = 1; n <= $1; n++)); do
		echo "link set dev many$n xdpgeneric pinned $PROGRAMS/${2//%/$n}"
	done | ip -force -batch -
}

# take_off NUMBER
take_off() {
	local n

	for ((n = 1; n <= $1; n++)); do
		echo "link set dev many$n xdpgeneric off"
	done | ip -batch -
}

# How many changes of programs the agent has seen.
changes() {
	snmpbulkwalk -v2c -c public -t 3 -r 0 -Cr50 -OQv "$SNMP_ADDRESS" "$ROOT.1.2.1.8" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

have_failed() {
	[ "$(get "$ROOT.1.1.5.0")" = "$1" ]
}
