/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source_count.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "count.skel.h"
#include "count_by_call.skel.h"
#include "log.h"
#include "util.h"

/*
 * libbpf relocates and loads the program once; that costs milliseconds. What comes out serves as
 * the template of every interface's copy, which differs in the map only and takes microseconds.
 */
static struct {
	struct bpf_object *object; /* NULL until the first map is made */
	const struct bpf_program *program;
	const struct bpf_map *map;
} template;

/* The kernel's reason for a refusal; two of them fit into a status text. */
#define REASON_MAX 96

/* The text that the kernel sent along with the last refusal (NLMSGERR_ATTR_MSG), or "". */
static char kernel_message[REASON_MAX];

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

/* The verifier gives its reason in the last line but one; the last one holds its figures. */
static const char *verifier_reason(char *log)
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
		reason = verifier_reason(log);
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

static int load_template(char text[static STATUS_TEXT_MAX])
{
	const void *elf;
	size_t size;
	int err;

	if (template.object)
		return 0;
	libbpf_set_print(log_libbpf);
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

void count_cleanup(void)
{
	bpf_object__close(template.object);
	template.object = NULL;
}

int count_create_map(char text[static STATUS_TEXT_MAX])
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	const struct bpf_map *map;
	int fd, err = load_template(text);

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
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_MAP_FD &&
	       insn->imm == map_fd;
}

/* Loads a copy of the template that writes into map_fd. The caller owns the descriptor. */
static int load_copy(int map_fd)
{
	int template_map_fd = bpf_map__fd(template.map);
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
	_cleanup_free_ struct bpf_insn *insns = calloc(count, sizeof(*insns));

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(template.program), count * sizeof(*insns));
	for (size_t i = 0; i < count; i++)
		if (loads_map(&insns[i], template_map_fd))
			insns[i].imm = map_fd;
	return bpf_prog_load(BPF_PROG_TYPE_XDP, "xdp_stats_count", "GPL", insns, count, &options);
}

/*
 * bpf_link_create() tells no more than an errno. The same request by netlink, in the form that
 * never replaces a program, is refused for the same reason and with the kernel's words. Should it
 * succeed after all, that program, and no other, is taken away at once.
 */
static void ask_for_reason(unsigned int ifindex, int prog_fd, __u32 mode_flag)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, ours, .old_prog_fd = prog_fd);

	kernel_message[0] = '\0';
	if (!bpf_xdp_attach((int)ifindex, prog_fd, XDP_FLAGS_UPDATE_IF_NOEXIST | mode_flag, NULL))
		bpf_xdp_detach((int)ifindex, mode_flag, &ours);
}

/* Returns the link's descriptor, or -errno with the kernel's reason in reason. */
static int create_link(unsigned int ifindex, int prog_fd, __u32 mode_flag,
		       char reason[static REASON_MAX])
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode_flag);
	int link_fd = bpf_link_create(prog_fd, (int)ifindex, BPF_XDP, &options);

	if (link_fd < 0) {
		ask_for_reason(ifindex, prog_fd, mode_flag);
		snprintf(reason, REASON_MAX, "%s",
			 *kernel_message ? kernel_message : strerror(-link_fd));
	}
	return link_fd;
}

static int program_id(int prog_fd, __u32 *id)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(prog_fd, &info, &size);

	*id = info.id;
	return err;
}

int count_attach(struct count_attachment *attachment, int map_fd, const struct link *link,
		 enum rule_hook hook, char text[static STATUS_TEXT_MAX])
{
	char native_reason[REASON_MAX] = "", generic_reason[REASON_MAX] = "";
	_cleanup_close_ int prog_fd = load_copy(map_fd);
	int link_fd = -EOPNOTSUPP, err = prog_fd;
	enum xdp_mode mode = XDP_MODE_NATIVE;
	__u32 id;

	if (err >= 0)
		err = program_id(prog_fd, &id);
	if (err < 0) {
		snprintf(text, STATUS_TEXT_MAX, "cannot load the counter program: %s",
			 strerror(-err));
		return err;
	}

	if (hook != HOOK_GENERIC)
		link_fd = create_link(link->ifindex, prog_fd, XDP_FLAGS_DRV_MODE, native_reason);
	if (link_fd < 0 && hook != HOOK_NATIVE) {
		mode = XDP_MODE_GENERIC;
		link_fd = create_link(link->ifindex, prog_fd, XDP_FLAGS_SKB_MODE, generic_reason);
	}
	if (link_fd < 0) {
		snprintf(text, STATUS_TEXT_MAX, "cannot attach the counter program%s%s%s%s",
			 *native_reason ? "; native: " : "", native_reason,
			 *generic_reason ? "; generic: " : "", generic_reason);
		return link_fd;
	}
	snprintf(text, STATUS_TEXT_MAX, "%s%s", *native_reason ? "native was refused: " : "",
		 native_reason);
	*attachment = (struct count_attachment){ .link_fd = link_fd, .prog_id = id, .mode = mode };
	return 0;
}
