/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/map_meaning.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "kernel/bpf_info.h"
#include "kernel/broker.h"
#include "kernel/libbpf.h"

/* What authors call the two: rx_packets, packets, pkts; rx_bytes, bytes, octets. */
static const char *const packets[] = { "packet", "pkt", "frame", NULL };
static const char *const octets[] = { "byte", "octet", NULL };

static bool has_one_of(const char *name, const char *const *words)
{
	for (; *words; words++)
		if (strcasestr(name, *words))
			return true;
	return false;
}

static const struct btf_type *resolve(const struct btf *btf, __u32 type_id)
{
	int resolved = btf__resolve_type(btf, type_id);

	return resolved < 0 ? NULL : btf__type_by_id(btf, (__u32)resolved);
}

static bool is_number_of_64_bits(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *type = resolve(btf, type_id);

	return type && btf_is_int(type) && type->size == sizeof(__u64);
}

static bool is_named(const struct btf *btf, const struct btf_member *member,
		     const char *const *words)
{
	return is_number_of_64_bits(btf, member->type) &&
	       has_one_of(btf__name_by_offset(btf, member->name_off), words);
}

/* xdp-tools has two names for each, in unions without a name. */
static bool is_counter(const struct btf *btf, const struct btf_type *value, unsigned int index,
		       const char *const *words)
{
	const struct btf_member *member = btf_members(value) + index;
	const struct btf_type *type = resolve(btf, member->type);

	if (btf_member_bit_offset(value, index) != index * 64)
		return false;
	if (!type || !btf_is_union(type))
		return is_named(btf, member, words);
	for (unsigned int i = 0; i < btf_vlen(type); i++)
		if (!is_named(btf, btf_members(type) + i, words))
			return false;
	return btf_vlen(type) > 0;
}

/* The members' names, separated by commas; a union's by bars. */
static void describe(const struct btf *btf, const struct btf_type *value, struct reason *members)
{
	const char *separator = btf_is_union(value) ? "|" : ", ";

	for (unsigned int i = 0; i < btf_vlen(value); i++) {
		const struct btf_member *member = btf_members(value) + i;
		const struct btf_type *type = resolve(btf, member->type);

		reason_add(members, "%s%s", i ? separator : "",
			   btf__name_by_offset(btf, member->name_off));
		if (!member->name_off && type && btf_is_union(type))
			describe(btf, type, members);
	}
}

static int check(const struct btf *btf, const struct bpf_map_info *info, bool *on_trust,
		 struct reason *reason)
{
	const struct btf_type *value = resolve(btf, info->btf_value_type_id);
	struct reason members = { "" };

	/* An array of numbers has no names. */
	*on_trust = !value || !btf_is_struct(value);
	if (*on_trust || (btf_vlen(value) == 2 && is_counter(btf, value, 0, packets) &&
			  is_counter(btf, value, 1, octets)))
		return 0;
	describe(btf, value, &members);
	return reason_set(
		reason, -EINVAL,
		"map '%s' (id %u) has values of {%s}; expected packets and bytes, in this "
		"order, of 64 bits each",
		info->name, info->id, members.text);
}

int map_meaning_check(int map_fd, bool *on_trust, struct reason *reason)
{
	_cleanup_btf_ struct btf *btf = NULL;
	struct bpf_map_info info;

	*on_trust = true;
	if (bpf_info_of_map(map_fd, &info) || !info.btf_id)
		return 0;
	btf = broker_btf(info.btf_id);
	return btf ? check(btf, &info, on_trust, reason) : 0;
}
