#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The first process of the machine that boot.sh makes: runs the tests one after the other. What they
# say goes to the second serial line, where no message of the kernel gets between.
# shellcheck disable=SC2154 # /job sets them
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t devtmpfs dev /dev
mkdir /dev/pts
mount -t devpts pts /dev/pts
mount -t proc proc /proc
mount -t sysfs sysfs /sys
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
. /job # the variables
modprobe -a "${modules[@]}"
ip link set lo up

stty -F /dev/ttyS1 raw -echo
exec >/dev/ttyS1 2>&1
cd "$builddir" || exit 1
# An emulated machine is slower by this factor, and the tests' deadlines are longer.
export srcdir builddir CMOCKA_MESSAGE_OUTPUT=TAP TIME_SCALE=10 "${settings[@]}"
for test in "${tests[@]}"; do
	echo "@begin $test"
	program=("$test")
	case $test in
	*.sh) program=(bash "$test") ;;
	esac
	timeout -k 5 "$limit" "${program[@]}" </dev/null 2>&1 | cat
	echo "@end ${PIPESTATUS[0]}"
done
stty -F /dev/ttyS1 raw # waits until all has been sent
echo b >/proc/sysrq-trigger # no shutdown: QEMU ends when the machine would start again
