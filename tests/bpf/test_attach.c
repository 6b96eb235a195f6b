/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaching the counter program, and what the operator is told where that is refused. */
#include "fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "lib/util.h"
#include "source/source.h"

#define NO_NATIVE "driver does not support XDP in native mode"
#define BOTH_MODES "Native and generic XDP can't be active at the same time"
#define LINK_THERE "Can't replace active BPF XDP link"
#define PROGRAM_THERE "XDP program already attached"
#define NOT_PINNED "not pinned: counters will not outlive the agent"

static void test_attaches_natively(void **state)
{
	static const enum xdp_hook hooks[] = { HOOK_ANY, HOOK_NATIVE };
	struct source *source = fixture_open();
	struct reason reason;

	(void)state;
	for (unsigned int i = 0; i < LENGTH(hooks); i++) {
		fixture_attach(source, "left", hooks[i], &reason);
		assert_string_equal(reason.text, NOT_PINNED);
		assert_int_equal(source_status(source).mode, XDP_MODE_NATIVE);
		assert_int_not_equal(source_status(source).prog_id, 0);
		fixture_assert_hook("left", source_status(source).prog_id, 0);
	}
}

/* veth refuses a program that cannot take fragments where the other end sends such frames. */
static void test_attaches_natively_at_mtu_9000(void **state)
{
	struct source *source = fixture_open();
	struct reason reason;

	(void)state;
	unit_run("ip link set right mtu 9000");
	fixture_attach(source, "left", HOOK_NATIVE, &reason);
	fixture_assert_hook("left", source_status(source).prog_id, 0);
	unit_run("ip link set right mtu 1500");
}

static void test_attaches_generically_on_request(void **state)
{
	struct source *source = fixture_open();
	struct reason reason;

	(void)state;
	fixture_attach(source, "left", HOOK_GENERIC, &reason);
	assert_string_equal(reason.text, NOT_PINNED);
	assert_int_equal(source_status(source).mode, XDP_MODE_GENERIC);
	fixture_assert_hook("left", 0, source_status(source).prog_id);
}

static void test_falls_back_to_generic(void **state)
{
	struct source *source = fixture_open();
	struct reason reason;

	(void)state;
	fixture_attach(source, "lo", HOOK_ANY, &reason);
	assert_contains(reason.text, "native was refused: ");
	assert_contains(reason.text, NO_NATIVE);
	assert_int_equal(source_status(source).mode, XDP_MODE_GENERIC);
	fixture_assert_hook("lo", 0, source_status(source).prog_id);
}

/* Attaches where that has to fail, with these parts in the text, a NULL behind the last one. */
static int attach_refused(const char *ifname, enum xdp_hook hook, const char *const *words)
{
	struct source *source = fixture_open();
	struct netdev netdev = fixture_netdev(ifname);
	struct reason reason = { "" };
	int err = source_attach(source, &netdev, hook, &reason);

	assert_true(err < 0);
	assert_contains(reason.text, "cannot attach the counter program; ");
	for (; *words; words++)
		assert_contains(reason.text, *words);
	assert_int_equal(source_status(source).prog_id, 0);
	fixture_close(source);
	return err;
}

static void test_native_only_is_refused(void **state)
{
	(void)state;
	assert_int_equal(attach_refused("lo", HOOK_NATIVE,
					(const char *[]){ "; native: ", NO_NATIVE, NULL }),
			 -EOPNOTSUPP);
	fixture_assert_hook("lo", 0, 0);
}

static const struct foreign_case {
	bool by_link, generic;
	enum xdp_hook hook;
	const char *words[3];
} foreign_cases[] = {
	{ true, false, HOOK_ANY, { "; native: " LINK_THERE, "; generic: " BOTH_MODES } },
	{ true, false, HOOK_NATIVE, { "; native: " LINK_THERE } },
	{ true, false, HOOK_GENERIC, { "; generic: " BOTH_MODES } },
	{ true, true, HOOK_ANY, { "; native: " BOTH_MODES, "; generic: " LINK_THERE } },
	{ true, true, HOOK_NATIVE, { "; native: " BOTH_MODES } },
	{ true, true, HOOK_GENERIC, { "; generic: " LINK_THERE } },
	{ false, false, HOOK_ANY, { "; native: " PROGRAM_THERE, "; generic: " BOTH_MODES } },
	{ false, false, HOOK_NATIVE, { "; native: " PROGRAM_THERE } },
	{ false, false, HOOK_GENERIC, { "; generic: " BOTH_MODES } },
	{ false, true, HOOK_ANY, { "; native: " BOTH_MODES, "; generic: " PROGRAM_THERE } },
	{ false, true, HOOK_NATIVE, { "; native: " BOTH_MODES } },
	{ false, true, HOOK_GENERIC, { "; generic: " PROGRAM_THERE } },
};

