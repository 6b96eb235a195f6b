/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/program_name.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/broker.h"
#include "kernel/freplace.h"
#include "kernel/libbpf.h"
#include "lib/util.h"

#define ELLIPSIS "..."

/* A program that runs instead of a function of another. */
struct component {
	const char *function; /* belongs to the BTF of the other */
	bool is_entry;
	uint32_t prog_id;
};

static const char *function_name(const struct btf *btf, uint32_t function)
{
	const struct btf_type *type = btf ? btf__type_by_id(btf, function) : NULL;

	return type && btf_is_func(type) ? btf__name_by_offset(btf, type->name_off) : NULL;
}

/* The BTF of a program, which the caller frees; NULL if it has none or the kernel keeps it back. */
static struct btf *open_btf(const struct bpf_prog_info *info)
{
	return info->btf_id ? broker_btf(info->btf_id) : NULL;
}

/* The kernel's own record of a name ends after 15 characters. */
static void name_program(char name[static PROGRAM_NAME_MAX], const struct bpf_prog_info *info,
			 const struct btf *btf, uint32_t entry)
{
	const char *full = function_name(btf, entry);

	snprintf(name, PROGRAM_NAME_MAX, "%s", full ? full : info->name);
}

/* False: it is gone. */
static bool name_component(char name[static PROGRAM_NAME_MAX], uint32_t prog_id)
{
	_cleanup_close_ int fd = broker_program(prog_id);
	_cleanup_btf_ struct btf *btf = NULL;
	struct bpf_prog_info info;
	uint32_t entry;

	if (fd < 0 || bpf_info_with_entry(fd, &info, &entry))
		return false;
	btf = open_btf(&info);
	name_program(name, &info, btf, entry);
	return true;
}

/* The entry function first, since no other runs if it is replaced; then prog2 before prog10. */
static int compare(const void *a, const void *b)
{
	const struct component *left = a, *right = b;

	if (left->is_entry != right->is_entry)
		return left->is_entry ? -1 : 1;
	return strverscmp(left->function, right->function);
}

static unsigned int find_components(struct freplace_cache *cache, uint32_t prog_id,
				    const struct btf *btf, uint32_t entry,
				    struct component components[FREPLACE_MAX])
{
	struct freplace found[FREPLACE_MAX];
	unsigned int count = freplace_find(cache, prog_id, found);

	for (unsigned int i = 0; i < count; i++) {
		const char *function = function_name(btf, found[i].function);

		components[i] = (struct component){
			.function = function ? function : "",
			.is_entry = found[i].function == entry,
			.prog_id = found[i].prog_id,
		};
	}
	if (count)
		qsort(components, count, sizeof(*components), compare);
	return count;
}

void program_name_join(char joined[static PROGRAM_NAME_MAX], const char *program,
		       const char *const *components, unsigned int count)
{
	snprintf(joined, PROGRAM_NAME_MAX, "%s", program);
	for (unsigned int i = 0; i < count; i++) {
		const char *separator = i ? ", " : ": ";
		size_t used = strlen(joined),
		       end = used + strlen(separator) + strlen(components[i]);

		if (i + 1 < count)
			end += strlen(", " ELLIPSIS);
		snprintf(joined + used, PROGRAM_NAME_MAX - used, "%s%s", separator,
			 end < PROGRAM_NAME_MAX ? components[i] : ELLIPSIS);
		if (end >= PROGRAM_NAME_MAX)
			return;
	}
}

static void add_components(struct freplace_cache *cache, char name[static PROGRAM_NAME_MAX],
			   uint32_t prog_id, const struct btf *btf, uint32_t entry)
{
	struct component components[FREPLACE_MAX];
	unsigned int found = find_components(cache, prog_id, btf, entry, components);
	unsigned int count = 0;
	char names[FREPLACE_MAX][PROGRAM_NAME_MAX], program[PROGRAM_NAME_MAX];
	const char *list[FREPLACE_MAX];

	for (unsigned int i = 0; i < found; i++) {
		list[count] = names[count];
		count += name_component(names[count], components[i].prog_id);
	}
	memcpy(program, name, sizeof(program));
	program_name_join(name, program, list, count);
}

struct program_info program_describe_fd(struct freplace_cache *cache, int prog_fd)
{
	struct program_info described = { 0 };
	_cleanup_btf_ struct btf *btf = NULL;
	struct bpf_prog_info info;
	uint32_t entry;

	if (bpf_info_with_entry(prog_fd, &info, &entry))
		return described;
	for (unsigned int i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(described.tag + 2 * i, 3, "%02x", info.tag[i]);
	btf = open_btf(&info);
	name_program(described.name, &info, btf, entry);
	/* Only functions that BTF names can be replaced. */
	if (btf)
		add_components(cache, described.name, info.id, btf, entry);
	return described;
}

struct program_info program_describe(struct freplace_cache *cache, uint32_t prog_id)
{
	_cleanup_close_ int fd = prog_id ? broker_program(prog_id) : -1;
	struct program_info none = { 0 };

	return fd < 0 ? none : program_describe_fd(cache, fd);
}
