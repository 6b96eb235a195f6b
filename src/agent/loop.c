/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/loop.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/privileges.h"
#include "agent/supervisor.h"
#include "kernel/pins.h"
#include "kernel/rtnl.h"
#include "kernel/watch.h"
#include "lib/log.h"
#include "lib/util.h"
#include "snmp/agentx.h"
#include "snmp/notify.h"
#include "snmp/registration.h"
#include "snmp/snapshot.h"

/* After a dump that failed; while interfaces come and go, many do. */
#define DUMP_RETRY_MS 200

/* Of what takes long, so much is done in each turn. */
#define SLICE_MS 5

/* Somebody may have removed the directory of the pins, and the lock with it. */
static void keep_lock(struct agent *agent)
{
	struct reason reason;
	bool locked_out = agent->pins && pins_lock(agent->pins, &reason) == -EBUSY;

	if (locked_out && !agent->locked_out)
		log_error(
			0,
			"another %s has begun to serve this network namespace: %s; stop one of the "
			"two",
			PACKAGE_NAME, reason.text);
	agent->locked_out = locked_out;
}

void loop_dump(struct agent *agent)
{
	int64_t wait = agent->config.reconcile * INT64_C(1000);

	keep_lock(agent);
	registry_dump_begin(agent->registry);
	agent->dump_is_whole = !rtnl_dump(agent->rtnl);
	if (!agent->dump_is_whole)
		wait = DUMP_RETRY_MS;
	agent->next_dump = monotonic_ms() + wait;
}

void loop_use_cpu_table(struct agent *agent)
{
	agent->mib.cpu_table = agent->config.cpu_table;
	snapshots_store_cpus(agent->snapshots, agent->config.cpu_table);
}

static void reload(struct agent *agent)
{
	struct config config, old = agent->config;
	int err;

	agent->reload = false;
	supervisor_reloading();
	err = config_read(&config);
	agentx_keep_settings();
	if (err) {
		log_warning(0, "the settings stay as they were");
		supervisor_ready();
		return;
	}
	agent->config = config;
	agent->old = old;
	agent->reloading = true;
	privileges_report(&config.rules);
	notify_set(config.notifications, config.root, config.root_len);
	registry_set_rules(agent->registry, &agent->config.rules);
	loop_use_cpu_table(agent);
	if (snmp_oid_compare(old.root, old.root_len, config.root, config.root_len))
		registration_serve(&agent->mib, config.root, config.root_len);
	if (strcmp(old.pin_dir, config.pin_dir))
		log_warning(0, "xdpPinDir %s will be used from the next start on", config.pin_dir);
	agent->next_dump = 0;
}

/* No interface has a rule of the old configuration any more. */
static void end_reload(struct agent *agent)
{
	agent->reloading = false;
	config_free(&agent->old);
	log_info("the configuration was read again");
	supervisor_ready();
}

static void handle_signals(struct agent *agent)
{
	struct signalfd_siginfo signal;

	while (read(agent->signal_fd, &signal, sizeof(signal)) == sizeof(signal)) {
		if (signal.ssi_signo == SIGHUP)
			agent->reload = true;
		else
			agent->stop = true;
	}
}

/* Brings the start to its end, and attaches to what is new. True: there is more to be done. */
static bool work_on_interfaces(struct agent *agent, int64_t until)
{
	if (agent->phase == ADOPTING) {
		if (registry_adopt(agent->registry, until))
			return true;
		agent->phase = SWEEPING;
	}
	if (agent->phase == SWEEPING && registry_knows_all(agent->registry)) {
		if (registry_sweep(agent->registry, until))
			return true;
		agent->phase = ATTACHING;
	}
	return registry_step(agent->registry, until);
}

bool loop_work(struct agent *agent)
{
	int64_t until = monotonic_ms() + SLICE_MS;
	bool news = rtnl_step(agent->rtnl, until);

	if (rtnl_is_telling(agent->rtnl))
		return true;
	if (agent->dump_is_whole)
		registry_dump_end(agent->registry);
	agent->dump_is_whole = false;
	if (registry_decide(agent->registry, until))
		return true;
	if (agent->reloading)
		end_reload(agent);
	if (rtnl_is_storming(agent->rtnl))
		return news;
	return work_on_interfaces(agent, until) || common_close_links(&agent->common, until) ||
	       news;
}

static void add_fd(int fd, netsnmp_large_fd_set *fds, int *numfds)
{
	netsnmp_large_fd_setfd(fd, fds);
	*numfds = SNMP_MAX(*numfds, fd + 1);
}

/* In how many ms. */
static int64_t time_to_dump(const struct agent *agent)
{
	return rtnl_is_storming(agent->rtnl) ? rtnl_wait(agent->rtnl)
					     : agent->next_dump - monotonic_ms();
}

/* The same of a notification: to send it, snmpd asks for its own address, which waits for the
 * kernel. */
static int64_t time_to_notify(const struct agent *agent)
{
	return rtnl_is_storming(agent->rtnl) ? rtnl_wait(agent->rtnl) : notify_step();
}

void loop_turn(struct agent *agent)
{
	bool busy = loop_work(agent);
	int64_t next_notification = time_to_notify(agent);
	int64_t next_sign = supervisor_step();
	int64_t wait = busy || agent->reload ? 0 : time_to_dump(agent);
	int numfds = 0, block = 0, ready;
	int news_fd = error_counters_news_fd(&agent->common.errors);
	netsnmp_large_fd_set fds;
	struct timeval timeout;

	if (wait > next_notification)
		wait = next_notification;
	if (wait > next_sign)
		wait = next_sign;
	if (wait > rtnl_wait(agent->rtnl))
		wait = rtnl_wait(agent->rtnl);
	if (wait < 0)
		wait = 0;
	timeout = (struct timeval){ .tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000 };
	netsnmp_large_fd_set_init(&fds, FD_SETSIZE);
	snmp_select_info2(&numfds, &fds, &timeout, &block);
	add_fd(agent->signal_fd, &fds, &numfds);
	add_fd(rtnl_fd(agent->rtnl), &fds, &numfds);
	if (agent->watch)
		add_fd(watch_fd(agent->watch), &fds, &numfds);
	if (news_fd >= 0)
		add_fd(news_fd, &fds, &numfds);
	if (broker_fd() >= 0)
		add_fd(broker_fd(), &fds, &numfds);

	ready = netsnmp_large_fd_set_select(numfds, &fds, NULL, NULL, &timeout);
	if (ready > 0) {
		if (netsnmp_large_fd_is_set(agent->signal_fd, &fds))
			handle_signals(agent);
		if (netsnmp_large_fd_is_set(rtnl_fd(agent->rtnl), &fds))
			rtnl_read(agent->rtnl, monotonic_ms() + SLICE_MS);
		if (agent->watch)
			watch_read(agent->watch);
		if (broker_fd() >= 0)
			broker_check();
		if (error_counters_take_news(&agent->common.errors))
			registry_find_errors(agent->registry);
		snmp_read2(&fds);
	} else {
		snmp_timeout();
	}
	agentx_run_alarms();
	netsnmp_large_fd_set_cleanup(&fds);
	if (agent->reload && !agent->reloading)
		reload(agent);
	if (time_to_dump(agent) <= 0 && !rtnl_is_telling(agent->rtnl))
		loop_dump(agent);
}
