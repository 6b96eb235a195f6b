#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs tests under another kernel: boots one of Debian's cloud kernels under emulation, with this
# build and this machine's programs in an initramfs, and makes one TAP stream of what the tests say.
#
#   boot.sh [-i] [-c CPUS] [-t SECONDS] KERNEL [NAME=VALUE...] TEST...
#
# CPUS is a number, or 2of64: 64 possible and 2 online. SECONDS is what each test may take. KERNEL
# is 6.1 or 6.12. TEST is a script or a program, relative to the build or the source tree, or any
# file by its absolute path. The variables are set for the tests. -i: the machine's clock counts
# instructions, one for a nanosecond; only with one CPU.
srcdir=$(realpath "${srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}")
builddir=$(realpath "${builddir:-.}")
. "$srcdir/tests/tap.sh"
. "$srcdir/tests/vm/kernel.sh"
PATH=$PATH:/usr/sbin:/sbin

# What the tests may call; a package that is not here is left out, and the tests that need it skip.
packages=(bash bpftool bsdutils coreutils dash diffutils ethtool findutils grep iproute2 iputils-ping jq kmod
	libc-bin libcap2-bin libsnmp-base libxdp1 mount procps sed snmp snmpd snmptrapd strace util-linux
	xdp-tools)
modules=(veth dummy 8021q bonding bridge macvlan ifb tun)

usage() {
	sed -n 's/^#   boot.sh/usage: boot.sh/p' "$0" >&2
	exit 2
}

cpus=4 limit=200 clock=() settings=() tests=()
while getopts c:it: option; do
	case $option in
	c) cpus=$OPTARG ;;
	i) clock=(-icount shift=0) ;;
	t) limit=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
kernel=${1-}
[ $# -ge 2 ] || usage
shift
for argument; do
	case $argument in
	*=*) settings+=("$argument") ;;
	/*) tests+=("$argument") ;;
	*)
		if [ -f "$builddir/$argument" ]; then
			tests+=("$builddir/$argument")
		else
			tests+=("$srcdir/$argument")
		fi
		;;
	esac
done
case $cpus in
*of*) online=${cpus%of*} possible=${cpus#*of} ;;
*) online=$cpus possible=$cpus ;;
esac

# copy_to ROOT: the files that are named on standard input, and the libraries that the programs among
# them want.
copy_to() {
	local file merged=

	[ ! -L /lib ] || merged=yes
	while IFS= read -r file; do
		[[ -f $file && -r $file ]] || continue
		echo "$file"
		# ldd takes long for each file, and most are no programs.
		[[ ! -x $file && $file != *.so* ]] || echo "$file" >&3
	done >"$work/files" 3>"$work/programs"
	xargs -d '\n' -a "$work/programs" ldd 2>/dev/null |
		grep -oE '/[^ :]+\.so[^ :]*' >"$work/libraries"
	# Where /lib is a link, the names that ldd tells are second names.
	cat "$work/files" "$work/libraries" | sed "${merged:+s|^/lib|/usr/lib|}" | sort -u |
		xargs -d '\n' cp -L --parents -t "$1"
}

# archive ROOT: what is there, as ROOT.cpio; an initramfs may consist of several.
archive() {
	(cd "$1" && find . | cpio -o -H newc -R 0:0 --quiet) >"$1.cpio"
}

# pack_packages: what the packages bring, kept beside the kernel until one of them changes: ldd looks at
# 418 programs.
pack_packages() {
	local root=$work/packages dir state

	state=$(declare -p packages && dpkg-query -W "${packages[@]}" 2>/dev/null)
	[ "$(cat "$cache/packages.state" 2>/dev/null)" != "$state" ] || return 0
	mkdir "$root"
	for dir in bin sbin lib lib64; do
		[ ! -L /$dir ] || cp -P /$dir "$root"
	done
	mkdir -p "$root"/{dev,proc,sys,run,tmp,root,var/lib,usr/bin,usr/sbin,usr/lib,usr/lib64}
	{
		dpkg -L "${packages[@]}" 2>/dev/null |
			grep -vE '^/usr/share/(doc|man|locale|info|bash-completion)/' | sort -u
		printf '%s\n' /usr/bin/awk /etc/{passwd,group,hosts,protocols,services,nsswitch.conf}
		ldconfig -p | sed -n 's/.*libgcc_s.so.1 .*=> //p' # pthread_cancel() loads it
	} | copy_to "$root"
	archive "$root"
	mv "$root.cpio" "$cache/packages.cpio"
	echo "$state" >"$cache/packages.state"
}

# pack ROOT: what is ours, and the modules.
pack() {
	local version dir

	version=$(ls "$cache/lib/modules")
	for dir in bin sbin lib lib64; do
		[ ! -L /$dir ] || cp -P /$dir "$1"
	done
	mkdir -p "$1/usr/lib"
	{
		find "$builddir"/{src,tests} -path '*/tests/vm/machines' -prune -o \
			-type f \( -perm -u+x -o -name '*.bpf.o' \) -print
		find "$srcdir"/{README.md,bpf,docs,mibs,packaging,src,tests} -path '*/tests/vm/machines' -prune -o \
			-type f ! -name '*.o' -print
		printf '%s\n' "${tests[@]}"
	} | copy_to "$1"

	modprobe -d "$cache" -S "$version" -a --show-depends "${modules[@]}" |
		sed -n "s|^insmod $cache/\([^ ]*\).*|\1|p" | sort -u |
		(cd "$cache" && xargs -d '\n' cp --parents -t "$1")
	cp "$cache/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} \
		"$1/lib/modules/$version"
	depmod -b "$1" "$version"

	declare -p srcdir builddir limit settings tests modules >"$1/job"
	install -m 755 "$srcdir/tests/vm/init.sh" "$1/init"
	archive "$1"
	cat "$cache/packages.cpio" >>"$1.cpio"
}

