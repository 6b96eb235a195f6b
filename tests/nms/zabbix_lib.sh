# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2086,SC2154 # RUN and others are of lib.sh, and have no blanks
#
# A Zabbix of the test's own, after tests/nms/lib.sh: database, server and frontend on the loopback of
# the test's namespace, with everything that they write in $RUN. ZABBIX_ROOT is the tree in which they
# are installed.

ZABBIX_STATE=$RUN/zabbix
ZABBIX_DATABASE=15432
ZABBIX_SERVER=15051
ZABBIX_WEB=127.0.0.1:18080

# in_zabbix USER COMMAND...: there, as this user, with its own System V memory.
in_zabbix() {
	exec unshare --ipc chroot --userspec="$1" "$ZABBIX_ROOT" "${@:2}"
}

start_zabbix() {
	mkdir -m 1777 $ZABBIX_STATE
	[ "$ZABBIX_ROOT" = / ] || {
		mount --rbind $RUN "$ZABBIX_ROOT$RUN"
		mount -t proc proc "$ZABBIX_ROOT/proc"
	}
	mount -t tmpfs tmpfs "$ZABBIX_ROOT/dev/shm"
	mount -t tmpfs tmpfs "$ZABBIX_ROOT/etc/zabbix"
	start_database && start_server && start_frontend
}

start_database() {
	local bin

	bin=$(chroot "$ZABBIX_ROOT" sh -c 'echo /usr/lib/postgresql/*/bin')
	(in_zabbix postgres "$bin/initdb" -D $ZABBIX_STATE/db -A trust -U zabbix -E UTF8 \
		--locale=C.UTF-8 >$ZABBIX_STATE/initdb.log) || return
	(in_zabbix postgres "$bin/postgres" -D $ZABBIX_STATE/db -c listen_addresses=127.0.0.1 \
		-c port=$ZABBIX_DATABASE -c unix_socket_directories= -c fsync=off \
		-c full_page_writes=off -c synchronous_commit=off >$ZABBIX_STATE/db.log 2>&1) &
	database_pid=$!
	wait_for 20 sql postgres -c "create database zabbix" || return
	zcat "$ZABBIX_ROOT"/usr/share/zabbix-server-pgsql/{schema,images,data}.sql.gz |
		sql zabbix -q >$ZABBIX_STATE/schema.log
}

# sql DATABASE ARGUMENT...
sql() {
	(in_zabbix postgres psql -h 127.0.0.1 -p $ZABBIX_DATABASE -U zabbix -v ON_ERROR_STOP=1 -d "$@")
}

start_server() {
	cat >"$ZABBIX_ROOT/etc/zabbix/server.conf" <<-END
		ListenIP=127.0.0.1
		ListenPort=$ZABBIX_SERVER
		DBHost=127.0.0.1
		DBPort=$ZABBIX_DATABASE
		DBName=zabbix
		DBUser=zabbix
		LogFile=$ZABBIX_STATE/server.log
		PidFile=$ZABBIX_STATE/server.pid
		SocketDir=$ZABBIX_STATE
		CacheUpdateFrequency=1
		StartPollers=2
		StartTrappers=2
		StartDBSyncers=1
	END
	(in_zabbix zabbix /usr/sbin/zabbix_server -f -c /etc/zabbix/server.conf \
		>$ZABBIX_STATE/server.out 2>&1) &
	server_pid=$!
	wait_for 30 grep -q 'server #0 started' $ZABBIX_STATE/server.log
}

# The frontend draws charts only if it has the locale of the user.
start_frontend() {
	mkdir $ZABBIX_STATE/locale
	chroot "$ZABBIX_ROOT" localedef -i en_US -f UTF-8 $ZABBIX_STATE/locale/en_US.UTF-8
	cat >"$ZABBIX_ROOT/etc/zabbix/zabbix.conf.php" <<-END
		<?php
		\$DB = ['TYPE' => 'POSTGRESQL', 'SERVER' => '127.0.0.1', 'PORT' => '$ZABBIX_DATABASE',
			'DATABASE' => 'zabbix', 'USER' => 'zabbix', 'PASSWORD' => '', 'SCHEMA' => '',
			'ENCRYPTION' => false, 'DOUBLE_IEEE754' => true];
		\$ZBX_SERVER = '127.0.0.1';
		\$ZBX_SERVER_PORT = '$ZABBIX_SERVER';
		\$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
	END
	(in_zabbix www-data env LOCPATH=$ZABBIX_STATE/locale php -S $ZABBIX_WEB -t /usr/share/zabbix \
		-d max_execution_time=300 -d memory_limit=512M -d date.timezone=UTC \
		>$ZABBIX_STATE/php.log 2>&1) &
	frontend_pid=$!
	zabbix_session=
	wait_for 20 api apiinfo.version || return
	zabbix_session=$(api user.login '{"username": "Admin", "password": "zabbix"}' | jq -r .)
}

stop_zabbix() {
	kill $frontend_pid $server_pid
	wait $frontend_pid $server_pid 2>/dev/null
	kill -INT $database_pid # the fast shutdown
	wait $database_pid
}

# api METHOD [PARAMETERS]: prints the result; an error is no result, and fails.
api() {
	local default='{}' answer

	answer=$(jq -cn --arg method "$1" --argjson params "${2-$default}" --arg auth "$zabbix_session" '
		{jsonrpc: "2.0", id: 1, method: $method, params: $params} +
		if $auth == "" then {} else {auth: $auth} end' |
		curl -sS --max-time 120 -H 'Content-Type: application/json-rpc' -d @- \
			http://$ZABBIX_WEB/api_jsonrpc.php) || return
	jq -ce 'if has("result") then .result else halt_error end' <<<"$answer"
}

# configuration METHOD FILE: METHOD is import, or importcompare, which says what import would change.
configuration() {
	api "configuration.$1" "$(jq -Rs --arg groups "$ZABBIX_GROUPS" '{
		format: "yaml", source: ., rules: (
			["discoveryRules", "graphs", "items", "templateDashboards", "triggers", "valueMaps"] |
			map({key: ., value: {createMissing: true, updateExisting: true, deleteMissing: true}}) +
			[{key: "templates", value: {createMissing: true, updateExisting: true}},
			{key: $groups, value: {createMissing: true, updateExisting: true}}] | from_entries)
	}' "$2")"
}

# chart GRAPH FILE: as a user sees it, who logs in by the form.
chart() {
	curl -sS -o /dev/null -c $ZABBIX_STATE/cookies -d 'name=Admin&password=zabbix&enter=Sign+in' \
		http://$ZABBIX_WEB/index.php
	curl -sS -o "$2" -b $ZABBIX_STATE/cookies -G -d "graphid=$1" -d from=now-2m -d to=now \
		-d width=900 -d height=200 -d profileIdx=web.charts.filter http://$ZABBIX_WEB/chart2.php
}

# pixels FILE RED GREEN BLUE: how many there are of about this colour.
# shellcheck disable=SC2016 # PHP expands it
pixels() {
	(in_zabbix www-data php -r '
		$image = imagecreatefrompng($argv[1]);
		$count = 0;
		for ($y = 0; $y < imagesy($image); $y++)
			for ($x = 0; $x < imagesx($image); $x++) {
				$is = imagecolorsforindex($image, imagecolorat($image, $x, $y));
				$count += abs($is["red"] - $argv[2]) < 32 && abs($is["green"] - $argv[3]) < 32 &&
					abs($is["blue"] - $argv[4]) < 32;
			}
		echo $count;' "$@")
}
