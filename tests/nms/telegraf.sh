#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# packaging/nms/telegraf: its syntax, its names, and the rows that come of it.
. "${srcdir:-.}/tests/nms/lib.sh" || exit 1

CONFIGURATION=$NMS/telegraf/xdp.conf
$PYTHON -c 'import tomllib' 2>/dev/null || skip_all "Python has no tomllib"
mib_dir $RUN/mibs
is "each name is that of its OID" \
	"$(sed -n 's/^ *oid = "\(.*\)"/\1/p' "$CONFIGURATION" | grep -F $ROOT |
		xargs snmptranslate -M $RUN/mibs -m XDP-STATS-MIB -Os | sed 's/\.0$//; /^$/d')" \
	"$(sed -n 's/^ *name = "\(xdp[A-Z].*\)"/\1/p' "$CONFIGURATION")"

counted_by_itself eth1 eth2
start_snmpd
start_agent -c $RUN/agent.conf
wait_for 5 reading eth1
wait_for 5 reading eth2
send eth1 $DROP 10 100
send eth2 $ABORTED 3 100
state="xdpIfAttachMode=2 xdpIfStatus=1 xdpIfProgramName=own_map"
others="xdpIfPassPackets=0 xdpIfPassBytes=0 xdpIfTxPackets=0 xdpIfTxBytes=0 xdpIfRedirectPackets=0 xdpIfRedirectBytes=0"
rows=$($PYTHON "$srcdir/tests/nms/telegraf_rows.py" "$CONFIGURATION" "$SNMP_ADDRESS" 2>&1)
is "a row for each interface" "${rows//xdpErrExceptions=3/xdpErrExceptions=0}" "xdp_agent xdpIfMissing=0
xdp_agent xdpIfFailed=0
xdp,index=2,ifName=eth1 $state xdpIfAbortedPackets=0 xdpIfAbortedBytes=0 xdpIfDropPackets=10 xdpIfDropBytes=1000 $others xdpErrExceptions=0 xdpErrRedirects=0 xdpErrTransmitDrops=0
xdp,index=3,ifName=eth2 $state xdpIfAbortedPackets=3 xdpIfAbortedBytes=300 xdpIfDropPackets=0 xdpIfDropBytes=0 $others xdpErrExceptions=0 xdpErrRedirects=0 xdpErrTransmitDrops=0"
done_testing
