# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What quickstart and runtests share: the one list of packages, their installation, and builds.

PATH=$PATH:/usr/sbin:/sbin

# Package in Debian and Ubuntu; in Fedora and RHEL; a command or file that tells that it is there.
packages_to_run() {
	cat <<'END'
autoconf        autoconf                autoreconf
automake        automake                automake
bpftool         bpftool                 bpftool
clang           clang                   clang
gcc             gcc                     gcc
libc6-dev       glibc-devel             /usr/include/stdio.h
make            make                    make
pkgconf         pkgconf-pkg-config      pkg-config
libbpf-dev      libbpf-devel            /usr/include/bpf/libbpf.h
libelf-dev      elfutils-libelf-devel   /usr/include/libelf.h
libmnl-dev      libmnl-devel            /usr/include/libmnl/libmnl.h
libseccomp-dev  libseccomp-devel        /usr/include/seccomp.h
libsnmp-dev     net-snmp-devel          /usr/include/net-snmp/net-snmp-config.h
libsystemd-dev  systemd-devel           /usr/include/systemd/sd-daemon.h
zlib1g-dev      zlib-devel              /usr/include/zlib.h
iproute2        iproute                 ip
iputils-ping    iputils                 ping
procps          procps-ng               sysctl
snmp            net-snmp-utils          snmptable
snmpd           net-snmp                snmpd
END
}

packages_to_test() {
	packages_to_run
	cat <<'END'
clang-format    clang-tools-extra       clang-format
cpio            cpio                    cpio
cppcheck        cppcheck                cppcheck
bsdutils        util-linux-script       script
ethtool         ethtool                 ethtool
jq              jq                      jq
kmod            kmod                    depmod
libcmocka-dev   libcmocka-devel         /usr/include/cmocka.h
mandoc          mandoc                  mandoc
python3         python3                 python3
qemu-system-x86 qemu-system-x86-core    qemu-system-x86_64
shellcheck      ShellCheck              shellcheck
smitools        libsmi                  smilint
snmptrapd       net-snmp                snmptrapd
strace          strace                  strace
xdp-tools       xdp-tools               xdp-filter
END
}

# missing_packages COLUMN: of a list as above on standard input, those that are not there.
missing_packages() {
	local debian fedora sign

	while read -r debian fedora sign; do
		if [ "${sign#/}" != "$sign" ]; then
			[ -e "$sign" ] && continue
		elif command -v "$sign" >/dev/null; then
			continue
		fi
		[ "$1" = debian ] && echo "$debian" || echo "$fedora"
	done
}

# install_packages LIST LOG: LIST is one of the functions above. Returns 1 if something is missing
# in the end; what to do about it has been said.
install_packages() {
	local missing daemon new_daemons=()
	local apt=(apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold)

	if ! command -v apt-get >/dev/null; then
		mapfile -t missing < <("$1" | missing_packages fedora)
		[ ${#missing[@]} -gt 0 ] || return 0
		echo "There is no apt-get here. These are needed (names of Fedora and RHEL):"
		"$1" | awk '{ printf "%s ", $2 } END { print "" }' | fold -s -w 90 | sed 's/^/    /'
		echo "and these of them are missing:"
		printf '    %s\n' "${missing[*]}"
		return 1
	fi >&2

	mapfile -t missing < <("$1" | missing_packages debian)
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "Packages are missing. As root, run:"
		echo "    apt-get install --no-install-recommends ${missing[*]}"
		return 1
	fi >&2
	echo "Installing ${missing[*]}" | fold -s -w 100
	for daemon in snmpd snmptrapd prometheus prometheus-snmp-exporter icinga2 postgresql \
		zabbix-server; do
		[ -e "/etc/init.d/$daemon" ] || new_daemons+=("$daemon")
	done

	# Nothing of the system's is started: systemctl obeys the one variable, sysvinit the others.
	if ! (
		export DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 RUNLEVEL=1 PREVLEVEL=N
		"${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"
	) >"$2" 2>&1 </dev/null; then
		echo "apt-get failed; the end of $2:" >&2
		tail -n 15 "$2" >&2
		return 1
	fi
	# Nor will it be at the next boot.
	for daemon in "${new_daemons[@]}"; do
		[ -e "/etc/init.d/$daemon" ] || continue
		update-rc.d "$daemon" disable >>"$2" 2>&1
		[ ! -e "/lib/systemd/system/$daemon.socket" ] ||
			SYSTEMD_OFFLINE=1 systemctl disable "$daemon.socket" >>"$2" 2>&1
		echo "(The system's own $daemon service is neither started nor enabled.)"
	done
	mapfile -t missing < <("$1" | missing_packages debian)
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "These packages are installed, but lack what is needed of them: ${missing[*]}" >&2
	return 1
}

# configure_in DIR ARGUMENT...: makes configure if need be, and a build directory if there is none.
configure_in() {
	if [ ! -e Makefile.in ] || [ configure.ac -nt configure ]; then
		autoreconf -fi || return
	fi
	mkdir -p "$1"
	[ -e "$1/Makefile" ] || env -C "$1" "$PWD/configure" "${@:2}"
}
