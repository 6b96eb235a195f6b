/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real kernel, in a network namespace of the test's own, changed with ip(8). */
#include "unit.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "kernel/rtnl.h"
#include "lib/log.h"
#include "lib/util.h"

#define DEADLINE_MS 5000
#define MAX_IFINDEX 1024

static struct rtnl *rtnl;
static int prog_fd; /* a program that passes all */
static uint32_t prog_id;

/* What the handlers have been told. */
static struct netdev known[MAX_IFINDEX + 1]; /* by ifIndex; 0 where there is none */
static unsigned int gone_count, lost_count;
static char names[4096]; /* each name in each message */

static void present(const struct netdev *netdev, void *context)
{
	size_t used = strlen(names);

	assert_ptr_equal(context, known);
	assert_true(netdev->ifindex <= MAX_IFINDEX);
	known[netdev->ifindex] = *netdev;
	snprintf(names + used, sizeof(names) - used, " %s ", netdev->name);
}

static void gone(unsigned int ifindex, void *context)
{
	assert_ptr_equal(context, known);
	assert_true(ifindex <= MAX_IFINDEX);
	known[ifindex] = (struct netdev){ 0 };
	gone_count++;
}

static void lost(void *context)
{
	assert_ptr_equal(context, known);
	lost_count++;
}

/* NULL if nobody has told of such a link. */
static const struct netdev *find(const char *name)
{
	for (unsigned int i = 1; i <= MAX_IFINDEX; i++)
		if (known[i].ifindex && !strcmp(known[i].name, name))
			return &known[i];
	return NULL;
}

static unsigned int count_known(void)
{
	unsigned int count = 0;

	for (unsigned int i = 1; i <= MAX_IFINDEX; i++)
		count += known[i].ifindex != 0;
	return count;
}

/* As another way to ask the kernel has it. */
static void assert_all_known(void)
{
	struct if_nameindex *there = if_nameindex();
	unsigned int count = 0;

	assert_non_null(there);
	for (; there[count].if_index; count++) {
		assert_true(there[count].if_index <= MAX_IFINDEX);
		assert_string_equal(known[there[count].if_index].name, there[count].if_name);
	}
	if_freenameindex(there);
	assert_int_equal(count_known(), count);
}

static void tell_all(struct rtnl *of)
{
	while (rtnl_step(of, INT64_MAX))
		;
}

static void ask(struct rtnl *of, unsigned int ifindex)
{
	rtnl_ask(of, ifindex);
	tell_all(of);
}

/* When ip(8) is done, the messages are in the queue: takes all that are there. */
static void take_all(void)
{
	struct pollfd waiting = { .fd = rtnl_fd(rtnl), .events = POLLIN };
	int64_t deadline = monotonic_ms() + DEADLINE_MS;

	while (poll(&waiting, 1, 0) > 0) {
		assert_int_equal(rtnl_read(rtnl, deadline), 0);
		assert_true(monotonic_ms() < deadline);
	}
}

static void read_all(void)
{
	take_all();
	tell_all(rtnl);
}

static void test_dump(void **state)
{
	(void)state;
	unit_run("ip link add va mtu 1400 type veth peer name vb mtu 1300");
	assert_int_equal(rtnl_dump_all(rtnl), 0);
	assert_all_known();
	assert_non_null(find("lo"));
	assert_true(find("lo")->loopback);
	assert_false(find("va")->loopback);
	assert_int_equal(find("va")->ifindex, if_nametoindex("va"));
	assert_int_equal(find("va")->mtu, 1400);
	assert_int_equal(find("vb")->ifindex, if_nametoindex("vb"));
	assert_int_equal(find("vb")->mtu, 1300);
	assert_int_equal(find("va")->mode, XDP_MODE_NONE);
	assert_int_equal(find("va")->prog_id, 0);
	assert_int_equal(gone_count, 0);
}

