/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which programs use a map, as they come and go. */
#include "map_fixture.h"

#include "kernel/bpf_info.h"
#include "kernel/map_users.h"
#include "lib/util.h"

#define MANY 200

static struct map_users users;
static int other_fd; /* a map that no program uses at first */

static int setup(void **state)
{
	int err = map_fixture_setup(state);

	other_fd = make_map(BPF_MAP_TYPE_ARRAY, "other");
	return err;
}

static int teardown(void **state)
{
	give_back(&other_fd);
	map_users_free(&users);
	return map_fixture_teardown(state);
}

static uint32_t user(void)
{
	return map_users_of(&users, id_of(other_fd));
}

static uint32_t id_of_program(int fd)
{
	struct bpf_prog_info info;

	assert_int_equal(bpf_info_of_prog(fd, &info), 0);
	return info.id;
}

/* The kernel takes the id of a program back a little later. */
static bool is_used_by(const void *id)
{
	return user() == *(const uint32_t *)id;
}

static void assert_used_by(uint32_t id)
{
	for (int64_t end = monotonic_ms() + 5000; !is_used_by(&id);)
		assert_true(monotonic_ms() < end);
}

static void test_come_and_go(void **state)
{
	int first_fd, second_fd;
	uint32_t first, second;

	(void)state;
	assert_int_equal(user(), 0);
	first_fd = load_counting(&other_fd, 1);
	first = id_of_program(first_fd);
	assert_int_equal(user(), first);
	second_fd = load_counting(&other_fd, 1);
	second = id_of_program(second_fd);
	assert_int_equal(user(), MAP_USERS_SEVERAL);
	give_back(&first_fd);
	assert_used_by(second);
	/* Nobody asked while it came and went. */
	first_fd = load_counting(&other_fd, 1);
	give_back(&first_fd);
	assert_used_by(second);
	give_back(&second_fd);
}

/* Of programs that have gone nothing is kept for long, though nobody asks for their map. */
static void test_many(void **state)
{
	int last_fd = -1;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		give_back(&last_fd);
		last_fd = load_counting(&other_fd, 1);
		assert_int_equal(map_users_of(&users, 0), 0);
	}
	assert_true(users.count < MANY);
	assert_used_by(id_of_program(last_fd));
	give_back(&last_fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_come_and_go),
		TEST(test_many),
	};
	int failed;

	pins_fixture_begin();
	failed = cmocka_run_group_tests_name("map users", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
