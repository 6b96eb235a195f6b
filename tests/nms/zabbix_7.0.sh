#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Zabbix 7.0, in a tree of Debian 13.
. "${srcdir:-.}/tests/nms/lib.sh" || exit 1
ZABBIX_VERSION=7.0 ZABBIX_GROUPS=template_groups
ZABBIX_ROOT=$(trixie_root 2>&1) || skip_all "$ZABBIX_ROOT"
. "$srcdir/tests/nms/zabbix.sh"
