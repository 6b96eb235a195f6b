#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The packages: lintian has nothing to say, rpmbuild builds, and in a clean Debian 12, emulated, with
# systemd as its first process, Debian's is installed, served from, upgraded under load, and removed.
# "make check-packages" runs it as root, on Debian 12, in about ten minutes.
#
#   package.sh [KERNEL]        6.1, Debian 12's own, or 6.12
srcdir=$(realpath "${srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}")
builddir=$(realpath "${builddir:-.}")
. "$srcdir/tests/tap.sh"
. "$srcdir/tests/vm/kernel.sh"
. "$srcdir/packaging/build.sh"

packages_to_package() {
	packages_to_run
	cat <<'END'
build-essential gcc-c++                 /usr/share/build-essential
cpio            cpio                    cpio
debhelper       debhelper               dh
debootstrap     debootstrap             debootstrap
kmod            kmod                    depmod
lintian         lintian                 lintian
qemu-system-x86 qemu-system-x86-core    qemu-system-x86_64
rpm             rpm-build               rpmbuild
rpmlint         rpmlint                 rpmlint
END
}

kernel=${1-6.1}
machines=$builddir/tests/vm/machines
cache=$machines/kernel-$kernel system=$machines/debian-12.tar
console=$builddir/tests/vm/console-package-$kernel.log
tree=$builddir/deb/xdp-agentx-0.1.0

# The one system that is clean, and has nothing of ours: what apt would fetch is in it.
make_system() {
	local root

	[ -e "$system" ] && return
	root=$(mktemp -d "$machines/debian.XXXXXX")
	chmod 755 "$root" # it becomes /
	debootstrap --variant=minbase \
		--include=systemd,systemd-sysv,snmpd,snmp,iproute2,bpftool,kmod,procps bookworm "$root" &&
		rm -rf "$root"/var/cache/apt/* "$root"/usr/share/{locale,man,i18n}/* &&
		tar -C "$root" -cf "$system.new" . && mv "$system.new" "$system"
	rm -rf "$root"
	[ -e "$system" ]
}

# make_next DEB: the package of a later version, with the programs of tests/next.
make_next() {
	local next=tests/next root=$work/next

	make -C "$tree" $next/bpf/{count,count_by_call,errors,observe}.skel.h &&
		make -C "$tree" $next/xdp-agentx &&
		dpkg-deb -R "$deb" "$root" &&
		install -s "$tree/$next/xdp-agentx" "$root/usr/sbin" &&
		sed -i 's/^Version: .*/Version: 0.1.1-1/' "$root/DEBIAN/control" &&
		dpkg-deb --root-owner-group -b "$root" "$1"
}

# make_old DEB: the package of 0.1.0, built from the repository. Without that, upgrades from it are not tried.
make_old() {
	local commit=3d6709a50b8b3b95d4401b1bf86f6285535491d0 # the last one of it

	git -C "$srcdir" cat-file -e $commit 2>/dev/null || return 0
	mkdir "$work/old" && git -C "$srcdir" archive $commit | tar -x -C "$work/old" &&
		(cd "$work/old" && autoreconf -fi && ./configure && env -u MAKEFLAGS -u MFLAGS make deb) \
			>"$builddir/tests/vm/package-old.log" 2>&1 &&
		mv "$work"/old/deb/xdp-agentx_*_amd64.deb "$1"
}