static void check_foreign(const struct foreign_case *foreign, int prog_fd)
{
	unsigned int mode = foreign->generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode);
	int ifindex = (int)fixture_netdev("left").ifindex, link_fd = -1, err;
	uint32_t id = fixture_prog_id(prog_fd);

	if (foreign->by_link) {
		link_fd = bpf_link_create(prog_fd, ifindex, BPF_XDP, &options);
		assert_true(link_fd >= 0);
	} else {
		assert_int_equal(bpf_xdp_attach(ifindex, prog_fd, mode, NULL), 0);
	}
	fixture_assert_hook("left", foreign->generic ? 0 : id, foreign->generic ? id : 0);
	err = attach_refused("left", foreign->hook, foreign->words);
	assert_true(err == -EBUSY || err == -EEXIST);
	fixture_assert_hook("left", foreign->generic ? 0 : id, foreign->generic ? id : 0);
	if (foreign->by_link)
		close(link_fd);
	else
		assert_int_equal(bpf_xdp_detach(ifindex, mode, NULL), 0);
	fixture_assert_hook("left", 0, 0);
}

static void test_foreign_program_stays(void **state)
{
	_cleanup_close_ int prog_fd = fixture_load_foreign();

	(void)state;
	for (unsigned int i = 0; i < LENGTH(foreign_cases); i++)
		check_foreign(&foreign_cases[i], prog_fd);
}

/* From now on the kernel makes no link for this process, whatever it is asked for. */
static int forbid_links(void)
{
	/* The command of bpf(2), an int, is the lower half of its 64-bit argument. */
	__u32 command = offsetof(struct seccomp_data, args[0]) +
			(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0);
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, command),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPF_LINK_CREATE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = LENGTH(filter), .filter = filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void attach_without_links(struct fixture_answer *answer)
{
	answer->err = forbid_links();
	if (!answer->err)
		fixture_open_and_attach(answer);
}

/* The question for the reason, asked by netlink, succeeds here. It must not attach for good. */
static void test_asking_for_the_reason_attaches_nothing(void **state)
{
	struct fixture_answer answer;
	int status;

	(void)state;
	answer = fixture_ask_child(attach_without_links, &status);
	assert_int_equal(answer.err, -ENOMEM);
	assert_string_equal(answer.reason.text, "cannot attach the counter program; "
						"native: Cannot allocate memory; "
						"generic: Cannot allocate memory; " NOT_PINNED);
	fixture_assert_hook("left", 0, 0);
}

static struct source *inherited;

/* Nobody, and without any capability. */
static int become_nobody(void)
{
	return setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
	       setresuid(65534, 65534, 65534);
}

static void open_as_nobody(struct fixture_answer *answer)
{
	answer->err = become_nobody();
	if (!answer->err)
		fixture_open_and_attach(answer);
}

static void attach_as_nobody(struct fixture_answer *answer)
{
	struct netdev netdev = { .ifindex = if_nametoindex("left") };

	answer->err = become_nobody();
	if (!answer->err)
		answer->err = source_attach(inherited, &netdev, HOOK_ANY, &answer->reason);
}

static void test_missing_permission_is_told(void **state)
{
	struct fixture_answer answer;
	int status;

	(void)state;
	answer = fixture_ask_child(open_as_nobody, &status);
	assert_int_equal(answer.err, -EPERM);
	assert_contains(answer.reason.text,
			"cannot load the counter program: Operation not permitted");
	assert_contains(answer.reason.text, "CAP_BPF");
	assert_contains(answer.reason.text, "CAP_NET_ADMIN");

	inherited = fixture_open();
	answer = fixture_ask_child(attach_as_nobody, &status);
	assert_int_equal(answer.err, -EPERM);
	assert_contains(answer.reason.text,
			"cannot load the counter program: Operation not permitted");
}

/* All that the program needs; to look into xdp_buff takes CAP_PERFMON as well. */
static void attach_with_two_capabilities(struct fixture_answer *answer)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	static const unsigned int needed[] = { CAP_BPF, CAP_NET_ADMIN };

	for (unsigned int i = 0; i < LENGTH(needed); i++)
		sets[CAP_TO_INDEX(needed[i])].permitted |= CAP_TO_MASK(needed[i]);
	for (unsigned int i = 0; i < LENGTH(sets); i++)
		sets[i].effective = sets[i].permitted;
	answer->err = (int)syscall(SYS_capset, &header, sets);
	if (!answer->err)
		fixture_open_and_attach(answer);
}

static void test_two_capabilities_are_enough(void **state)
{
	struct fixture_answer answer;
	int status;

	(void)state;
	answer = fixture_ask_child(attach_with_two_capabilities, &status);
	assert_string_equal(answer.reason.text, NOT_PINNED);
	assert_int_equal(answer.err, 0);
	assert_int_not_equal(answer.prog_id, 0);
	assert_true(fixture_eventually(fixture_hook_is_free, "left"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_attaches_natively, fixture_teardown),
		cmocka_unit_test_teardown(test_attaches_natively_at_mtu_9000, fixture_teardown),
		cmocka_unit_test_teardown(test_attaches_generically_on_request, fixture_teardown),
		cmocka_unit_test_teardown(test_falls_back_to_generic, fixture_teardown),
		cmocka_unit_test_teardown(test_native_only_is_refused, fixture_teardown),
		cmocka_unit_test_teardown(test_foreign_program_stays, fixture_teardown),
		cmocka_unit_test_teardown(test_asking_for_the_reason_attaches_nothing,
					  fixture_teardown),
		cmocka_unit_test_teardown(test_missing_permission_is_told, fixture_teardown),
		cmocka_unit_test_teardown(test_two_capabilities_are_enough, fixture_teardown),
	};

	fixture_enter();
	return cmocka_run_group_tests_name("attach", tests, NULL, NULL);
}