/* More than one buffer of a dump holds. */
static void test_many_links(void **state)
{
	int large = 1 << 24;

	(void)state;
	assert_int_equal(
		setsockopt(rtnl_fd(rtnl), SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof(large)), 0);
	unit_run("for i in $(seq 100); do echo link add v$i type veth peer name w$i; done | "
		 "ip -batch -");
	read_all();
	assert_int_equal(lost_count, 0);
	assert_int_equal(count_known(), 200);

	memset(known, 0, sizeof(known));
	assert_int_equal(rtnl_dump_all(rtnl), 0);
	assert_true(count_known() > 200);
	assert_all_known();
}

/* When its time is over, it takes one message: deletions of links cost, and managers wait. */
static void test_time_is_over(void **state)
{
	struct pollfd waiting = { .fd = rtnl_fd(rtnl), .events = POLLIN };

	(void)state;
	unit_run("ip link add va type veth peer name vb");
	read_all();
	unit_run("ip link del va");
	assert_int_equal(rtnl_read(rtnl, 0), 0);
	assert_int_equal(poll(&waiting, 1, 0), 1);
	read_all();
	assert_int_equal(gone_count, 2);
}

static void test_nothing_to_read(void **state)
{
	(void)state;
	read_all();
	assert_int_equal(rtnl_read(rtnl, 0), 0);
	assert_string_equal(names, "");
}

static void test_add_change_delete(void **state)
{
	unsigned int ifindex;

	(void)state;
	unit_run("ip link add va type veth peer name vb");
	read_all();
	ifindex = if_nametoindex("va");
	assert_int_equal(find("va")->ifindex, ifindex);
	assert_int_equal(find("vb")->ifindex, if_nametoindex("vb"));
	assert_int_equal(find("va")->mtu, 1500);

	unit_run("ip link set va mtu 1400");
	read_all();
	assert_int_equal(find("va")->mtu, 1400);

	unit_run("ip link set va name fifteen-letters");
	read_all();
	assert_null(find("va"));
	assert_int_equal(find("fifteen-letters")->ifindex, ifindex);

	assert_int_equal(gone_count, 0);
	unit_run("ip link del vb");
	read_all();
	assert_int_equal(count_known(), 0);
	assert_int_equal(gone_count, 2);
}

/* A message may be old when it is read; what the handlers get is not. */
static void test_latest_state_is_told(void **state)
{
	(void)state;
	unit_run("ip link add va type veth peer name vb");
	unit_run("ip link set va name vc");
	unit_run("ip link set vc name vd");
	read_all();
	assert_contains(names, " vd ");
	assert_null(strstr(names, " va "));
	assert_null(strstr(names, " vc "));
}

/* Many changes are asked about once. */
static void test_changes_are_told_of_once(void **state)
{
	(void)state;
	unit_run("ip link add va type veth peer name vb");
	unit_run("for i in $(seq 1001 1020); do echo link set va mtu $i; done | ip -batch -");
	take_all();
	assert_string_equal(names, "");
	assert_true(rtnl_step(rtnl, 0));
	tell_all(rtnl);
	assert_int_equal(strlen(names), strlen(" va  vb "));
	assert_int_equal(find("va")->mtu, 1020);
}

/* It may be on its way out, so it is asked about a little later. */
static void test_link_goes_down(void **state)
{
	int64_t deadline = monotonic_ms() + DEADLINE_MS;

	(void)state;
	unit_run("ip link add va type veth peer name vb");
	unit_run("ip link set va up");
	read_all();
	assert_int_equal(rtnl_wait(rtnl), INT64_MAX);
	memset(known, 0, sizeof(known));
	unit_run("ip link set va down");
	take_all();
	assert_true(rtnl_wait(rtnl) < 1000);
	assert_false(rtnl_is_storming(rtnl));
	while (!find("va")) {
		tell_all(rtnl);
		assert_true(monotonic_ms() < deadline);
	}
	assert_int_equal(rtnl_wait(rtnl), INT64_MAX);

	/* Up again, that waits for nothing. */
	unit_run("ip link set va up");
	unit_run("ip link set va down");
	unit_run("ip link set va up mtu 1234");
	read_all();
	assert_int_equal(find("va")->mtu, 1234);
}

