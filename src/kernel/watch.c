/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/watch.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/watch_xdp.skel.h"
#include "kernel/libbpf.h"
#include "kernel/netns.h"
#include "lib/log.h"
#include "lib/util.h"

struct watch {
	struct watch_xdp *program;
	struct ring_buffer *events;
	watch_changed changed;
	void *context;
};

static const char *why_not(int err)
{
	if (err == -ESRCH)
		return "this kernel has no function dev_xdp_install to trace";
	return libbpf_why_refused(err, "this kernel refuses tracing programs");
}

static int handle_event(void *context, void *data, size_t size)
{
	const struct watch *watch = context;
	unsigned int ifindex;

	if (size < sizeof(ifindex))
		return 0;
	memcpy(&ifindex, data, sizeof(ifindex));
	log_debug("xdp:links", "interface %u: another program, or none", ifindex);
	watch->changed(ifindex, watch->context);
	return 0;
}

static int start(struct watch *watch)
{
	uint64_t cookie;
	int err = netns_cookie(&cookie);

	if (err)
		return err;
	watch->program = watch_xdp__open();
	if (!watch->program)
		return -errno;
	watch->program->rodata->cookie = cookie;
	err = watch_xdp__load(watch->program);
	if (!err)
		err = watch_xdp__attach(watch->program);
	if (err)
		return err;
	watch->events = ring_buffer__new(bpf_map__fd(watch->program->maps.events), handle_event,
					 watch, NULL);
	return watch->events ? 0 : -errno;
}

int watch_open(struct watch **out, watch_changed changed, void *context, struct reason *reason)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int err = -ENOMEM;

	if (watch) {
		watch->changed = changed;
		watch->context = context;
		libbpf_catch_log();
		err = start(watch);
	}
	if (err) {
		watch_close(watch);
		return reason_set(reason, err, "%s", why_not(err));
	}
	*out = watch;
	return 0;
}

void watch_close(struct watch *watch)
{
	if (!watch)
		return;
	ring_buffer__free(watch->events);
	watch_xdp__destroy(watch->program);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return ring_buffer__epoll_fd(watch->events);
}

void watch_read(struct watch *watch)
{
	ring_buffer__consume(watch->events);
	if (watch->program->bss->lost) {
		watch->program->bss->lost = false;
		watch->changed(0, watch->context);
	}
}
