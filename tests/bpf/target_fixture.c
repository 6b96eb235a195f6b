/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target_fixture.h"

#include "fixture.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/bpf/targets.skel.h"

/* A refusal is an answer here. */
static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

int target_fixture_load(const char *name, target_fixture_prepare *prepare, const void *context)
{
	struct targets *skeleton = targets__open();
	struct bpf_program *program;
	int err, fd;

	assert_non_null(skeleton);
	libbpf_set_print(say_nothing);
	program = bpf_object__find_program_by_name(skeleton->obj, name);
	assert_non_null(program);
	bpf_program__set_autoload(program, true);
	if (prepare)
		prepare(program, context);
	err = targets__load(skeleton);
	fd = err ? err : dup(bpf_program__fd(program));
	targets__destroy(skeleton);
	return fd;
}

uint32_t target_fixture_function(int prog_fd, const char *name)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	struct btf *btf;
	int id;

	assert_int_equal(bpf_obj_get_info_by_fd(prog_fd, &info, &size), 0);
	btf = btf__load_from_kernel_by_id(info.btf_id);
	assert_non_null(btf);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	btf__free(btf);
	assert_true(id > 0);
	return (uint32_t)id;
}

int target_fixture_drop(unsigned int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, sets))
		return -1;
	sets[CAP_TO_INDEX(capability)].effective &= ~CAP_TO_MASK(capability);
	return (int)syscall(SYS_capset, &header, sets);
}