/* Nobody is asked about those that are all on their way out. */
static void test_storm(void **state)
{
	int64_t deadline = monotonic_ms() + DEADLINE_MS;

	(void)state;
	unit_run("for i in $(seq 20); do echo link add v$i group 9 type veth peer name w$i; "
		 "echo link set v$i up; done | ip -batch -");
	read_all();
	assert_false(rtnl_is_storming(rtnl)); /* to be new and down is not to go */
	names[0] = '\0';
	unit_run("for i in $(seq 20); do echo link set v$i down; done | ip -batch -");
	read_all();
	assert_true(rtnl_is_storming(rtnl));
	unit_run("ip link del group 9");
	read_all();
	assert_int_equal(count_known(), 0);
	assert_null(strstr(names, " v1 "));
	while (rtnl_is_storming(rtnl))
		assert_true(monotonic_ms() < deadline);
	read_all();
	assert_null(strstr(names, " v1 "));
}

/* What a dump has of a link is old when the link is gone. */
static void test_gone_after_a_dump(void **state)
{
	(void)state;
	unit_run("ip link add va type veth peer name vb");
	read_all();
	assert_int_equal(rtnl_dump(rtnl), 0);
	assert_true(rtnl_is_telling(rtnl));
	unit_run("ip link del va");
	take_all();
	assert_int_equal(gone_count, 2);
	tell_all(rtnl);
	assert_false(rtnl_is_telling(rtnl));
	assert_null(find("va"));
	assert_non_null(find("lo"));
}

static void test_gone_before_it_was_read_of(void **state)
{
	(void)state;
	unit_run("ip link add va type veth peer name vb");
	unit_run("ip link del va");
	read_all();
	assert_string_equal(names, "");
	assert_int_equal(gone_count, 2);
}

static void test_port_that_leaves_its_bridge(void **state)
{
	(void)state;
	unit_run("ip link add vbr type bridge");
	unit_run("ip link add va type veth peer name vb");
	unit_run("ip link set va master vbr");
	read_all();
	assert_int_equal(find("va")->master, if_nametoindex("vbr"));
	assert_false(find("va")->bonded); /* that is a bridge */
	unit_run("ip link set va nomaster");
	read_all();
	assert_int_equal(gone_count, 0);
	assert_int_equal(find("va")->master, 0);

	/* The bridge itself is a link. */
	unit_run("ip link del vbr");
	read_all();
	assert_int_equal(gone_count, 1);
	assert_null(find("vbr"));
}

static void test_message_of_another_process(void **state)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} forged = { .header = { .nlmsg_len = sizeof(forged), .nlmsg_type = RTM_DELLINK } };
	struct pollfd waiting = { .fd = rtnl_fd(rtnl), .events = POLLIN };
	struct sockaddr_nl to;
	socklen_t size = sizeof(to);

	(void)state;
	unit_run("ip link add va type veth peer name vb");
	read_all();
	forged.info.ifi_index = (int)if_nametoindex("va");
	assert_int_equal(getsockname(rtnl_fd(rtnl), (struct sockaddr *)&to, &size), 0);
	to.nl_groups = 0;
	assert_int_equal(sendto(fd, &forged, sizeof(forged), 0, (struct sockaddr *)&to, size),
			 sizeof(forged));
	assert_int_equal(poll(&waiting, 1, DEADLINE_MS), 1);
	read_all();
	assert_int_equal(gone_count, 0);
	assert_non_null(find("va"));
}

static void test_overflow(void **state)
{
	int smallest = 1;

	(void)state;
	unit_run("ip link add va type veth peer name vb");
	read_all();
	assert_int_equal(
		setsockopt(rtnl_fd(rtnl), SOL_SOCKET, SO_RCVBUF, &smallest, sizeof(smallest)), 0);
	unit_run("for i in $(seq 1001 1050); do echo link set va mtu $i; done | ip -batch -");
	unit_run("ip link del va");
	unit_run("ip link add vc type veth peer name vd");
	assert_int_equal(lost_count, 0);
	read_all();
	assert_true(lost_count > 0);

	/* It goes on from there. */
	memset(known, 0, sizeof(known));
	assert_int_equal(rtnl_dump_all(rtnl), 0);
	assert_null(find("va"));
	assert_non_null(find("vc"));
	unit_run("ip link set vc mtu 1234");
	read_all();
	assert_int_equal(find("vc")->mtu, 1234);
}