# point RESULT NAME [LINES]: one of our own points, and so many lines from the end of the console.
point() {
	tests_run=$((tests_run + 1))
	echo "$1 $tests_run - $2"
	[ $# -lt 3 ] || tail -n "$3" "$console" | tr -d '\r' | sed 's/^/# console: /'
}

# ended CODE: a test did, by itself; what it said has to be whole.
ended() {
	local why=

	case $1 in
	0) ;;
	124 | 137) why="not within $limit s" ;;
	*) [ "$failures" -gt 0 ] || why="ended with code $1" ;;
	esac
	if [ -z "$why" ] && [ -z "$plan" ]; then
		why="no plan"
	elif [ -z "$why" ] && [ "$plan" != "$seen" ]; then
		why="planned $plan checks, ran $seen"
	fi
	[ -z "$why" ] || point "not ok" "$name: $why" 15
}

# line TEXT: one line from the machine. It says which test begins and ends; all else is the test's.
line() {
	case $1 in
	"@begin "*)
		name=${1##*/} plan='' seen=0 failures=0
		started=$((started + 1))
		;;
	"@end "*)
		ended "${1#@end }"
		name=
		;;
	"1..0"*)
		plan=0
		point ok "$name #${1#*#}"
		;;
	"1.."*) plan=${1#1..} ;;
	"ok "* | "not ok "*)
		[[ $1 =~ ^((not )?ok)\ *[0-9]*\ *-?\ *(.*) ]]
		seen=$((seen + 1))
		[ "${BASH_REMATCH[1]}" = ok ] || failures=$((failures + 1))
		tests_run=$((tests_run + 1))
		echo "${BASH_REMATCH[1]} $tests_run - $name: ${BASH_REMATCH[3]}"
		;;
	"#"*) printf '%s\n' "$1" ;;
	*) printf '# %s\n' "$1" ;;
	esac
}

# run: the machine, until it has ended, or says nothing for longer than a test may take.
run() {
	local text code=0 results why

	# QEMU 7.2 with a thread for each CPU upsets kernels that exchange instructions; no newer CPU
	# is certain to boot.
	exec {results}< <(
		exec timeout -k 5 $((60 + (limit + 60) * ${#tests[@]})) qemu-system-x86_64 \
			-accel tcg,thread=single "${clock[@]}" -cpu qemu64 -smp "$possible" -m 1024 \
			-display none -monitor none -nic none -no-reboot \
			-kernel "$cache"/boot/vmlinuz-* -initrd "$work/root.cpio" \
			-append "console=ttyS0 quiet panic=-1 oops=panic no_timer_check maxcpus=$online" \
			-serial "file:$console" -serial stdio </dev/null 2>&1
	)
	qemu=$!
	while IFS= read -r -t $((limit + 60)) -u "$results" text || { code=$? && [ "$text" ]; }; do
		line "${text%$'\r'}"
	done
	if [ $code -gt 128 ]; then
		why="the machine hangs"
		kill $qemu
	elif grep -q 'Kernel panic' "$console"; then
		why="the kernel panicked"
	else
		why="the machine ended"
	fi
	wait $qemu
	qemu=
	[ -z "$name" ] || point "not ok" "$name: $why" 60
	while [ $started -lt ${#tests[@]} ]; do
		point "not ok" "${tests[started]##*/}: not run, for $why"
		started=$((started + 1))
	done
}

[ "$(uname -m)" = x86_64 ] || skip_all "needs a machine of amd64"
for command in apt-get dpkg qemu-system-x86_64 cpio depmod; do
	need $command
done
mkdir -p "$builddir/tests/vm/machines"
cache=$builddir/tests/vm/machines/kernel-$kernel console=$builddir/tests/vm/console-$kernel-$cpus.log
fetch_kernel "$kernel" "$cache" >"$console" 2>&1 || skip_all "$(tail -n 1 "$console")"

qemu='' work=$(mktemp -d "$builddir/tests/vm/machines/root.XXXXXX") || exit 1
# timeout(1) signals twice: the second one shall not disturb.
# shellcheck disable=SC2086 # there may be no process
trap 'trap "" INT TERM; kill $qemu 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/root"
pack_packages
pack "$work/root"
name='' started=0
run
done_testing
