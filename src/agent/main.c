/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xdp-agentx: options, open, loop, close.
 *
 * This folder is the process: its command line and configuration, its capabilities, its service
 * manager, and the one loop in which all else happens. main.c owns every part and connects them:
 * calls go down, from snmp to iface to source to kernel, and what comes from below comes by a
 * callback that is set here. There is one thread, and beside it that in which glibc resolves the
 * master's name. Each turn of the loop asks net-snmp's library anew what to wait for, handles what
 * is there, and does a slice of what takes long. A crash between any two system calls leaves a
 * state from which the next start goes on, so there is nothing to save at the end. The folder
 * includes everything; nothing includes it.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>

#include "agent/config.h"
#include "agent/loop.h"
#include "agent/options.h"
#include "agent/plan.h"
#include "agent/privileges.h"
#include "agent/supervisor.h"
#include "iface/registry.h"
#include "kernel/broker.h"
#include "kernel/pins.h"
#include "kernel/rtnl.h"
#include "kernel/watch.h"
#include "lib/log.h"
#include "lib/util.h"
#include "snmp/agentx.h"
#include "snmp/logging.h"
#include "snmp/mib.h"
#include "snmp/notify.h"
#include "snmp/registration.h"
#include "snmp/requests.h"
#include "snmp/snapshot.h"
#include "source/common.h"

#define OLDEST_KERNEL_MAJOR 6
#define OLDEST_KERNEL_MINOR 1

/*
 * So long managers are not served at all, at the start: up to some hundred interfaces have their
 * rows and counters by then.
 */
#define START_MS 300

static int check_kernel(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	if (major > OLDEST_KERNEL_MAJOR ||
	    (major == OLDEST_KERNEL_MAJOR && minor >= OLDEST_KERNEL_MINOR))
		return 0;
	log_error(0, "Linux %s is too old; %s needs %d.%d or newer", name.release, PACKAGE_NAME,
		  OLDEST_KERNEL_MAJOR, OLDEST_KERNEL_MINOR);
	return -ENOSYS;
}

/* Each interface takes several descriptors. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int open_signals(int *signal_fd)
{
	sigset_t signals;

	signal(SIGPIPE, SIG_IGN); /* the master may be gone when we write to it */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	*signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (*signal_fd < 0) {
		int err = -errno;

		log_error(err, "cannot receive signals");
		return err;
	}
	return 0;
}

static void netdev_present(const struct netdev *netdev, void *context)
{
	registry_present(((struct agent *)context)->registry, netdev);
}

static void netdev_gone(unsigned int ifindex, void *context)
{
	registry_gone(((struct agent *)context)->registry, ifindex);
}

static void news_lost(void *context)
{
	((struct agent *)context)->next_dump = 0;
}

static void program_changed(unsigned int ifindex, void *context)
{
	struct agent *agent = context;

	if (ifindex)
		rtnl_ask(agent->rtnl, ifindex);
	else
		news_lost(agent);
}

static void master_connected(void *context)
{
	const struct agent *agent = context;

	snapshots_flush(agent->snapshots);
	if (agent->pins && pins_get_epoch(agent->pins) != agentx_epoch())
		pins_put_epoch(agent->pins, agentx_epoch());
}

static void event_happened(const struct event *event, void *context)
{
	(void)context;
	notify_event(event);
}

/* 0, with or without pins; or -EBUSY: they are another agent's. */
static int open_pins(struct agent *agent)
{
	struct reason reason;
	int err = pins_open(&agent->pins, agent->config.pin_dir, true, &reason);

	if (!err)
		err = pins_lock(agent->pins, &reason);
	if (err == -EBUSY) {
		log_error(0,
			  "another %s serves this network namespace already: %s; stop it, or start "
			  "this one in another namespace",
			  PACKAGE_NAME, reason.text);
		return err;
	}
	if (err) {
		log_warning(0, "%s; counters and programs will not outlive this process",
			    reason.text);
		pins_close(agent->pins);
		agent->pins = NULL;
	}
	return 0;
}

