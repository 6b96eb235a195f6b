/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/observe_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "bpf/observe.skel.h"
#include "kernel/bpf_info.h"
#include "kernel/shared_map.h"
#include "lib/util.h"
#include "source/count_program.h"
#include "source/error_counters.h"

/* A refusal of the template is asked for again this much later. */
#define RETRY_MS 60000

static struct {
	struct observe *object; /* NULL until it is loaded */
	int err;                /* of the last try to load it */
	int64_t tried_at;
	char text[STATUS_TEXT_MAX];
} template;

static const uint32_t only_key;

/* --- the maps in common --- */

static int open_maps(const struct observe *object, const struct pins *pins,
		     char text[static STATUS_TEXT_MAX])
{
	int err = common_map_use(object->maps.xdp_observed, pins, PIN_OBSERVED, text);

	if (!err)
		err = common_map_use(object->maps.xdp_invalid, pins, PIN_INVALID, text);
	if (err)
		return err;
	err = errors_open(pins);
	if (!err)
		err = bpf_map__reuse_fd(object->maps.xdp_bonds, errors_bonds_fd());
	if (err)
		snprintf(text, STATUS_TEXT_MAX, "cannot make the map of bonds: %s", strerror(-err));
	return err;
}

void tracing_keep(const struct pins *pins)
{
	common_map_keep(template.object->maps.xdp_observed, pins, PIN_OBSERVED);
	common_map_keep(template.object->maps.xdp_invalid, pins, PIN_INVALID);
}

int tracing_template_map_fd(void)
{
	return bpf_map__fd(template.object->maps.xdp_stats_map);
}

int tracing_observed_fd(void)
{
	return template.object ? bpf_map__fd(template.object->maps.xdp_observed) : -1;
}

int tracing_invalid_fd(void)
{
	return template.object ? bpf_map__fd(template.object->maps.xdp_invalid) : -1;
}

/* --- the template --- */

/* What libbpf says of EPERM (its "ulimit -l") is about kernels before 5.11. */
static void explain_refusal(int err, char text[static STATUS_TEXT_MAX])
{
	if (err == -EPERM && source_has_capability(CAP_SYS_ADMIN))
		snprintf(text, STATUS_TEXT_MAX,
			 "this kernel refuses tracing programs (fentry and fexit); use another, "
			 "or detach the program and configure the interface as 'count'");
	else if (err == -EPERM)
		snprintf(text, STATUS_TEXT_MAX,
			 "observing takes CAP_SYS_ADMIN, which the agent does not have");
	else
		snprintf(text, STATUS_TEXT_MAX, "the kernel refuses the observer: %s",
			 strerror(-err));
}

static int load_template(struct observe *object, const struct pins *pins,
			 char text[static STATUS_TEXT_MAX])
{
	/* Any XDP program will do; the template is never attached. */
	int target_fd = program_template_fd();
	int err = open_maps(object, pins, text);

	if (err)
		return err;
	err = bpf_program__set_attach_target(object->progs.xdp_observe_in, target_fd,
					     program_template_name());
	if (!err)
		err = bpf_program__set_attach_target(object->progs.xdp_observe_out, target_fd,
						     program_template_name());
	if (!err)
		err = observe__load(object);
	if (err) {
		explain_refusal(err, text);
		return err;
	}
	template.object = object;
	tracing_keep(pins);
	return 0;
}

static int open_template(const struct pins *pins, char text[static STATUS_TEXT_MAX])
{
	struct observe *object;
	int err;

	if (!source_has_capability(CAP_SYS_ADMIN)) {
		explain_refusal(-EPERM, text);
		return -EPERM;
	}
	err = program_open(text);
	if (err)
		return err;
	object = observe__open();
	if (!object) {
		err = -errno;
		explain_refusal(err, text);
		return err;
	}
	err = load_template(object, pins, text);
	if (err)
		observe__destroy(object);
	return err;
}

int tracing_open(const struct pins *pins, char text[static STATUS_TEXT_MAX])
{
	if (template.object)
		return 0;
	if (!template.tried_at || monotonic_ms() >= template.tried_at + RETRY_MS) {
		template.tried_at = monotonic_ms();
		template.err = open_template(pins, template.text);
	}
	if (template.err)
		snprintf(text, STATUS_TEXT_MAX, "%s", template.text);
	return template.err;
}

