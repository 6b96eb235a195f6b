/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/count_program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "bpf/count.skel.h"
#include "bpf/count_by_call.skel.h"
#include "kernel/bpf_info.h"
#include "kernel/libbpf.h"
#include "lib/log.h"
#include "lib/util.h"

static int load_form(struct count_program *out, const void *elf, size_t size, struct reason *reason)
{
	static char log[65536]; /* for this call only */
	struct bpf_object *object = bpf_object__open_mem(elf, size, NULL);
	struct bpf_program *program = NULL;
	const char *verifier = "";
	int err = object ? 0 : -errno;

	if (!err) {
		program = bpf_object__next_program(object, NULL);
		log[0] = '\0';
		bpf_program__set_log_buf(program, log, sizeof(log));
		err = bpf_object__load(object);
		verifier = libbpf_verifier_reason(log);
	}
	if (err) {
		bpf_object__close(object);
		return reason_set(reason, err, "cannot load the counter program: %s%s%s%s",
				  strerror(-err), *verifier ? ", " : "", verifier,
				  err == -EPERM ? "; CAP_BPF and CAP_NET_ADMIN are needed" : "");
	}
	*out = (struct count_program){
		.object = object,
		.program = program,
		.map = bpf_object__next_map(object, NULL),
	};
	return 0;
}

int count_program_open(struct count_program *program, struct reason *reason)
{
	const void *elf;
	size_t size;
	int err;

	if (program->object)
		return 0;
	libbpf_catch_log();
	elf = count__elf_bytes(&size);
	err = load_form(program, elf, size, reason);
	/* Looking into xdp_buff needs CAP_PERFMON as well; the second form does without it. */
	if (err) {
		elf = count_by_call__elf_bytes(&size);
		err = load_form(program, elf, size, reason);
		if (!err)
			log_info("the counter program is loaded in its slower form, for kernels "
				 "before 6.2 or without CAP_PERFMON");
	}
	return err;
}

void count_program_close(struct count_program *program)
{
	bpf_object__close(program->object);
	*program = (struct count_program){ 0 };
}

int count_program_create_map(const struct count_program *program, struct reason *reason)
{
	const struct bpf_map *map = program->map;
	LIBBPF_OPTS(bpf_map_create_opts, options,
		    .btf_fd = (__u32)bpf_object__btf_fd(program->object),
		    .btf_key_type_id = bpf_map__btf_key_type_id(map),
		    .btf_value_type_id = bpf_map__btf_value_type_id(map));
	int fd = bpf_map_create(bpf_map__type(map), bpf_map__name(map), bpf_map__key_size(map),
				bpf_map__value_size(map), bpf_map__max_entries(map), &options);

	return fd < 0 ? reason_set(reason, fd, "cannot make the counter map: %s", strerror(-fd))
		      : fd;
}

int count_program_fd(const struct count_program *program)
{
	return bpf_program__fd(program->program);
}

const char *count_program_name(const struct count_program *program)
{
	return bpf_program__name(program->program);
}

int count_program_copy(const struct count_program *program, int map_fd)
{
	const struct map_exchange maps = { bpf_map__fd(program->map), map_fd };
	size_t count = bpf_program__insn_cnt(program->program);
	const struct btf *btf = bpf_object__btf(program->object);
	struct bpf_func_info function = {
		.type_id = (__u32)btf__find_by_name_kind(btf, count_program_name(program),
							 BTF_KIND_FUNC),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_XDP,
		    .prog_flags = BPF_F_XDP_HAS_FRAGS,
		    .prog_btf_fd = (__u32)bpf_object__btf_fd(program->object),
		    .func_info = &function, .func_info_cnt = 1,
		    .func_info_rec_size = sizeof(function));
	_cleanup_free_ struct bpf_insn *insns = libbpf_copy_insns(program->program, &maps, 1);

	if (!insns)
		return -ENOMEM;
	return bpf_prog_load(BPF_PROG_TYPE_XDP, COUNTER_PROGRAM, "GPL", insns, count, &options);
}

bool count_program_is_current(const struct count_program *program, int prog_fd)
{
	return bpf_info_same_tag(prog_fd, count_program_fd(program));
}