static void open_watch(struct agent *agent)
{
	struct reason reason;

	if (watch_open(&agent->watch, program_changed, agent, &reason))
		log_info("programs attached by bpf_link are noticed within xdpReconcile (%u s) "
			 "only: %s",
			 agent->config.reconcile, reason.text);
}

static int open_agent(struct agent *agent)
{
	const struct rtnl_handlers handlers = {
		.present = netdev_present,
		.gone = netdev_gone,
		.lost = news_lost,
		.context = agent,
	};
	int err = check_kernel();
	int64_t end;

	raise_descriptor_limit();
	if (!err)
		err = open_pins(agent);
	if (!err)
		err = open_signals(&agent->signal_fd);
	if (!err)
		err = rtnl_open(&agent->rtnl, &handlers);
	if (err)
		return err;
	privileges_report(&agent->config.rules);
	open_watch(agent);
	common_open(&agent->common, agent->pins);
	if (registry_new(&agent->registry, &agent->common, agent->pins) ||
	    snapshots_new(&agent->snapshots, agent->registry)) {
		log_error(-ENOMEM, "cannot start");
		return -ENOMEM;
	}
	requests_open(&agent->mib);
	notify_open();
	notify_set(agent->config.notifications, agent->config.root, agent->config.root_len);
	registry_on_event(agent->registry, event_happened, NULL);
	agent->mib.registry = agent->registry;
	agent->mib.snapshots = agent->snapshots;
	loop_use_cpu_table(agent);
	registry_set_rules(agent->registry, &agent->config.rules);
	registration_serve(&agent->mib, agent->config.root, agent->config.root_len);
	loop_dump(agent);
	end = monotonic_ms() + START_MS;
	while (loop_work(agent) && agent->phase != ATTACHING && monotonic_ms() < end)
		;
	if (agent->pins)
		agentx_expect_epoch(pins_get_epoch(agent->pins));
	agentx_connect();
	logging_escape(); /* for logOption of snmp.conf has been read by now */
	return 0;
}

static void close_agent(struct agent *agent)
{
	agentx_close();
	watch_close(agent->watch);
	rtnl_close(agent->rtnl);
	snapshots_free(agent->snapshots);
	registry_free(agent->registry, agent->config.persist);
	if (agent->pins && !agent->config.persist)
		pins_remove_namespace(agent->pins);
	common_close(&agent->common);
	pins_close(agent->pins);
	config_free(&agent->config);
	config_free(&agent->old);
	if (agent->signal_fd >= 0)
		close(agent->signal_fd);
}

int main(int argc, char **argv)
{
	struct agent agent = { .signal_fd = -1, .common.maps_read.fd = -1 };
	struct options options = { 0 };
	struct reason reason;
	int code = options_parse(&options, argc, argv);

	/* libbpf reads all types of the kernel, 6 MB, and frees them: they shall leave, then. */
	mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
	if (code >= 0)
		return code;
	if (broker_open() || privileges_drop() ||
	    agentx_init(options.address, master_connected, &agent))
		return EXIT_FAILURE;
	config_init();
	if (options.list_directives) {
		read_config_print_usage("  ");
		return EXIT_SUCCESS;
	}
	if (config_read(&agent.config))
		return EXIT_USAGE;
	if (options.test) {
		privileges_report(&agent.config.rules);
		pins_open(&agent.pins, agent.config.pin_dir, false, &reason);
		code = plan_print(&agent.config.rules, agent.pins) ? EXIT_FAILURE : EXIT_SUCCESS;
		pins_close(agent.pins);
		config_free(&agent.config);
		return code;
	}
	if (open_agent(&agent)) {
		code = EXIT_FAILURE;
	} else {
		log_info("%s started", PACKAGE_STRING);
		supervisor_ready();
		while (!agent.stop)
			loop_turn(&agent);
		log_info("%s stopped", PACKAGE_NAME);
		supervisor_stopping();
		code = EXIT_SUCCESS;
	}
	close_agent(&agent);
	return code;
}
