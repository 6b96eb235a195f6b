#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# C files are laid out as .clang-format says. Releases of clang-format differ in details.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}" || exit 1
VERSION=14

clang_format=${CLANG_FORMAT:-clang-format}
need "$clang_format"
"$clang_format" --version | grep -q "version $VERSION\." ||
	skip_all "the layout is that of clang-format $VERSION, here is another"

mapfile -t files < <(find bpf docs src tests -name '*.[ch]' ! -name '*.skel.h')
check() {
	"$clang_format" --dry-run -Werror "${files[@]}"
}
ok "clang-format has nothing to change" check
done_testing
