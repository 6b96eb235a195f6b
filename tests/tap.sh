# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# TAP for tests written in bash.

tests_run=0

# ok NAME COMMAND...: passes if the command does; its output goes to the log if not.
ok() {
	local name=$1 output

	shift
	tests_run=$((tests_run + 1))
	if output=$("$@" 2>&1); then
		echo "ok $tests_run - $name"
	else
		echo "not ok $tests_run - $name"
		printf '%s\n' "failed: $*" "$output" | sed 's/^/# /'
	fi
}

# is NAME GOT EXPECTED
is() {
	tests_run=$((tests_run + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tests_run - $1"
	else
		echo "not ok $tests_run - $1"
		printf '%s\n' "got:" "$2" "expected:" "$3" | sed 's/^/# /'
	fi
}

# like NAME GOT REGEX: an extended regular expression that has to match somewhere.
like() {
	tests_run=$((tests_run + 1))
	if grep -Eq -- "$3" <<<"$2"; then
		echo "ok $tests_run - $1"
	else
		echo "not ok $tests_run - $1"
		printf '%s\n' "got:" "$2" "expected to match:" "$3" | sed 's/^/# /'
	fi
}

# skip NAME REASON
skip() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

# skip_all REASON: instead of any test.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# need COMMAND
need() {
	command -v "$1" >/dev/null || skip_all "$1 is not installed"
}

# What was waited for in vain, outside of any check: see tests/e2e/lib.sh.
in_vain=

done_testing() {
	[ -z "$in_vain" ] || is "nothing was waited for in vain" "$in_vain" ""
	echo "1..$tests_run"
}
