#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/troubleshooting.md has every message of the two programs, and none that they do not have.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}" || exit 1
need perl
DOCUMENT=docs/troubleshooting.md

# No message: parts of what is told as news, names that others ask for, and what is not told at all.
except='observer and|program and|program taken off|no longer observed|reading the map of
libbpf: Kernel error message|XDP-STATS-MIB: what XDP programs do with frames|registering pdu failed
no program replaces its entry function|no room for
the counter program is there and will be taken off'

# texts [FUNCTION|...] <SOURCE: of two words and more, a line each, cut where something is put in; but not
# those in calls of these functions.
texts() {
	FUNCTIONS=${1-none} perl -0777 -ne '
		my $string = qr/"(?:[^"\\]|\\.)*+"/;
		my $call = qr/(\((?:[^()"]++|$string|(?1))*+\))/;
		s{/\*.*?\*/}{}gs;
		s{^#include.*}{}gm;
		s{\x27\"\x27}{}g;
		s{\b(?:$ENV{FUNCTIONS})\s*$call}{}g;
		s{"\s*(?:PRI\w+\s*)?"}{}g;
		while (/($string)/g) {
			for my $piece (split /%[-#0-9.]*(?:l|ll|z|j)?[a-zA-Z]|\\n/, substr($1, 1, -1)) {
				$piece =~ s/^xdp-stats: //;
				$piece =~ s/^[\s:;,.\x27()-]+|[\s:;,.\x27()-]+$//g;
				print "$piece\n" if $piece =~ /[a-z]{2}\S* \S*[a-z]{2}/i;
			}
		}' | LC_ALL=C sort -u
}

# listed: the messages of the document, a line each: what is in `` at the beginning of a list item.
listed() {
	perl -0777 -ne '
		while (/^- ((?:`[^`]+`[^`:]*?)+):\s/gm) {
			my $head = $1;
			while ($head =~ /`([^`]+)`/g) {
				(my $text = $1) =~ s/\s+/ /g;
				print "$text\n";
			}
		}' $DOCUMENT
}

# pieces: of such messages, without what stands for something else.
pieces() {
	perl -ne 'for my $piece (split /-?\b[A-Z]+\b|xdp-agentx|\.\.\.|[:;,\x27()]|\d+/) {
		$piece =~ s/^\s+|\s+$//g;
		print "$piece\n" if $piece =~ /[a-z]{2} \S*[a-z]{2}/;
	}'
}

# absent TEXT: the lines of standard input that are not in it.
absent() {
	local line

	while IFS= read -r line; do
		[[ $1 = *"$line"* ]] || echo "$line"
	done
}

# What plan.c says is the output of -t.
sources() {
	find src -name '*.c' ! -name plan.c -exec cat {} +
}

said=$(sources | texts 'log_info|log_debug|printf|text_printf|puts|fputs|register_config_handler|static_assert' |
	grep -vxE "$(paste -sd'|' <<<"$except")")
ok "the programs say something" [ "$(wc -l <<<"$said")" -gt 150 ]
is "the document has all of it" "$(absent "$(tr -s ' \n' ' ' <$DOCUMENT)" <<<"$said")" ""
ok "the document lists messages" [ "$(listed | wc -l)" -gt 100 ]
is "the programs have all of them" "$(listed | pieces | absent "$(sources | texts)")" ""
done_testing
