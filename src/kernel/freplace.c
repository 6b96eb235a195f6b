/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/freplace.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "lib/util.h"

/* How many links one call looks at; the next one goes on there. */
#define WALK_MAX 100000

/*
 * A system may have thousands of links, and each asks for some microseconds. What a link of this
 * kind replaces never changes, and ids count up to 2^31 before one is used again: so each link is
 * looked at once.
 */
static struct {
	struct replacement *entries;
	unsigned int count, size;
	uint32_t seen; /* no link up to this id has to be looked at again */
} known;

/* 0, -ENOENT if the link is gone or of another kind, or another -errno if that is not known. */
static int ask(uint32_t link_id, struct replacement *replacement)
{
	_cleanup_close_ int link_fd = bpf_link_get_fd_by_id(link_id);
	_cleanup_close_ int prog_fd = -1;
	struct bpf_link_info link = { 0 };
	struct bpf_prog_info program;
	__u32 size = sizeof(link);
	uint32_t entry;
	int err = link_fd < 0 ? link_fd : bpf_obj_get_info_by_fd(link_fd, &link, &size);

	if (err)
		return err;
	if (link.type != BPF_LINK_TYPE_TRACING)
		return -ENOENT;
	/* The links of those who only look on are of the same type. */
	prog_fd = bpf_prog_get_fd_by_id(link.prog_id);
	err = prog_fd < 0 ? prog_fd : source_prog_info(prog_fd, &program, &entry);
	if (err)
		return err;
	if (program.type != BPF_PROG_TYPE_EXT)
		return -ENOENT;
	*replacement = (struct replacement){
		.link_id = link_id,
		.prog_id = link.prog_id,
		.target_id = link.tracing.target_obj_id,
		.function = link.tracing.target_btf_id,
	};
	return 0;
}

static void forget_what_is_gone(void)
{
	struct replacement still;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < known.count; i++)
		if (ask(known.entries[i].link_id, &still) != -ENOENT)
			known.entries[kept++] = known.entries[i];
	known.count = kept;
}

static bool is_known(uint32_t link_id)
{
	for (unsigned int i = 0; i < known.count; i++)
		if (known.entries[i].link_id == link_id)
			return true;
	return false;
}

static int remember(const struct replacement *replacement)
{
	if (is_known(replacement->link_id))
		return 0;
	if (known.count == known.size)
		forget_what_is_gone();
	if (known.count == known.size) {
		unsigned int size = known.size ? 2 * known.size : 16;
		void *grown = realloc(known.entries, size * sizeof(*known.entries));

		if (!grown)
			return -ENOMEM;
		known.entries = grown;
		known.size = size;
	}
	known.entries[known.count++] = *replacement;
	return 0;
}

static void look_at_new_links(void)
{
	uint32_t id = known.seen;
	bool all_told = true;

	for (unsigned int i = 0; i < WALK_MAX && !bpf_link_get_next_id(id, &id); i++) {
		struct replacement replacement;
		int err = ask(id, &replacement);

		if (!err)
			err = remember(&replacement);
		/* A link that is just being made has an id, and says EAGAIN: next time. */
		all_told &= !err || err == -ENOENT;
		if (all_told)
			known.seen = id;
	}
}

unsigned int replacements_find(uint32_t target_id,
			       struct replacement found[static REPLACEMENTS_MAX])
{
	unsigned int count = 0;

	look_at_new_links();
	for (unsigned int i = 0; i < known.count && count < REPLACEMENTS_MAX; i++)
		if (known.entries[i].target_id == target_id &&
		    !ask(known.entries[i].link_id, &found[count]) &&
		    found[count].target_id == target_id)
			count++;
	return count;
}
