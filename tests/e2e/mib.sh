#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/mibs/objects, the agent and the MIB: each has what the other two have, of the same type.
. "${srcdir:-.}/tests/e2e/lib.sh" || exit 1

# objects FIELD...: of each line of the list, in an order that can be compared.
objects() {
	grep -v '^#' "$srcdir/tests/mibs/objects" | awk -v fields="$*" '{
		n = split(fields, field, " ")
		for (i = 1; i <= n; i++)
			printf "%s%s", $field[i], i < n ? " " : "\n"
	}' | sort
}

# served_objects: object and type of each instance that a walk finds. An instance of no object in
# the list stays as it is. An empty string comes without its type.
served_objects() {
	snmpwalk -v2c -c public -On "$SNMP_ADDRESS" $ROOT | awk -v root=$ROOT. '
		NR == FNR { known[$2]; next }
		{
			oid = substr($1, length(root) + 1)
			for (object = oid; object ~ /\./ && !(object in known);)
				sub(/\.[0-9]+$/, "", object)
			print object in known ? object : oid, $3 == "\"\"" ? "STRING" : substr($3, 1, length($3) - 1)
		}' "$srcdir/tests/mibs/objects" - | sort -u
}

# mib_objects: name, OID and type of each object in the list, as the MIB defines it.
mib_objects() {
	local name
	for name in $(objects 1); do
		# shellcheck disable=SC2046 # several words
		snmptranslate $(names) -On -Td "XDP-STATS-MIB::$name" | awk -v root=$ROOT. -v name="$name" '
			BEGIN {
				split("INTEGER INTEGER Counter32 Counter32 Counter64 Counter64 " \
				      "Gauge32 Gauge32 Unsigned32 Gauge32 TimeTicks Timeticks " \
				      "OCTET STRING", word, " ")
				for (i = 1; i in word; i += 2)
					wire[word[i]] = word[i + 1]
			}
			NR == 1 { oid = index($1, root) == 1 ? substr($1, length(root) + 1) : $1 }
			$1 == "SYNTAX" { type = wire[$2] }
			$1 == "MAX-ACCESS" { access = $2 }
			END { print name, oid, type, access }'
	done
}

# group NAME...: the objects of these groups of the MIB.
group() {
	local name
	for name; do
		sed -n "/^$name OBJECT-GROUP/,/}/p" "$srcdir/mibs/XDP-STATS-MIB.txt" |
			tr -d '\n' | sed 's/.*{\(.*\)}.*/\1/' | tr -d ' \t' | tr , '\n'
		echo
	done | sort
}

# walk_names OBJECT...: by name, with everything that the MIB knows about a value.
walk_names() {
	local name
	for name; do
		# shellcheck disable=SC2046 # several words
		snmpwalk -v2c -c public $(names) -OQU "$SNMP_ADDRESS" "XDP-STATS-MIB::$name"
	done
}

# agent_row NAME: what xdpIfTable and the kernel should agree on: mode, id, name and tag of the program.
agent_row() {
	get $ROOT.1.2.1.{1,5,6,7}."$(ifindex "$1")" | tr -d '"' | paste -sd ' '
}

kernel_row() {
	local mode=1
	case $(ip link show dev "$1") in
	*" xdp "*) mode=2 ;;
	*" xdpgeneric "*) mode=3 ;;
	esac
	echo "$mode $(xdp_id "$1") $(bpftool prog show id "$(xdp_id "$1")" |
		sed -n 's/.* name \([^ ]*\)  tag \([0-9a-f]*\).*/\1 \2/p')"
}

for name in ya yb yc yd; do
	veth $name
done
ip link set dev yc xdpgeneric obj "$builddir/tests/e2e/pass.bpf.o" sec xdp
echo "xdpCpuTable yes" >$RUN/agent.conf
serve -c $RUN/agent.conf -i ya -i yb:count:generic -i yc -i yd:map -i lo:map -i ye
ok "two interfaces are counted" wait_for 5 counting ya yb

is "a walk finds the objects of the list, and no others, with their types" "$(served_objects)" \
	"$(objects 2 3)"
