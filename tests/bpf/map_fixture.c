/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "map_fixture.h"

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util.h"

#define PACKETS_AT 0
#define BYTES_AT 8

const enum bpf_map_type types[2] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_ARRAY };

int map_fd, prog_fd;
static int link_fd;

int map_fixture_setup(void **state)
{
	map_fd = prog_fd = link_fd = -1;
	return pins_fixture_setup(state);
}

void give_back(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int map_fixture_teardown(void **state)
{
	discard_source();
	give_back(&link_fd);
	give_back(&prog_fd);
	give_back(&map_fd);
	unit_run("rm -rf %s/theirs", unit_bpffs);
	return pins_fixture_teardown(state);
}

void map_fixture_again(void)
{
	assert_int_equal(map_fixture_teardown(NULL), 0);
	assert_int_equal(map_fixture_setup(NULL), 0);
}

int make_map(enum bpf_map_type type, const char *name)
{
	int fd = bpf_map_create(type, name, sizeof(__u32), sizeof(struct xdp_stats_rec),
				XDP_STATS_ACTIONS, NULL);

	assert_true(fd >= 0);
	return fd;
}

int load_counting(const int *maps, unsigned int count)
{
	struct bpf_insn insns[64], *at = insns;
	int fd;

	*at++ = (struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0 };
	*at++ = (struct bpf_insn){ BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, XDP_PASS };
	for (unsigned int i = 0; i < count; i++) {
		const struct bpf_insn one_map[] = {
			{ BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0 },
			{ BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4 },
			{ BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, maps[i] },
			{ 0 },
			{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem },
			{ BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 6, 0 },
			{ BPF_LDX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_6,
			  offsetof(struct xdp_md, data_end), 0 },
			{ BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_6,
			  offsetof(struct xdp_md, data), 0 },
			{ BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0 },
			{ BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, BYTES_AT, BPF_ADD },
			{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1 },
			{ BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, PACKETS_AT,
			  BPF_ADD },
		};

		memcpy(at, one_map, sizeof(one_map));
		at += LENGTH(one_map);
	}
	*at++ = (struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS };
	*at++ = (struct bpf_insn){ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 };
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "theirs", "GPL", insns, (size_t)(at - insns), NULL);
	assert_true(fd >= 0);
	return fd;
}

void attach_theirs(void)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);

	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	link_fd = bpf_link_create(prog_fd, (int)left.ifindex, BPF_XDP, &options);
	assert_true(link_fd >= 0);
	left.prog_id = fixture_prog_id(prog_fd);
	left.mode = XDP_MODE_NATIVE;
}

void start_theirs(enum bpf_map_type type)
{
	map_fd = make_map(type, STATS_MAP);
	prog_fd = load_counting(&map_fd, 1);
	attach_theirs();
}

void detach_theirs(void)
{
	give_back(&link_fd);
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
	left.prog_id = 0;
	left.mode = XDP_MODE_NONE;
}

void end_theirs(void)
{
	detach_theirs();
	give_back(&prog_fd);
	give_back(&map_fd);
}

void run_theirs(unsigned int repeat)
{
	fixture_run(prog_fd, &frame, repeat);
}

void use_map(void)
{
	struct reason reason = { "not set" };

	if (source_use_map(source, &left, NULL, 0, &reason))
		fail_msg("%s", reason.text);
	assert_contains(reason.text, "is taken on trust"); /* it has no BTF */
	assert_true(source_uses_map(source, left.prog_id, NULL));
}

void assert_refused(const char *path, int err, const char *words)
{
	struct reason reason = { "not set" };

	assert_int_equal(source_can_use_map(&fixture_common, left.prog_id, path, &reason), err);
	assert_contains(reason.text, words);
	strcpy(reason.text, "not set");
	assert_int_equal(source_use_map(source, &left, path, 0, &reason), err);
	assert_contains(reason.text, words);
	assert_false(source_uses_map(source, left.prog_id, path));
}

void count_ours(unsigned int repeat)
{
	struct reason reason = { "" };
	_cleanup_close_ int fd = -1;

	if (source_attach(source, &left, HOOK_ANY, &reason))
		fail_msg("%s", reason.text);
	fd = fixture_prog_fd(source);
	fixture_run(fd, &frame, repeat);
	source_detach(source);
}

uint32_t id_of(int fd)
{
	char id[64];

	fixture_fdinfo(fd, "map_id:", id);
	return (uint32_t)atoi(id);
}

uint32_t pinned_map(void)
{
	_cleanup_close_ int fd = get(PIN_MAP);

	return id_of(fd);
}

void assert_theirs(bool theirs)
{
	struct record record = read_record();

	assert_int_equal(pinned_map() == id_of(map_fd), theirs);
	assert_int_equal(record.map_id, pinned_map());
	assert_int_equal(record.foreign, theirs);
}
