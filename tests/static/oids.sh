#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/oids.md has every object of the module; and every number below our root, in any file for managers, is
# one of an object.
. "${srcdir:-.}/tests/tap.sh"
cd "${srcdir:-.}" || exit 1

need snmptranslate
ROOT=.1.3.6.1.4.1.8072.9999.9999.48620
# Nothing of the machine's own configuration is read.
export SNMPCONFPATH=/nonexistent SNMP_PERSISTENT_DIR=/nonexistent

# objects: each node of the module, a line each: name, number.
objects() {
	snmptranslate -M mibs:tests/mibs/stubs:/usr/share/snmp/mibs -m XDP-STATS-MIB -Tz 2>/dev/null |
		tr -d '"' | awk -v root=${ROOT#.} '($2 ".") ~ "^" root "\\." { print $1, "." $2 }'
}

# table: the table of the page, of all objects that can be asked for.
table() {
	local name number details index

	while read -r name number; do
		details=$(snmptranslate -M mibs:tests/mibs/stubs:/usr/share/snmp/mibs -m XDP-STATS-MIB -Td "$number" 2>/dev/null)
		[[ $details == *"MAX-ACCESS	read-only"* ]] || continue
		case $number in
		$ROOT.1.1.*) index=0 ;;
		$ROOT.1.3.*) index=IFINDEX.VERDICT ;;
		$ROOT.1.4.*) index=IFINDEX.VERDICT.CPU ;;
		*) index=IFINDEX ;;
		esac
		echo "| $name | $number.$index | $(sed -n 's/^  SYNTAX	\([A-Za-z0-9]*\( STRING\)*\).*/\1/p' <<<"$details" |
			sed 's/Unsigned32/Gauge32/') |"
	done < <(objects)
}

known=$(objects)
is "docs/oids.md has all objects, with their numbers and types" "$(grep '^| xdp' docs/oids.md)" "$(table)"

# unknown FILE...: numbers below the root that neither are nodes nor begin with an object.
unknown() {
	grep -ohE '1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.48620[0-9.]*' "$@" | sed 's/\.$//; s/^/./' | sort -u |
		awk -v root=$ROOT '
			NR == FNR { node[$2]; next }
			$0 == root { next }
			{
				prefix = $0
				while (!(prefix in node) && prefix != root)
					sub(/\.[0-9]+$/, "", prefix)
				# The rest is an index: below an object, which has seven numbers or four behind the root.
				depth = split(substr(prefix, length(root) + 2), part, ".")
				if (prefix != $0 && depth != 4 && !(depth == 3 && part[2] == 1))
					print
			}' <(echo "$known") -
}
mapfile -t files < <(find packaging/nms docs -type f)
is "no file has a number that is none of ours" "$(unknown "${files[@]}")" ""
is "... one that is not would be found" \
	"$(unknown <(echo "$ROOT.1.9.1 $ROOT.1.3.1.2.7.1 $ROOT.1.2.1.11.3 $ROOT.1.1.4.0"))" \
	"$ROOT.1.2.1.11.3
$ROOT.1.9.1"
done_testing
