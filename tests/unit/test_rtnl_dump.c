/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps that the kernel marks as inconsistent: what it answers is made up here. */
#include "unit.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "kernel/rtnl.h"
#include "lib/log.h"

#define TRIES 10 /* as rtnl.c has it */

/* One try: links, "IFINDEX=NAME" with a space between them. */
struct answer {
	const char *links;
	bool marked;
};

static const struct answer *answers;
static unsigned int answered, failing;
static char told[1024]; /* "IFINDEX=NAME " for each call of present() */
static struct rtnl *rtnl;

static size_t put_message(char *buffer, uint16_t type, bool marked, unsigned int ifindex,
			  const char *name)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_MULTI | (marked ? NLM_F_DUMP_INTR : 0));
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	info->ifi_index = (int)ifindex;
	if (name)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return MNL_ALIGN(message->nlmsg_len);
}

/* The mark is on the second message, at which libmnl would stop; that may be the end. */
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *socket, void *buffer, size_t size);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *socket, void *buffer, size_t size)
{
	const struct answer *answer = &answers[answered++];
	const char *link = answer->links;
	size_t used = 0;
	unsigned int count = 0;
	unsigned int ifindex;
	char name[IFNAMSIZ];
	int length;

	(void)socket;
	assert_true(size >= 4096);
	if (answered == failing) {
		errno = ENOBUFS;
		return -1;
	}
	while (sscanf(link, " %u=%15s%n", &ifindex, name, &length) == 2) {
		used += put_message((char *)buffer + used, RTM_NEWLINK,
				    answer->marked && count == 1, ifindex, name);
		link += length;
		count++;
	}
	return (ssize_t)(used + put_message((char *)buffer + used, NLMSG_DONE,
					    answer->marked && count < 2, 0, NULL));
}

static void present(const struct netdev *netdev, void *context)
{
	size_t used = strlen(told);

	(void)context;
	snprintf(told + used, sizeof(told) - used, "%u=%s ", netdev->ifindex, netdev->name);
}

static int dump(const struct answer *given)
{
	int err;

	answers = given;
	answered = 0;
	told[0] = '\0';
	err = rtnl_dump(rtnl);
	assert_string_equal(told, "");
	while (rtnl_step(rtnl, 0))
		;
	return err;
}

static void test_consistent(void **state)
{
	const struct answer once[] = { { "1=lo 7=va 3=vb", false } };
	const struct answer none[] = { { "", false } };

	(void)state;
	assert_int_equal(dump(once), 0);
	assert_string_equal(told, "1=lo 7=va 3=vb ");
	assert_int_equal(answered, 1);
	assert_int_equal(dump(none), 0);
	assert_string_equal(told, "");
}

/* What an inconsistent try told is not told of. */
static void test_repeated(void **state)
{
	const struct answer given[] = {
		{ "1=lo 2=va 3=vb", true },
		{ "1=lo", true }, /* its end alone is marked */
		{ "1=lo 3=vb 4=vc", false },
	};

	(void)state;
	assert_int_equal(dump(given), 0);
	assert_int_equal(answered, 3);
	assert_string_equal(told, "1=lo 3=vb 4=vc ");
}

/* The last try counts, with what is behind the mark; of two messages the later one. */
static void test_never_consistent(void **state)
{
	struct answer given[TRIES];

	(void)state;
	for (size_t i = 0; i < TRIES; i++)
		given[i] = (struct answer){ "1=lo 9=old", true };
	given[TRIES - 1].links = "1=lo 5=va 4=vb 6=vc 5=vd 8=vb 6=vc";
	assert_int_equal(dump(given), -EINTR);
	assert_int_equal(answered, TRIES);
	assert_string_equal(told, "1=lo 5=vd 6=vc 8=vb ");
	assert_string_equal(unit_logged, "");
}

static void test_failure(void **state)
{
	const struct answer given[] = { { "1=lo 2=va", true }, { "1=lo", false } };

	(void)state;
	failing = 2;
	assert_int_equal(dump(given), -ENOBUFS);
	assert_string_equal(told, "");
	assert_contains(unit_logged, "err: cannot list the network interfaces (RTM_GETLINK)");
}

static int setup(void **state)
{
	const struct rtnl_handlers handlers = { .present = present };

	(void)state;
	failing = 0;
	unit_log_clear();
	return rtnl_open(&rtnl, &handlers);
}

static int teardown(void **state)
{
	(void)state;
	rtnl_close(rtnl);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_consistent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_repeated, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_consistent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure, setup, teardown),
	};

	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("dumps", tests, NULL, NULL);
}
