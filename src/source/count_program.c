/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/count_program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/count.skel.h"
#include "bpf/count_by_call.skel.h"
#include "lib/log.h"
#include "lib/util.h"

/*
 * libbpf relocates and loads the program once; that costs milliseconds. What comes out serves as
 * the template of every interface's copy, which differs in the map only and takes microseconds.
 */
static struct {
	struct bpf_object *object; /* NULL until the first map is made */
	const struct bpf_program *program;
	const struct bpf_map *map;
} template;

static char kernel_message[KERNEL_MESSAGE_MAX];

/* libbpf hands the kernel's text on in no other way than through its log (its nlattr.c). */
__attribute__((format(printf, 2, 0))) static int log_libbpf(enum libbpf_print_level level,
							    const char *format, va_list args)
{
	static const char prefix[] = "libbpf: Kernel error message: ";
	char line[1024];

	(void)level;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, prefix, strlen(prefix)))
		snprintf(kernel_message, sizeof(kernel_message), "%.*s",
			 (int)sizeof(kernel_message) - 1, line + strlen(prefix));
	log_debug("xdp:libbpf", "%s", line);
	return 0;
}

void program_catch_log(void)
{
	libbpf_set_print(log_libbpf);
}

const char *program_kernel_message(void)
{
	return kernel_message;
}

void program_forget_kernel_message(void)
{
	kernel_message[0] = '\0';
}

/* The verifier gives its reason in the last line but one; the last one holds its figures. */
const char *program_verifier_reason(char *log)
{
	char *figures = strstr(log, "\nprocessed "), *line;

	if (!figures)
		return "";
	*figures = '\0';
	line = strrchr(log, '\n');
	return line ? line + 1 : log;
}

static int load_form(const void *elf, size_t size, char text[static STATUS_TEXT_MAX])
{
	static char log[65536];
	struct bpf_object *object = bpf_object__open_mem(elf, size, NULL);
	struct bpf_program *program = NULL;
	const char *reason = "";
	int err = object ? 0 : -errno;

	if (!err) {
		program = bpf_object__next_program(object, NULL);
		log[0] = '\0';
		bpf_program__set_log_buf(program, log, sizeof(log));
		err = bpf_object__load(object);
		reason = program_verifier_reason(log);
	}
	if (err) {
		snprintf(text, STATUS_TEXT_MAX, "cannot load the counter program: %s%s%.120s%s",
			 strerror(-err), *reason ? ", " : "", reason,
			 err == -EPERM ? "; CAP_BPF and CAP_NET_ADMIN are needed" : "");
		bpf_object__close(object);
		return err;
	}
	template.object = object;
	template.program = program;
	template.map = bpf_object__next_map(object, NULL);
	return 0;
}

int program_open(char text[static STATUS_TEXT_MAX])
{
	const void *elf;
	size_t size;
	int err;

	if (template.object)
		return 0;
	program_catch_log();
	elf = count__elf_bytes(&size);
	err = load_form(elf, size, text);
	/* To look into xdp_buff takes CAP_PERFMON as well: without it the second form does. */
	if (err) {
		elf = count_by_call__elf_bytes(&size);
		err = load_form(elf, size, text);
		if (!err)
			log_info("the counter program is loaded in its slower form, for kernels "
				 "before 6.2 or without CAP_PERFMON");
	}
	return err;
}

void program_close(void)
{
	bpf_object__close(template.object);
	template.object = NULL;
}

int program_create_map(char text[static STATUS_TEXT_MAX])
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	const struct bpf_map *map;
	int fd, err = program_open(text);

	if (err)
		return err;
	map = template.map;
	options.btf_fd = (__u32)bpf_object__btf_fd(template.object);
	options.btf_key_type_id = bpf_map__btf_key_type_id(map);
	options.btf_value_type_id = bpf_map__btf_value_type_id(map);
	fd = bpf_map_create(bpf_map__type(map), bpf_map__name(map), bpf_map__key_size(map),
			    bpf_map__value_size(map), bpf_map__max_entries(map), &options);
	if (fd < 0)
		snprintf(text, STATUS_TEXT_MAX, "cannot make the counter map: %s", strerror(-fd));
	return fd;
}

static bool loads_map(const struct bpf_insn *insn, int map_fd)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE) &&
	       insn->imm == map_fd;
}

struct bpf_insn *program_copy_insns(const struct bpf_program *program,
				    const struct program_maps *maps, size_t count)
{
	const struct bpf_insn *insns = bpf_program__insns(program);
	size_t insn_count = bpf_program__insn_cnt(program);
	struct bpf_insn *copy = calloc(insn_count, sizeof(*copy));

	for (size_t i = 0; copy && i < insn_count; i++) {
		copy[i] = insns[i];
		for (size_t j = 0; j < count; j++)
			if (loads_map(&insns[i], maps[j].template_fd))
				copy[i].imm = maps[j].copy_fd;
	}
	return copy;
}

int program_template_fd(void)
{
	return bpf_program__fd(template.program);
}

const char *program_template_name(void)
{
	return bpf_program__name(template.program);
}

int program_load(int map_fd)
{
	const struct program_maps maps = { bpf_map__fd(template.map), map_fd };
	size_t count = bpf_program__insn_cnt(template.program);
	const struct btf *btf = bpf_object__btf(template.object);
	struct bpf_func_info function = {
		.type_id = (__u32)btf__find_by_name_kind(btf, bpf_program__name(template.program),
							 BTF_KIND_FUNC),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_XDP,
		    .prog_flags = BPF_F_XDP_HAS_FRAGS,
		    .prog_btf_fd = (__u32)bpf_object__btf_fd(template.object),
		    .func_info = &function, .func_info_cnt = 1,
		    .func_info_rec_size = sizeof(function));
	_cleanup_free_ struct bpf_insn *insns = program_copy_insns(template.program, &maps, 1);

	if (!insns)
		return -ENOMEM;
	return bpf_prog_load(BPF_PROG_TYPE_XDP, COUNTER_PROGRAM, "GPL", insns, count, &options);
}

static int tag_of(int prog_fd, unsigned char tag[static BPF_TAG_SIZE])
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(prog_fd, &info, &size);

	memcpy(tag, info.tag, BPF_TAG_SIZE);
	return err;
}

bool program_same_tag(int prog_fd, int other_fd)
{
	unsigned char tag[BPF_TAG_SIZE], other[BPF_TAG_SIZE];

	return !tag_of(prog_fd, tag) && !tag_of(other_fd, other) &&
	       !memcmp(tag, other, BPF_TAG_SIZE);
}

bool program_is_current(int prog_fd)
{
	return program_same_tag(prog_fd, bpf_program__fd(template.program));
}

bool program_can_be_found(void)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	_cleanup_close_ int fd = -1;

	if (!bpf_obj_get_info_by_fd(bpf_program__fd(template.program), &info, &size))
		fd = bpf_prog_get_fd_by_id(info.id);
	return fd != -EPERM;
}