# pack ROOT: the system, with the packages, the test, and what it calls.
pack() {
	local version

	version=$(ls "$cache/lib/modules")
	mkdir -p "$1/test" && tar -C "$1" -xf "$system" &&
		cp "$deb" "$next" ${old:+"$old"} "$builddir"/tests/e2e/{send_frames,pass.bpf.o} \
			"$builddir/tests/vm/flood" "$srcdir/tests/tap.sh" "$1/test" &&
		cp "$srcdir/tests/vm/package_inside.sh" "$1/test/inside.sh" &&
		modprobe -d "$cache" -S "$version" -a --show-depends veth |
		sed -n "s|^insmod $cache/\([^ ]*\).*|\1|p" | (cd "$cache" && xargs cp --parents -t "$1") &&
		cp "$cache/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} \
			"$1/lib/modules/$version" && depmod -b "$1" "$version" || return
	cat >"$1/etc/systemd/system/inside.service" <<-'END'
		[Unit]
		After=snmpd.service
		[Service]
		Type=oneshot
		ExecStart=bash /test/inside.sh
		ExecStopPost=sh -c 'stty -F /dev/ttyS1 raw; echo b >/proc/sysrq-trigger'
		TTYPath=/dev/ttyS1
		StandardOutput=tty
		StandardError=tty
	END
	mkdir -p "$1/etc/systemd/system/multi-user.target.wants"
	ln -s ../inside.service "$1/etc/systemd/system/multi-user.target.wants"
	ln -sf /lib/systemd/system/multi-user.target "$1/etc/systemd/system/default.target"
	# Nobody logs in.
	ln -sf /dev/null "$1/etc/systemd/system/getty.target"
	ln -s /sbin/init "$1/init"
	(cd "$1" && find . | cpio -o -H newc --quiet) >"$1.cpio" && rm -rf "$1"
}

boot() {
	timeout -k 5 1800 qemu-system-x86_64 -accel tcg,thread=single -cpu qemu64 -smp 2 -m 2048 \
		-display none -monitor none -nic none -no-reboot \
		-kernel "$cache"/boot/vmlinuz-* -initrd "$work/root.cpio" \
		-append "console=ttyS0 quiet panic=-1 oops=panic no_timer_check" \
		-serial "file:$console" -serial stdio </dev/null 2>&1
}

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[[ $(uname -m) = x86_64 && $(</etc/os-release) = *VERSION_CODENAME=bookworm* ]] ||
	skip_all "needs Debian 12 on amd64: the package is built here, and installed in one"
mkdir -p "$machines"
install_packages packages_to_package "$builddir/packages.log" >&2 || exit 1
fetch_kernel "$kernel" "$cache" >"$console" 2>&1 || skip_all "$(tail -n 1 "$console")"
work=$(mktemp -d "$machines/package.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

ok "make deb" make -C "$builddir" deb
deb=$(echo "$builddir"/deb/xdp-agentx_*_amd64.deb) next=$work/xdp-agentx_0.1.1-1_amd64.deb
is "lintian has nothing to say" "$(lintian --allow-root "$builddir"/deb/*.changes 2>&1)" ""
ok "make rpm" make -C "$builddir" rpm
echo "# what rpmlint says of it:"
rpmlint "$builddir"/rpm/RPMS/*/*.rpm "$builddir"/rpm/SRPMS/*.rpm 2>/dev/null | grep ': [EW]: ' | sed 's/^/#   /'
ok "a Debian 12 to install it in" make_system
ok "a package of a later version" make_next "$next"
old=$work/old.deb
ok "the package of 0.1.0, if the repository has it" make_old "$old"
[ -e "$old" ] || old=
ok "the machine is packed" pack "$work/root"
before=$tests_run inside=0
while IFS= read -r line; do
	line=${line%$'\r'}
	case $line in
	"ok "* | "not ok "*)
		inside=$((inside + 1))
		[[ $line =~ ^((not )?ok)\ *[0-9]*\ (.*) ]]
		tests_run=$((before + inside))
		echo "${BASH_REMATCH[1]} $tests_run ${BASH_REMATCH[3]}"
		;;
	1..*) plan=${line#1..} ;;
	*) echo "# ${line#\# }" ;;
	esac
done < <(boot)
is "the test in the machine is whole" "$inside" "${plan-a plan}"
[ "${plan-}" ] || tail -n 20 "$console" | sed 's/^/# console: /'
done_testing
