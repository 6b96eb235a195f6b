/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/cpus.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/util.h"

#define POSSIBLE "/sys/devices/system/cpu/possible"

int cpus_count(void)
{
	return libbpf_num_possible_cpus();
}

size_t cpus_parse(const char *text, unsigned int *number, size_t max)
{
	size_t count = 0;

	while (*text >= '0' && *text <= '9') {
		char *end;
		unsigned long cpu = strtoul(text, &end, 10), last = cpu;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; cpu <= last && count <= max; cpu++, count++)
			if (count < max)
				number[count] = (unsigned int)cpu;
		text = end + (*end == ',');
	}
	return count;
}

const unsigned int *cpus_possible(unsigned int count)
{
	static unsigned int *numbers;
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	FILE *file;

	if (numbers)
		return numbers;
	file = fopen(POSSIBLE, "re");
	if (!file)
		return NULL;
	numbers = calloc(count, sizeof(*numbers));
	if (numbers &&
	    (getline(&line, &size, file) < 0 || cpus_parse(line, numbers, count) != count)) {
		free(numbers);
		numbers = NULL;
	}
	fclose(file);
	return numbers;
}