/* What the last message told of va: its alternative names, with spaces between them. */
static char altnames[65536];

static void note_altnames(const struct netdev *netdev, void *context)
{
	const char *name = netdev->altnames;
	size_t used = 0;

	(void)context;
	if (strcmp(netdev->name, "va") != 0)
		return;
	altnames[0] = '\0';
	for (; name && *name; name += strlen(name) + 1)
		used += (size_t)snprintf(altnames + used, sizeof(altnames) - used, "%s%s",
					 used ? " " : "", name);
}

/* Up to the most that the kernel takes: a link of 64 KiB hides no other. */
static void test_altnames(void **state)
{
	const struct rtnl_handlers handlers = { .present = note_altnames };
	struct rtnl *other;

	(void)state;
	unit_run("ip link add va type veth peer name vb");
	assert_int_equal(rtnl_open(&other, &handlers), 0);
	ask(other, if_nametoindex("va"));
	assert_string_equal(altnames, "");
	unit_run("ip link property add dev va altname alt0 altname sixteen-letters-");
	ask(other, if_nametoindex("va"));
	assert_string_equal(altnames, "alt0 sixteen-letters-");
	unit_run("ip link property del dev va altname alt0");
	assert_int_equal(rtnl_dump_all(other), 0);
	assert_string_equal(altnames, "sixteen-letters-");

	read_all();
	unit_run("for i in $(seq 400); do echo link property add dev va altname "
		 "$(printf %%0120d $i); done | ip -batch -");
	read_all();
	assert_int_equal(lost_count, 0);
	ask(other, if_nametoindex("va"));
	assert_int_equal(strlen(altnames), 16 + 400 * 121);
	memset(known, 0, sizeof(known));
	assert_int_equal(rtnl_dump_all(rtnl), 0);
	assert_int_equal(count_known(), 3); /* glibc's if_nameindex() lacks va */
	assert_non_null(find("lo"));
	assert_non_null(find("vb"));
	unit_run("ip link set va mtu 1400");
	read_all();
	assert_int_equal(find("va")->mtu, 1400);
	rtnl_close(other);
}

static void attach(const char *name, uint32_t mode_flag)
{
	assert_int_equal(bpf_xdp_attach((int)if_nametoindex(name), prog_fd, mode_flag, NULL), 0);
}

static void detach(const char *name, uint32_t mode_flag)
{
	assert_int_equal(bpf_xdp_detach((int)if_nametoindex(name), mode_flag, NULL), 0);
}

static void assert_xdp(const char *name, enum xdp_mode mode, uint32_t id)
{
	assert_non_null(find(name));
	assert_int_equal(find(name)->mode, mode);
	assert_int_equal(find(name)->prog_id, id);
}

static void test_programs(void **state)
{
	static const struct {
		uint32_t flag;
		enum xdp_mode mode;
	} modes[] = {
		{ XDP_FLAGS_DRV_MODE, XDP_MODE_NATIVE },
		{ XDP_FLAGS_SKB_MODE, XDP_MODE_GENERIC },
	};

	(void)state;
	unit_run("ip link add va type veth peer name vb");
	unit_run("ip link set va up"); /* of one that is down the kernel tells nothing */
	read_all();
	for (size_t i = 0; i < LENGTH(modes); i++) {
		assert_xdp("va", XDP_MODE_NONE, 0);
		attach("va", modes[i].flag);
		read_all();
		assert_xdp("va", modes[i].mode, prog_id);
		assert_xdp("vb", XDP_MODE_NONE, 0);
		assert_int_equal(rtnl_dump_all(rtnl), 0);
		assert_xdp("va", modes[i].mode, prog_id);
		assert_xdp("vb", XDP_MODE_NONE, 0);
		detach("va", modes[i].flag);
		read_all();
	}
	assert_xdp("va", XDP_MODE_NONE, 0);
}

