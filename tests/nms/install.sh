#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# install.sh BUILD_DIR: installs the managers that the tests of "make check-nms" run, Debian's packages;
# and those of Debian 13 in a root of their own below BUILD_DIR. What is missing is skipped by the
# tests, with the reason.
builddir=$(cd "${1:?}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. packaging/build.sh

packages_for_nms() {
	packages_to_run
	cat <<'END'
curl                     curl                     curl
debootstrap              debootstrap              debootstrap
icinga2-bin              icinga2                  icinga2
jq                       jq                       jq
locales                  glibc-langpack-en        localedef
php-cgi                  php-cgi                  php-cgi
php-cli                  php-cli                  php
php-pgsql                php-pgsql                /usr/share/doc/php-pgsql
postgresql               postgresql-server        /usr/lib/postgresql
prometheus               prometheus               promtool
prometheus-snmp-exporter prometheus-snmp-exporter prometheus-snmp-exporter
python3-yaml             python3-pyyaml           /usr/lib/python3/dist-packages/yaml
rrdtool                  rrdtool                  rrdtool
snmpsim                  snmpsim                  snmpsimd
zabbix-frontend-php      zabbix-web               /usr/share/zabbix
zabbix-server-pgsql      zabbix-server-pgsql      zabbix_server
END
}

TRIXIE_PACKAGES="locales php-cgi php-cli php-pgsql postgresql prometheus-snmp-exporter
	zabbix-frontend-php zabbix-server-pgsql"

# make_trixie: Debian 13 with these in $builddir/tests/nms/trixie, 1.1 GB, unless it is there.
make_trixie() {
	local root=$builddir/tests/nms/trixie

	[ "$(cat "$root/made" 2>/dev/null)" != "$TRIXIE_PACKAGES" ] || return 0
	command -v debootstrap >/dev/null || return
	rm -rf "$root"
	mkdir -p "$root"
	echo "Making a Debian 13 in $root"
	if (debootstrap --variant=minbase trixie "$root" && install_in "$root") >"$root.log" 2>&1; then
		echo "$TRIXIE_PACKAGES" >"$root/made"
	else
		echo "It failed; the end of $root.log:" >&2
		tail -n 5 "$root.log" >&2
		return 1
	fi
}

# install_in ROOT: as install_packages does. What is mounted goes with the namespace.
# shellcheck disable=SC2016,SC2086 # the inner shell expands it; a list
install_in() {
	DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 PREVLEVEL=N unshare --mount sh -c '
		mount -t proc proc "$0/proc" &&
			chroot "$0" apt-get -q -y install --no-install-recommends "$@" &&
			chroot "$0" apt-get clean' "$1" $TRIXIE_PACKAGES
}

mkdir -p "$builddir/tests/nms"
if [ "$(id -u)" -ne 0 ]; then
	echo "It needs root: nothing is installed."
	exit
fi
install_packages packages_for_nms "$builddir/tests/nms/packages.log"
make_trixie
