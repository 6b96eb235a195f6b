/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter program, run by the kernel on frames made here. */
#include "fixture.h"
#include "kernel/cpus.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "bpf/count.skel.h"
#include "bpf/count_by_call.skel.h"
#include "lib/util.h"
#include "source/source.h"

/* The last one does not fit into a page and comes in fragments, where pages have 4096 octets. */
static const struct fixture_frame frames[] = { { 60, 0 }, { 1514, 0 }, { 1514, 32 }, { 9000, 0 } };

/* A frame longer than a page can be counted right only by looking beyond the linear part. */
static void run_frame(int prog_fd, const struct fixture_frame *frame, unsigned int repeat)
{
	unsigned int linear = fixture_run(prog_fd, frame, repeat);

	if (frame->length > (unsigned int)getpagesize())
		assert_true(linear < frame->length);
	else
		assert_int_equal(linear, frame->length);
}

static void count_frames(const struct bpf_program *program, const struct bpf_map *map)
{
	uint64_t packets = 0, bytes = 0;
	struct counters sum;

	for (unsigned int i = 0; i < LENGTH(frames); i++) {
		run_frame(bpf_program__fd(program), &frames[i], i + 1);
		packets += i + 1;
		bytes += (i + 1) * frames[i].length;
		fixture_read_map(bpf_map__fd(map), &sum);
		fixture_assert_passed(&sum, packets, bytes);
	}
}

static bool kernel_casts_contexts(void)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	bool found =
		kernel && btf__find_by_name_kind(kernel, "bpf_cast_to_kern_ctx", BTF_KIND_FUNC) > 0;

	btf__free(kernel);
	return found;
}

/* The other variant is for the kernels that refuse this one: those before 6.2. */
static void test_counts_by_flags(void **state)
{
	struct count *skel = count__open();

	(void)state;
	assert_non_null(skel);
	if (kernel_casts_contexts()) {
		assert_int_equal(count__load(skel), 0);
		count_frames(skel->progs.xdp_stats_count, skel->maps.xdp_stats_map);
	} else {
		assert_int_not_equal(count__load(skel), 0);
	}
	count__destroy(skel);
}

static void test_counts_by_call(void **state)
{
	struct count_by_call *skel = count_by_call__open();

	(void)state;
	assert_non_null(skel);
	assert_int_equal(count_by_call__load(skel), 0);
	count_frames(skel->progs.xdp_stats_count, skel->maps.xdp_stats_map);
	count_by_call__destroy(skel);
}

static struct source *attached(const char *ifname)
{
	struct source *source = fixture_open();
	struct reason reason;

	fixture_attach(source, ifname, HOOK_NATIVE, &reason);
	return source;
}

/* The map that a program writes into. The caller owns the descriptor. */
static int map_of(int prog_fd)
{
	__u32 map_id, size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = 1, .map_ids = (uintptr_t)&map_id };
	int map_fd;

	assert_int_equal(bpf_obj_get_info_by_fd(prog_fd, &info, &size), 0);
	assert_int_equal(info.nr_map_ids, 1);
	map_fd = bpf_map_get_fd_by_id(map_id);
	assert_true(map_fd >= 0);
	return map_fd;
}

static void assert_read(struct source *source, uint64_t packets, uint64_t bytes)
{
	struct counters sum;

	assert_int_equal(source_read(source, &sum, NULL), 0);
	fixture_assert_passed(&sum, packets, bytes);
}

/* CPU by CPU, cpu + 1 times each frame. */
static void test_copies_count_on_each_cpu(void **state)
{
	struct source *source = attached("left"), *other = attached("right");
	_cleanup_close_ int prog_fd = fixture_prog_fd(source), map_fd = map_of(prog_fd);
	struct xdp_stats_rec *slots = calloc((size_t)cpus_count(), sizeof(*slots));
	uint64_t packets = 0, bytes = 0, bytes_once = 0;
	__u32 action = XDP_PASS;
	cpu_set_t all, one;

	(void)state;
	assert_non_null(slots);
	assert_read(source, 0, 0);
	for (unsigned int i = 0; i < LENGTH(frames); i++)
		bytes_once += frames[i].length;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
		for (unsigned int i = 0; i < LENGTH(frames); i++)
			run_frame(prog_fd, &frames[i], cpu + 1);
		packets += LENGTH(frames) * (cpu + 1);
		bytes += bytes_once * (cpu + 1);
		assert_read(source, packets, bytes);

		assert_int_equal(bpf_map_lookup_elem(map_fd, &action, slots), 0);
		assert_int_equal(slots[cpu].rx_packets, LENGTH(frames) * (cpu + 1));
		assert_int_equal(slots[cpu].rx_bytes, bytes_once * (cpu + 1));
	}
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	assert_true(packets > 0);
	assert_read(other, 0, 0);
	free(slots);
}

/* A slot of its own for each verdict and possible CPU, whether it is online or not. */
static void test_adds_up_possible_cpus(void **state)
{
	struct source *source = attached("left");
	_cleanup_close_ int prog_fd = fixture_prog_fd(source), map_fd = map_of(prog_fd);
	size_t cpus = (size_t)cpus_count();
	struct xdp_stats_rec *slots = calloc(cpus, sizeof(*slots));
	struct counters sum;

	(void)state;
	assert_non_null(slots);
	for (__u32 action = 0; action < XDP_STATS_ACTIONS; action++) {
		for (size_t cpu = 0; cpu < cpus; cpu++) {
			slots[cpu].rx_packets = (UINT64_C(1) << 40) * (action + 1) + cpu;
			slots[cpu].rx_bytes = (UINT64_C(1) << 50) * (action + 1) + 3 * cpu;
		}
		assert_int_equal(bpf_map_update_elem(map_fd, &action, slots, BPF_ANY), 0);
	}
	assert_int_equal(source_read(source, &sum, NULL), 0);
	for (unsigned int action = 0; action < XDP_STATS_ACTIONS; action++) {
		uint64_t triangle = cpus * (cpus - 1) / 2;

		assert_int_equal(sum.action[action].rx_packets,
				 (UINT64_C(1) << 40) * (action + 1) * cpus + triangle);
		assert_int_equal(sum.action[action].rx_bytes,
				 (UINT64_C(1) << 50) * (action + 1) * cpus + 3 * triangle);
	}
	free(slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_counts_by_flags, fixture_teardown),
		cmocka_unit_test_teardown(test_counts_by_call, fixture_teardown),
		cmocka_unit_test_teardown(test_copies_count_on_each_cpu, fixture_teardown),
		cmocka_unit_test_teardown(test_adds_up_possible_cpus, fixture_teardown),
	};

	fixture_enter();
	return cmocka_run_group_tests_name("count", tests, NULL, NULL);
}
