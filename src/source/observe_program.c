/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/observe_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "bpf/observe.skel.h"
#include "kernel/bpf_info.h"
#include "kernel/capability.h"
#include "kernel/libbpf.h"
#include "kernel/shared_map.h"
#include "lib/util.h"

static const uint32_t only_key;

/* --- the template --- */

/* What libbpf says of EPERM (its "ulimit -l") is about kernels before 5.11. */
static int explain(int err, struct reason *reason)
{
	if (err == -EPERM &&
	    !(capability_is_effective(CAP_BPF) && capability_is_effective(CAP_PERFMON)))
		return reason_set(reason, err,
				  "observing takes CAP_BPF and CAP_PERFMON, which the agent does "
				  "not have");
	if (err == -EPERM)
		return reason_set(
			reason, err,
			"this kernel refuses tracing programs (fentry and fexit); use another, "
			"or detach the program and configure the interface as 'count'");
	return reason_set(reason, err, "the kernel refuses the observer: %s", strerror(-err));
}

static int use_maps(const struct observe *object, const struct pins *pins, int bonds_fd,
		    struct reason *reason)
{
	int err = shared_map_use(object->maps.xdp_observed, pins, PIN_OBSERVED, reason);

	if (!err)
		err = shared_map_use(object->maps.xdp_invalid, pins, PIN_INVALID, reason);
	if (err)
		return err;
	err = bpf_map__reuse_fd(object->maps.xdp_bonds, bonds_fd);
	return err ? reason_set(reason, err, "cannot make the map of bonds: %s", strerror(-err))
		   : 0;
}

/* Says what a program of the template traces, in place of libbpf, which would ask for BTF by id. */
static int set_target(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
	const struct target *target = (const struct target *)cookie;

	(void)program;
	options->attach_prog_fd = (__u32)target->prog_fd;
	options->attach_btf_id = target->function;
	return 0;
}

/* 0 or -errno with the reason. */
static int load_template(struct observe **out, const struct pins *pins, int bonds_fd,
			 struct reason *reason)
{
	struct observe *object = observe__open();
	int err;

	if (!object)
		return explain(-errno, reason);
	err = use_maps(object, pins, bonds_fd, reason);
	if (!err) {
		err = observe__load(object);
		if (err)
			explain(err, reason);
	}
	if (err)
		observe__destroy(object);
	else
		*out = object;
	return err;
}

/*
 * libbpf has one list of handlers for the process. Version 1.1 frees it once it is empty, and frees
 * it again with the next handler: so one stays, for a section that no program is in.
 */
static void keep_handlers(void)
{
	static bool kept;

	kept = kept || libbpf_register_prog_handler("none", BPF_PROG_TYPE_UNSPEC, 0, NULL) >= 0;
}

int observe_program_open(struct observe_program *program, const struct count_program *any,
			 const struct pins *pins, int bonds_fd, struct reason *reason)
{
	struct target target = { .prog_fd = count_program_fd(any) };
	LIBBPF_OPTS(libbpf_prog_handler_opts, options, .cookie = (long)&target,
		    .prog_prepare_load_fn = set_target);
	struct bpf_prog_info info;
	int err = bpf_info_with_entry(target.prog_fd, &info, &target.function);
	int in, out;

	if (err)
		return explain(err, reason);
	keep_handlers();
	/* It is never attached, so any XDP program will do as the target. */
	in = libbpf_register_prog_handler("fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY,
					  &options);
	out = libbpf_register_prog_handler("fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT,
					   &options);
	err = load_template(&program->object, pins, bonds_fd, reason);
	libbpf_unregister_prog_handler(in);
	libbpf_unregister_prog_handler(out);
	if (err)
		return err;
	program->bonds_fd = bonds_fd;
	/* What cannot be pinned now is told when it is tried again. */
	observe_program_repin(program, pins, reason);
	return 0;
}

void observe_program_close(struct observe_program *program)
{
	observe__destroy(program->object);
	*program = (struct observe_program){ 0 };
}

int observe_program_repin(const struct observe_program *program, const struct pins *pins,
			  struct reason *reason)
{
	int err;

	if (!program->object)
		return 0;
	err = shared_map_pin(program->object->maps.xdp_observed, pins, PIN_OBSERVED, reason);
	return err ? err
		   : shared_map_pin(program->object->maps.xdp_invalid, pins, PIN_INVALID, reason);
}

int observe_program_map_fd(const struct observe_program *program)
{
	return bpf_map__fd(program->object->maps.xdp_stats_map);
}

