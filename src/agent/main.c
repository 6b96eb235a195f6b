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
#include <net-snmp/library/large_fd_set.h>

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>

#include "agent/config.h"
#include "agent/options.h"
#include "agent/plan.h"
#include "agent/privileges.h"
#include "agent/supervisor.h"
#include "iface/registry.h"
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

/* After a dump that failed; while interfaces come and go, many do. */
#define DUMP_RETRY_MS 200

/*
 * Of what takes long, so much is done in each turn, and so much before managers are served at all:
 * up to some hundred interfaces have their rows and counters by then.
 */
#define SLICE_MS 5
#define START_MS 300

/* How far the start has come; and what follows it. */
enum phase { ADOPTING, SWEEPING, ATTACHING };

struct agent {
	struct config config;
	struct pins *pins; /* NULL: nothing is pinned */
	struct common common;
	struct rtnl *rtnl;
	struct watch *watch; /* NULL: the kernel lets us not, and dumps have to do */
	struct registry *registry;
	struct snapshots *snapshots;
	struct mib mib;
	int signal_fd;
	int64_t next_dump;  /* CLOCK_MONOTONIC, ms */
	bool dump_is_whole; /* the one that is being told of */
	enum phase phase;
	struct config old; /* while reloading: its rules are still in use */
	bool reload, reloading;
	bool locked_out; /* another agent has got the pins while this one runs */
	bool stop;
};

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

static void dump(struct agent *agent)
{
	int64_t wait = agent->config.reconcile * INT64_C(1000);

	keep_lock(agent);
	registry_dump_begin(agent->registry);
	agent->dump_is_whole = !rtnl_dump(agent->rtnl);
	if (!agent->dump_is_whole)
		wait = DUMP_RETRY_MS;
	agent->next_dump = monotonic_ms() + wait;
}

static void use_cpu_table(struct agent *agent)
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
	use_cpu_table(agent);
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

/*
 * Does some of what takes long: news first, then what follows from them. An interface is attached
 * to by the present rules, so after all have been decided. True: there is more to be done.
 */
static bool work(struct agent *agent)
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
	use_cpu_table(agent);
	registry_set_rules(agent->registry, &agent->config.rules);
	registration_serve(&agent->mib, agent->config.root, agent->config.root_len);
	dump(agent);
	end = monotonic_ms() + START_MS;
	while (work(agent) && agent->phase != ATTACHING && monotonic_ms() < end)
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

/* One turn: waits for what comes next, and handles all that is there. */
static void turn(struct agent *agent)
{
	bool busy = work(agent);
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

	ready = netsnmp_large_fd_set_select(numfds, &fds, NULL, NULL, &timeout);
	if (ready > 0) {
		if (netsnmp_large_fd_is_set(agent->signal_fd, &fds))
			handle_signals(agent);
		if (netsnmp_large_fd_is_set(rtnl_fd(agent->rtnl), &fds))
			rtnl_read(agent->rtnl);
		if (agent->watch)
			watch_read(agent->watch);
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
		dump(agent);
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
	if (privileges_drop() || agentx_init(options.address, master_connected, &agent))
		return EXIT_FAILURE;
	config_init();
	if (options.list_directives) {
		read_config_print_usage("  ");
		return EXIT_SUCCESS;
	}
	if (config_read(&agent.config))
		return EXIT_USAGE;
	if (options.test) {
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
			turn(&agent);
		log_info("%s stopped", PACKAGE_NAME);
		supervisor_stopping();
		code = EXIT_SUCCESS;
	}
	close_agent(&agent);
	return code;
}
