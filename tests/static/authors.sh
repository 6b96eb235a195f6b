#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What authors get when they install: the example builds by the line that it names, the headers work
# with what others include, give no warning, and take no name that is not theirs.
. "${srcdir:-.}/tests/tap.sh"
srcdir=$(realpath "${srcdir:-.}")
builddir=$(realpath "${builddir:-.}")
clang=${CLANG:-clang}
bpftool=${BPFTOOL:-bpftool}
need "$clang"

tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT
cd "$tmp" || exit 1
include=$tmp/usr/include
export CPATH=$include # as if it were /usr/include, but with warnings

staged() {
	env -u MAKEFLAGS -u MFLAGS make -s -C "$builddir" install-pkgincludeHEADERS \
		install-dist_exampleDATA DESTDIR="$tmp" includedir=/usr/include docdir=/doc
}

# The line by which FILE says that the example is built.
build_line() {
	grep -oE 'clang -g .*drop_udp\.bpf\.c$' "$1"
}

# compile [OPTION...]: the program on standard input, which includes what it wants.
compile() {
	"$clang" -g -O2 -Wall -Wextra -Werror -target bpf -I. \
		-idirafter "/usr/include/$(uname -m)-linux-gnu" -o program.o "$@" -x c -c -
}

# program INCLUDE...: of an author who includes these.
program() {
	printf '#include %s\n' "$@"
	cat <<-'END'
		SEC("xdp.frags")
		int program(struct xdp_md *ctx)
		{
			return xdp_stats_record(ctx, XDP_PASS);
		}
		char LICENSE[] SEC("license") = "GPL";
	END
}

# macros INCLUDE...: the names that these define.
macros() {
	printf '#include %s\n' "$@" | compile "${options[@]}" -E -dM -o - |
		awk '$1 == "#define" { sub(/\(.*/, "", $2); print $2 }' | sort -u
}

ok "headers and example are installed" staged
line=$(build_line doc/examples/drop_udp.bpf.c)
ok "the example says how it is built" [ "$line" ]
is "... authors.md says the same" "$(build_line "$srcdir/docs/authors.md")" "$line"
ok "... and so it is" env -C doc/examples bash -c "${line/#clang/"$clang" -Wall -Wextra -Werror}"
ok "... to an object" [ -s doc/examples/drop_udp.bpf.o ]

HEADER='<xdp-agentx/xdp_stats.bpf.h>'
USUAL=('<linux/bpf.h>' '<bpf/bpf_helpers.h>')
for form in '' -DXDP_STATS_LENGTH_BY_CALL; do
	options=(${form:+"$form"})
	of=${form:+", length by call"}
	ok "the header alone$of" compile "${options[@]}" < <(program "$HEADER")
	ok "the header last$of" compile "${options[@]}" < <(program "${USUAL[@]}" "$HEADER")
	ok "the header first$of" compile "${options[@]}" < <(program "$HEADER" "${USUAL[@]}")
	name="the header after vmlinux.h$of"
	if [ -r /sys/kernel/btf/vmlinux ]; then
		{
			"$bpftool" btf dump file /sys/kernel/btf/vmlinux format c
			# Newer ones have these, too.
			echo 'extern void *bpf_cast_to_kern_ctx(void *obj) __attribute__((weak, section(".ksyms")));'
		} >vmlinux.h
		ok "$name" compile "${options[@]}" < <(program '"vmlinux.h"' "${USUAL[1]}" "$HEADER")
	else
		skip "$name" "this kernel has no BTF"
	fi
	like "its macros have names of their own$of" "$(comm -13 \
		<(macros "${USUAL[@]}" '<bpf/bpf_core_read.h>') <(macros "${USUAL[@]}" "$HEADER") |
		paste -sd' ')" '^(XDP_(STATS|AGENTX)_[A-Z_]+ ?)+$'
done

in_c() {
	"${CC:-cc}" -std=c99 -pedantic -Wall -Wextra -Werror -x c -c - -o layout.o
}
ok "the layout alone, in a program of user space" in_c <<'END'
#include <xdp-agentx/xdp_stats.h>
int size[sizeof(struct xdp_stats_rec) == 16 ? XDP_STATS_ACTIONS : -1];
END
done_testing
