/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/pins.h"
#include "lib/text.h"
#include "source/pinned.h"

static void unload(struct stats *stats, unsigned int ifindex, const char *name)
{
	static const char *const writers[] = {
		[SOURCE_NONE] = "",
		[SOURCE_COUNT] = "program and ",
		[SOURCE_OBSERVE] = "observer and ",
	};
	_cleanup_pinned_ struct pinned pinned = pinned_open(&stats->common, stats->pins, ifindex);
	enum source_kind kind;
	struct reason why;
	if (pinned_unload(&pinned, &kind, &why))
		stats_fail(stats, name, why.text);
	else
		text_printf("%s: %scounters taken away\n", name, writers[kind]);
}

static void release(struct stats *stats, unsigned int ifindex, const char *name)
{
	static const char *const ended[] = {
		[SOURCE_NONE] = "",
		[SOURCE_COUNT] = ", program taken off",
		[SOURCE_OBSERVE] = ", no longer observed",
	};
	_cleanup_pinned_ struct pinned pinned = pinned_open(&stats->common, stats->pins, ifindex);
	enum source_kind kind;
	struct reason why;
	if (pinned_release(&pinned, &kind, &why))
		stats_fail(stats, name, why.text);
	else if (kind != SOURCE_COUNT && pins_holder(stats->pins))
		text_printf("%s: released; the agent lets go within xdpReconcile seconds\n", name);
	else
		text_printf("%s: released%s\n", name, ended[kind]);
}

static void retake(struct stats *stats, unsigned int ifindex, const char *name)
{
	struct reason why;
	int err = pins_retake(stats->pins, ifindex, &why);

	if (err)
		stats_fail(stats, name, err == -ENOENT ? "it is not released" : why.text);
	else
		text_printf("%s: the agent will count it again\n", name);
}

/* In any namespace, so that the path says more than a name. */
static void unload_pinned(unsigned int ifindex, void *context)
{
	struct stats *stats = context;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", pins_path(stats->pins, ifindex, PIN_MAP));
	*strrchr(path, '/') = '\0';
	unload(stats, ifindex, path);
}

static void note_interface(unsigned int ifindex, void *context)
{
	bool *found = context;

	(void)ifindex;
	*found = true;
}

/* What interfaces have in common goes with the last of them. */
static void unload_common(const struct pins *pins)
{
	bool found = false;

	if (!pins_each(pins, note_interface, &found) && !found)
		pins_remove_namespace(pins);
}

/* Pins that an agent uses it would pin again at once. 0 or -errno, and has said why. */
static int lock(struct stats *stats)
{
	struct reason why;
	int err = pins_lock(stats->pins, &why);

	if (err == -EBUSY) {
		reason_add(&why, "; stop it first, or release the interface");
		stats_fail(stats, "xdp-agentx is running", why.text);
	} else if (err) {
		stats_fail(stats, stats->directory, why.text);
	}
	return err;
}

static void unload_namespace(struct pins *pins, void *context)
{
	struct stats *stats = context;

	stats->pins = pins;
	if (!lock(stats)) {
		pins_each(pins, unload_pinned, stats);
		pins_remove_namespace(pins);
	}
	stats->pins = NULL;
}

static const struct command {
	const char *name;
	void (*run)(struct stats *stats, unsigned int ifindex, const char *name);
	bool takes_all;  /* has the option --all */
	bool takes_away; /* what an agent would pin again at once, and what interfaces share */
} commands[] = {
	{ "unload", unload, true, true },
	{ "release", release, false, false },
	{ "retake", retake, false, false },
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (name && !strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Does it to each of these interfaces; what is none fails. */
static void run_each(struct stats *stats, const struct command *command,
		     const struct netdev_list *netdevs, char **names)
{
	for (; *names; names++) {
		const struct netdev *netdev = netdev_list_find(netdevs, *names);

		if (netdev)
			command->run(stats, netdev->ifindex, *names);
		else
			stats_fail(stats, *names, "there is no such interface");
	}
}

static int run_named(struct stats *stats, const struct command *command, char **names)
{
	struct netdev_list netdevs = { 0 };

	if (stats_open_pins(stats) || (command->takes_away && lock(stats)))
		return EXIT_FAILURE;
	if (stats_list_netdevs(&netdevs))
		stats->failures++;
	else
		run_each(stats, command, &netdevs, names);
	netdev_list_free(&netdevs);
	if (command->takes_away)
		unload_common(stats->pins);
	return stats->failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int unload_all(struct stats *stats)
{
	struct reason why;
	int err = pins_each_namespace(stats->directory, unload_namespace, stats, &why);

	if (err == -ENOENT)
		return EXIT_SUCCESS; /* there is nothing to take away */
	if (err)
		stats_fail(stats, stats->directory, why.text);
	return stats->failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

int command_run(struct stats *stats, const struct command *command, char **names, bool all)
{
	bool named = *names;

	if (all && !command->takes_all)
		return stats_usage_error("option --all: only unload has it");
	if (all && named)
		return stats_usage_error("option --all: not together with names");
	if (!all && !named)
		return stats_usage_error("the command needs the name of an interface");
	return all ? unload_all(stats) : run_named(stats, command, names);
}
