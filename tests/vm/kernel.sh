# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Debian's cloud kernels, for what boots one under emulation.

# fetch_kernel VERSION DIR: the newest kernel of this version is unpacked in DIR, if it is not there
# already; it is not installed. What fails is the last line of the output.
fetch_kernel() {
	(
		flock 9
		[ -d "$2" ] || unpack_kernel "$1" "$2"
	) 9>"$2.lock"
}

unpack_kernel() {
	local package

	package=$(apt-cache pkgnames "linux-image-$1." | grep -E '[0-9]-cloud-amd64$' |
		sort -V | tail -n 1)
	[ "$package" ] || {
		echo "no package linux-image-$1.*-cloud-amd64 in this machine's archives"
		return 1
	}
	rm -rf "$2.new"
	mkdir "$2.new"
	(cd "$2.new" && timeout 300 apt-get -q download "$package" >download.log 2>&1) || {
		echo "apt-get cannot download $package: $(grep '^E:' "$2.new/download.log" | tail -n 1)"
		return 1
	}
	dpkg -x "$2.new/$package"_*.deb "$2.new" && rm "$2.new"/*.deb &&
		depmod -b "$2.new" "$(ls "$2.new/lib/modules")" && mv "$2.new" "$2"
}