/* The kernel need not tell of it, so a dump has to, or a question about this one. */
static void test_program_attached_by_link(void **state)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	unsigned int ifindex;
	int link_fd;

	(void)state;
	unit_run("ip link add va type veth peer name vb");
	ifindex = if_nametoindex("va");
	link_fd = bpf_link_create(prog_fd, (int)ifindex, BPF_XDP, &options);
	assert_true(link_fd >= 0);
	assert_int_equal(rtnl_dump_all(rtnl), 0);
	assert_xdp("va", XDP_MODE_NATIVE, prog_id);
	close(link_fd);
	assert_int_equal(rtnl_dump_all(rtnl), 0);
	assert_xdp("va", XDP_MODE_NONE, 0);

	memset(known, 0, sizeof(known));
	link_fd = bpf_link_create(prog_fd, (int)ifindex, BPF_XDP, &options);
	ask(rtnl, ifindex);
	assert_int_equal(count_known(), 1);
	assert_xdp("va", XDP_MODE_NATIVE, prog_id);
	close(link_fd);
	ask(rtnl, ifindex);
	assert_xdp("va", XDP_MODE_NONE, 0);
}

static void test_link_that_is_not_there(void **state)
{
	(void)state;
	assert_false(rtnl_is_gone(if_nametoindex("lo")));
	assert_true(rtnl_is_gone(MAX_IFINDEX));
	ask(rtnl, MAX_IFINDEX);
	assert_int_equal(count_known(), 0);
	assert_int_equal(gone_count, 0);
	assert_string_equal(unit_logged, "");
}

static void test_no_descriptors_left(void **state)
{
	const struct rtnl_handlers handlers = { 0 };
	struct rlimit before, none;
	struct rtnl *other = NULL;
	int open_err, dump_err;

	(void)state;
	assert_true(fcntl(rtnl_fd(rtnl), F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	open_err = rtnl_open(&other, &handlers);
	dump_err = rtnl_dump_all(rtnl);
	ask(rtnl, 1);
	setrlimit(RLIMIT_NOFILE, &before);

	assert_int_equal(open_err, -EMFILE);
	assert_null(other);
	assert_int_equal(dump_err, -EMFILE);
	assert_contains(unit_logged, "err: cannot subscribe to link messages");
	assert_contains(unit_logged, "err: cannot list the network interfaces");
	assert_contains(unit_logged, "err: cannot ask for interface 1");
	unit_log_clear();
	assert_int_equal(rtnl_dump_all(rtnl), 0);
}

static int setup(void **state)
{
	const struct rtnl_handlers handlers = {
		.present = present,
		.gone = gone,
		.lost = lost,
		.context = known,
	};

	(void)state;
	unit_enter_namespace(); /* the last one goes, and what was left in it */
	memset(known, 0, sizeof(known));
	names[0] = '\0';
	gone_count = lost_count = 0;
	unit_log_clear();
	return rtnl_open(&rtnl, &handlers);
}

static int teardown(void **state)
{
	(void)state;
	rtnl_close(rtnl);
	assert_null(strstr(unit_logged, "err:"));
	return 0;
}

/* BPF needs more than root in some containers. */
static void load_program(void)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	prog_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "unit_pass", "GPL", pass, LENGTH(pass), NULL);
	if (prog_fd < 0 || bpf_obj_get_info_by_fd(prog_fd, &info, &size)) {
		printf("1..0 # SKIP cannot load an XDP program: %s\n", strerror(errno));
		exit(EXIT_SUCCESS);
	}
	prog_id = info.id;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dump),
		TEST(test_many_links),
		TEST(test_time_is_over),
		TEST(test_nothing_to_read),
		TEST(test_add_change_delete),
		TEST(test_latest_state_is_told),
		TEST(test_changes_are_told_of_once),
		TEST(test_link_goes_down),
		TEST(test_storm),
		TEST(test_gone_after_a_dump),
		TEST(test_gone_before_it_was_read_of),
		TEST(test_port_that_leaves_its_bridge),
		TEST(test_message_of_another_process),
		TEST(test_overflow),
		TEST(test_altnames),
		TEST(test_programs),
		TEST(test_program_attached_by_link),
		TEST(test_link_that_is_not_there),
		TEST(test_no_descriptors_left),
	};

	unit_enter_namespace();
	load_program();
	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