int observe_program_observed_fd(const struct observe_program *program)
{
	return program->object ? bpf_map__fd(program->object->maps.xdp_observed) : -1;
}

int observe_program_invalid_fd(const struct observe_program *program)
{
	return program->object ? bpf_map__fd(program->object->maps.xdp_invalid) : -1;
}

/* --- the copies --- */

static int make_first(const struct xdp_observe_key *first)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, OBSERVE_FIRST, sizeof(only_key),
						sizeof(*first), 1, NULL);
	int err = fd < 0 ? fd : bpf_map_update_elem(fd, &only_key, first, BPF_ANY);

	return err ? err : take_fd(&fd);
}

/* What the verifier says of a program goes to text, unless that is NULL. */
struct verifier_log {
	char *text;
	size_t size;
};

/* Loads one of the two programs, which refers to these maps in place of the template's. */
static int load_copy(const struct observe_program *template, const struct bpf_program *program,
		     const struct target *target, int map_fd, int first_fd, struct verifier_log log)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = bpf_program__expected_attach_type(program),
		    .attach_prog_fd = (__u32)target->prog_fd, .attach_btf_id = target->function,
		    .prog_btf_fd = (__u32)bpf_object__btf_fd(template->object->obj),
		    .log_buf = log.text, .log_size = (__u32)log.size,
		    .log_level = log.text ? 1 : 0);
	const struct map_exchange maps[] = {
		{ observe_program_map_fd(template), map_fd },
		{ bpf_map__fd(template->object->maps.bss), first_fd },
	};
	size_t count = bpf_program__insn_cnt(program);
	_cleanup_free_ struct bpf_insn *insns = libbpf_copy_insns(program, maps, 2);

	if (!insns)
		return -ENOMEM;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, bpf_program__name(program), "GPL", insns, count,
			     &options);
}

/* Asks once more, for the verifier's words. */
static int explain_copy(int err, const struct observe_program *program, const struct target *target,
			int map_fd, int first_fd, struct reason *reason)
{
	static char log[65536]; /* for this call only */
	_cleanup_close_ int fd = -1;
	const char *verifier;

	/* What the verifier accepts for one target it refuses for another only for this. */
	if (err == -EACCES)
		return reason_set(
			reason, err,
			"its entry function has to take one struct xdp_md * and nothing else; "
			"change it and load the program again");
	log[0] = '\0';
	fd = load_copy(program, program->object->progs.xdp_observe_out, target, map_fd, first_fd,
		       (struct verifier_log){ log, sizeof(log) });
	verifier = libbpf_verifier_reason(log);
	return reason_set(reason, err, "the kernel refuses the observer: %s%s%s", strerror(-err),
			  *verifier ? ", " : "", verifier);
}

int observe_program_copy(const struct observe_program *program, struct observe_copy *copy,
			 const struct target *target, int map_fd,
			 const struct xdp_observe_key *first, struct reason *reason)
{
	const struct verifier_log no_log = { NULL, 0 };
	_cleanup_close_ int first_fd = make_first(first), in_fd = -1, out_fd = -1;
	int err = first_fd;

	if (err >= 0) {
		in_fd = load_copy(program, program->object->progs.xdp_observe_in, target, map_fd,
				  first_fd, no_log);
		err = in_fd;
	}
	if (err >= 0) {
		out_fd = load_copy(program, program->object->progs.xdp_observe_out, target, map_fd,
				   first_fd, no_log);
		err = out_fd;
	}
	if (err < 0)
		return explain_copy(err, program, target, map_fd, first_fd, reason);
	*copy = (struct observe_copy){
		.in_fd = take_fd(&in_fd),
		.out_fd = take_fd(&out_fd),
		.first_fd = take_fd(&first_fd),
	};
	return 0;
}

void observe_copy_close(struct observe_copy *copy)
{
	close_fd_at(&copy->in_fd);
	close_fd_at(&copy->out_fd);
	close_fd_at(&copy->first_fd);
}

bool observe_program_is_current(const struct observe_program *program, int in_fd, int out_fd)
{
	const struct observe *object = program->object;

	return bpf_info_same_tag(in_fd, bpf_program__fd(object->progs.xdp_observe_in)) &&
	       bpf_info_same_tag(out_fd, bpf_program__fd(object->progs.xdp_observe_out)) &&
	       bpf_info_uses_map(out_fd, observe_program_observed_fd(program)) &&
	       bpf_info_uses_map(out_fd, observe_program_invalid_fd(program)) &&
	       bpf_info_uses_map(out_fd, program->bonds_fd);
}
