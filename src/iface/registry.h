/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that are watched, by ifIndex, and the rows that the MIB walks.
 *
 * This folder decides which interface is to be counted, and how. News comes in here, from
 * rtnetlink, a reading that failed, a new configuration or the clock; it ends in iface_decide()
 * (decide.h), which compares what is with what the rules (rules.h) ask for. What takes long waits
 * for its turn and is done by iface_attach() (attach.h). Afterwards the sets of rows (rows.h) are
 * brought up to date, and managers are told (event.h). The folder never touches the kernel itself:
 * it asks source/ for that, which is why its tests run on fakes. An interface that fails has the
 * reason in its row, and no other notices.
 */
#ifndef XDP_AGENTX_IFACE_REGISTRY_H
#define XDP_AGENTX_IFACE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xdp_errors.h"
#include "iface/change.h"
#include "iface/event.h"
#include "iface/iface.h"
#include "iface/rows.h"
#include "iface/rules.h"
#include "kernel/rtnl.h"

struct registry;

/*
 * pins, which earlier runs have left, may be NULL; both have to outlive the registry. On success
 * *registry is owned by the caller, who gives it to registry_free(). 0 or -ENOMEM.
 */
int registry_new(struct registry **registry, struct common *common, const struct pins *pins);

/*
 * From now on the handler is told of each event of an interface that has a row in xdpIfTable: not
 * of programs that were there already, nor of what ends with the row. It must not call the
 * registry.
 */
void registry_on_event(struct registry *registry, event_handler handler, void *context);

/* From now on nothing is touched: what would be attached is pending, and stays so. */
void registry_only_look(struct registry *registry);

/* persist: what is pinned stays attached and counting; else everything of ours is taken away. */
void registry_free(struct registry *registry, bool persist);

/*
 * Takes other rules into use; they are the caller's and have to outlive the registry, or the
 * registry_decide() that ends the next call's. Follow it with a dump of all links
 * (registry_dump_begin()).
 */
void registry_set_rules(struct registry *registry, const struct rules *rules);

/* News of a link: it is there, in this state; it is gone. */
void registry_present(struct registry *registry, const struct netdev *netdev);
void registry_gone(struct registry *registry, unsigned int ifindex);

/* Around the registry_present() calls for all links there are: what is left out is gone. */
void registry_dump_begin(struct registry *registry);
void registry_dump_end(struct registry *registry);

/* Whether that has been done once. */
bool registry_knows_all(const struct registry *registry);

/*
 * What takes long is done in slices: each of these does one piece or more, until the time is over
 * (CLOCK_MONOTONIC, ms). True: there is more to be done.
 *
 * Drops what a dump has left out, decides after other rules, and, once for all programs that came
 * or went, which maps can be read.
 */
bool registry_decide(struct registry *registry, int64_t until);

/*
 * After the first dump: takes what an earlier run left attached into use; then takes away what it
 * left on interfaces that are gone or not to be counted any more.
 */
bool registry_adopt(struct registry *registry, int64_t until);
bool registry_sweep(struct registry *registry, int64_t until);

/* Attaches to interfaces that wait for it, by turns. */
bool registry_step(struct registry *registry, int64_t until);

/* Errors were counted on interfaces that had none: those without a row get it. */
void registry_find_errors(struct registry *registry);

/*
 * The sets of interfaces that a rule asks for, that have a row in xdpIfTable, and that have
 * counters to read. They belong to the registry; each of the calls above, and a registry_read()
 * that fails, may change them.
 */
const struct rows *registry_rows(const struct registry *registry);

/*
 * Reads the counters of an interface; each as source_read(). On failure, -errno, both are
 * unchanged, and the interface has become failed, with the reason in its text.
 */
int registry_read(struct registry *registry, struct iface *iface, struct counters *counters,
		  struct cpu_counters **each);

/*
 * What went wrong with its frames after the verdict: 0; -ENOENT: nothing counts that; or -errno.
 * How many verdicts were none: 0; -ENOENT: it was never observed; or -errno.
 */
int registry_read_errors(const struct registry *registry, const struct iface *iface,
			 struct xdp_errors *errors);
int registry_read_invalid(const struct iface *iface, uint64_t *count);

/* How many interfaces the rules name that do not exist. */
unsigned int registry_missing(struct registry *registry);

#endif