is "the list agrees with the MIB in OIDs and types" "$(mib_objects)" \
	"$(objects 1 2 3 | sed 's/$/ read-only/')"
is "the list has all objects of the groups that are served" "$(objects 1)" \
	"$(group xdpGeneralGroup xdpIfGroup xdpStatsGroup xdpCpuGroup xdpIfStatsGroup xdpErrGroup |
		grep -vx xdpErrInvalidActions)" # which nobody knows where nothing is observed
is "a table has all its rows: 2 counted interfaces, 5 in all" \
	"$(for part in 1 2 3 4 7; do
		walk $ROOT.1.$part | wc -l
	done | paste -sd ' ')" \
	"8 $((5 * 10)) $((2 * 5 * 2)) $((2 * 5 * 2 * $(get $ROOT.1.1.2.0))) $((2 * 10))"

is "net-snmp finds no value of a wrong type" "$(walk_names xdpStatsMIB | grep -c 'Wrong Type')" 0
is "enumerations have values that the MIB has a name for" \
	"$(walk_names xdpNotificationsEnabled xdpIfAttachMode xdpIfCounterSource xdpIfStatus |
		sed 's/.* = //' | paste -sd ' ')" \
	"true none native generic generic none none count count none none waiting active active failed waiting"
is "xdpStatsAction is one" "$(walk_names xdpStatsPackets | sed -n "s/.*\.$(ifindex ya)\.\(.*\) =.*/\1/p" |
	paste -sd ' ')" "aborted drop pass tx redirect"
is "xdpCpuNumber is a number behind it" \
	"$(walk_names xdpCpuBytes | sed -n "s/.*\.$(ifindex ya)\.\(.*\)\.1 =.*/\1/p" | paste -sd ' ')" \
	"aborted drop pass tx redirect"
is "xdpIfProgramTag has 16 octets or none" \
	"$(walk_names xdpIfProgramTag | sed 's/.* = //' | tr '0-9a-f' x | paste -sd ,)" \
	",xxxxxxxxxxxxxxxx,xxxxxxxxxxxxxxxx,xxxxxxxxxxxxxxxx,"
is "no text is longer than xdpIfStatusText may be" \
	"$(walk_names xdpIfStatusText xdpIfProgramName xdpAgentVersion |
		sed 's/.* = //' | awk 'length > 255 { long++ } END { print NR, long + 0 }')" "11 0"

is "native: mode, id, name and tag are the kernel's" "$(agent_row ya)" "$(kernel_row ya)"
is "generic" "$(agent_row yb)" "$(kernel_row yb)"
is "somebody else's" "$(agent_row yc)" "$(kernel_row yc)"
is "none at all" "$(agent_row yd)" "1 0  "
like "these are the programs" "$(agent_row ya),$(agent_row yb),$(agent_row yc)" \
	'^2 [0-9]+ xdp_stats_count [0-9a-f]{16},3 [0-9]+ xdp_stats_count [0-9a-f]{16},3 [0-9]+ somebody [0-9a-f]{16}$'
is "xdpIfProgramChanges: what was found is no change" "$(get $ROOT.1.2.1.8."$(ifindex ya)" \
	$ROOT.1.2.1.8."$(ifindex yc)" | paste -sd ' ')" "1 0"

is "scalars: rows, missing, failed, notifications suppressed" \
	"$(get $ROOT.1.1.{3,4,5,8}.0 | paste -sd ' ')" "5 1 1 0"
is "xdpPossibleCpus" "$(get $ROOT.1.1.2.0)" \
	$(($(sed 's/.*-//' /sys/devices/system/cpu/possible) + 1))
now=$(get .1.3.6.1.2.1.1.3.0)
is "the times of a counted interface lie between the start of snmpd and now" \
	"$(get $ROOT.1.2.1.{9,10}."$(ifindex ya)" $ROOT.1.1.6.0 |
		awk -v now="$now" '{ print ($1 > 0 && $1 <= now) }' | paste -sd ' ')" "1 1 1"
is "one that was never counted has no discontinuity" "$(get $ROOT.1.2.1.10."$(ifindex yc)")" 0

stop_agent
is "SIGTERM ends it with 0" "$agent_code" 0

done_testing
