#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Zabbix 6.0, which is that of Debian 12.
. "${srcdir:-.}/tests/nms/lib.sh" || exit 1
ZABBIX_VERSION=6.0 ZABBIX_ROOT=/ ZABBIX_GROUPS=groups
. "$srcdir/tests/nms/zabbix.sh"
