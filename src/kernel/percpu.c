/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/percpu.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/cpus.h"
#include "lib/util.h"

int percpu_sum(int map_fd, const void *key, uint64_t *sum, size_t words)
{
	_cleanup_free_ uint64_t *slots = NULL;
	int cpus = cpus_count(), err;

	if (cpus < 0)
		return cpus;
	slots = calloc((size_t)cpus * words, sizeof(*slots));
	err = slots ? bpf_map_lookup_elem(map_fd, key, slots) : -ENOMEM;
	if (err)
		return err;
	memset(sum, 0, words * sizeof(*sum));
	for (size_t i = 0; i < (size_t)cpus * words; i++)
		sum[i % words] += slots[i];
	return 0;
}

int percpu_add(int map_fd, const void *key, size_t words)
{
	_cleanup_free_ uint64_t *none = NULL;
	int cpus = cpus_count(), err;

	if (cpus < 0)
		return cpus;
	none = calloc((size_t)cpus * words, sizeof(*none));
	err = none ? bpf_map_update_elem(map_fd, key, none, BPF_NOEXIST) : -ENOMEM;
	return err == -EEXIST ? 0 : err;
}