void tracing_close(void)
{
	observe__destroy(template.object);
	template.object = NULL;
	template.tried_at = 0;
}

/* --- the copies --- */

static int make_first(const struct xdp_observe_key *first)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, TRACER_FIRST, sizeof(only_key),
						sizeof(*first), 1, NULL);
	int err = fd < 0 ? fd : bpf_map_update_elem(fd, &only_key, first, BPF_ANY);

	return err ? err : take_fd(&fd);
}

/* Loads one copy, which refers to these maps in place of the template's. */
static int load_copy(const struct bpf_program *program, const struct target *target, int map_fd,
		     int first_fd, char *log, size_t log_size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = bpf_program__expected_attach_type(program),
		    .attach_prog_fd = (__u32)target->prog_fd, .attach_btf_id = target->function,
		    .prog_btf_fd = (__u32)bpf_object__btf_fd(template.object->obj), .log_buf = log,
		    .log_size = (__u32)log_size, .log_level = log ? 1 : 0);
	const struct program_maps maps[] = {
		{ tracing_template_map_fd(), map_fd },
		{ bpf_map__fd(template.object->maps.bss), first_fd },
	};
	size_t count = bpf_program__insn_cnt(program);
	_cleanup_free_ struct bpf_insn *insns = program_copy_insns(program, maps, 2);

	if (!insns)
		return -ENOMEM;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, bpf_program__name(program), "GPL", insns, count,
			     &options);
}

/* Asks once more, for the verifier's words. */
static void explain_load(int err, const struct target *target, int map_fd, int first_fd,
			 char text[static STATUS_TEXT_MAX])
{
	static char log[65536];
	_cleanup_close_ int fd = -1;
	const char *reason;

	/* What the verifier accepts for one target it refuses for another only for this. */
	if (err == -EACCES) {
		snprintf(text, STATUS_TEXT_MAX,
			 "its entry function has to take one struct xdp_md * and nothing else; "
			 "change it and load the program again");
		return;
	}
	log[0] = '\0';
	fd = load_copy(template.object->progs.xdp_observe_out, target, map_fd, first_fd, log,
		       sizeof(log));
	reason = program_verifier_reason(log);
	snprintf(text, STATUS_TEXT_MAX, "the kernel refuses the observer: %s%s%.150s",
		 strerror(-err), *reason ? ", " : "", reason);
}

int tracing_load(struct tracers *tracers, const struct target *target, int map_fd,
		 const struct xdp_observe_key *first, char text[static STATUS_TEXT_MAX])
{
	_cleanup_close_ int first_fd = make_first(first), in_fd = -1, out_fd = -1;
	int err = first_fd;

	if (err >= 0)
		err = in_fd = load_copy(template.object->progs.xdp_observe_in, target, map_fd,
					first_fd, NULL, 0);
	if (err >= 0)
		err = out_fd = load_copy(template.object->progs.xdp_observe_out, target, map_fd,
					 first_fd, NULL, 0);
	if (err < 0) {
		explain_load(err, target, map_fd, first_fd, text);
		return err;
	}
	*tracers = (struct tracers){
		.in_fd = take_fd(&in_fd),
		.out_fd = take_fd(&out_fd),
		.first_fd = take_fd(&first_fd),
	};
	return 0;
}

bool tracing_uses_map(int prog_fd, int map_fd)
{
	struct map_ids maps = { .count = 0 };
	uint32_t map_id;

	return !source_map_id(map_fd, &map_id) && !source_map_ids(prog_fd, &maps) &&
	       source_has_map_id(&maps, map_id);
}

bool tracing_is_current(int in_fd, int out_fd)
{
	return program_same_tag(in_fd, bpf_program__fd(template.object->progs.xdp_observe_in)) &&
	       program_same_tag(out_fd, bpf_program__fd(template.object->progs.xdp_observe_out)) &&
	       tracing_uses_map(out_fd, tracing_observed_fd()) &&
	       tracing_uses_map(out_fd, tracing_invalid_fd()) &&
	       tracing_uses_map(out_fd, errors_bonds_fd());
}
