/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock on the pins of a network namespace, in a real bpffs. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pins.h"
#include "lib/reason.h"
#include "lib/util.h"

#define NOBODY 65534

static char directory[128], lock_path[256];
static struct pins *pins;
static struct reason error;

static int setup(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "%s/pins", unit_bpffs);
	if (pins_open(&pins, directory, true, &error))
		return -1;
	snprintf(lock_path, sizeof(lock_path), "%.*s/lock",
		 (int)(strlen(pins_path(pins, 0, PIN_ERRORS)) - strlen("/0/errors")),
		 pins_path(pins, 0, PIN_ERRORS));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pins_close(pins);
	unit_run("rm -rf %s", directory);
	return 0;
}

static void assert_taken(void)
{
	if (pins_lock(pins, &error))
		fail_msg("%s", error.text);
}

/* Somebody else's attempt, as of another process: an open file of its own. */
static int try_again(void)
{
	struct pins *other;
	int err = pins_open(&other, directory, true, &error);

	if (err)
		return err;
	err = pins_lock(other, &error);
	pins_close(other);
	return err;
}

static void test_holder(void **state)
{
	(void)state;
	assert_int_equal(pins_holder(pins), 0);
	assert_taken();
	assert_int_equal(pins_holder(pins), getpid());
	pins_close(pins);
	assert_int_equal(pins_open(&pins, directory, false, &error), 0);
	assert_int_equal(pins_holder(pins), 0);
}

static void test_second_one_is_refused(void **state)
{
	char words[300];

	(void)state;
	assert_taken();
	assert_taken(); /* it is ours */
	snprintf(words, sizeof(words), "process %d uses the pins in %s", (int)getpid(), directory);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(try_again(), -EBUSY);
		assert_contains(error.text, words);
	}
	assert_int_equal(pins_holder(pins), getpid());
}

static void test_closing_gives_it_back(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(try_again(), 0);
}

/* The child's end: tells the parent how it went, and stays until it is killed. */
static _Noreturn void report(int fd, bool good)
{
	if (write(fd, good ? "y" : "n", 1) == 1)
		pause();
	_exit(EXIT_FAILURE);
}

/* The parent's: waits for that. */
static bool was_good(const int ready[2])
{
	char byte = 0;

	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return byte == 'y';
}

/* Forks a holder of the lock and returns when it has it. */
static pid_t fork_holder(bool elsewhere)
{
	int ready[2];
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct pins *held;

		alarm(20);
		if (elsewhere)
			unit_enter_namespace();
		report(ready[1],
		       !pins_open(&held, directory, true, &error) && !pins_lock(held, &error));
	}
	assert_true(was_good(ready));
	return child;
}

static void test_goes_with_a_killed_holder(void **state)
{
	pid_t holder = fork_holder(false);

	(void)state;
	assert_int_equal(pins_holder(pins), holder);
	assert_int_equal(pins_lock(pins, &error), -EBUSY);
	kill(holder, SIGKILL);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	assert_taken();
}

static void test_other_namespace_has_its_own(void **state)
{
	pid_t holder = fork_holder(true);
	pid_t here = pins_holder(pins);
	int err = pins_lock(pins, &error);

	(void)state;
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	assert_int_equal(here, 0);
	assert_int_equal(err, 0);
}

/* What a user without rights can do to hold the lock, or to have it look held. */
static void squat(const char *path)
{
	static const int kinds[] = { LOCK_EX, LOCK_SH };
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (fd >= 0)
			flock(fd, kinds[i] | LOCK_NB);
}

static void test_no_user_can_hold_it(void **state)
{
	int ready[2];
	bool good;
	pid_t child;

	(void)state;
	assert_int_equal(try_again(), 0); /* the directory is there now */
	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		alarm(20);
		if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY))
			_exit(EXIT_FAILURE);
		squat(lock_path);
		squat(directory);
		report(ready[1], open(lock_path, O_RDONLY) < 0 && errno == EACCES);
	}
	good = was_good(ready);
	assert_int_equal(pins_holder(pins), 0);
	assert_taken();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_true(good);
}

/* Its place is taken away with the pins, by root; what is made there anew is another lock. */
static void test_what_was_removed_is_taken_anew(void **state)
{
	(void)state;
	assert_taken();
	unit_run("rm -rf %s", directory);
	assert_int_equal(pins_holder(pins), 0);
	assert_taken();
	assert_int_equal(pins_holder(pins), getpid());
	assert_int_equal(try_again(), -EBUSY);

	unit_run("rm -rf %s", directory);
	fork_holder(false);
	assert_int_equal(pins_lock(pins, &error), -EBUSY);
	kill(pins_holder(pins), SIGKILL);
	wait(NULL);
	assert_taken();
}

static void test_goes_with_the_namespace(void **state)
{
	(void)state;
	assert_taken();
	assert_int_equal(access(lock_path, F_OK), 0);
	pins_remove_namespace(pins);
	assert_int_equal(access(lock_path, F_OK), -1);
	unit_run("test \"$(ls %s)\" = ''", directory);
	assert_int_equal(try_again(), 0);
}

static void test_a_place_of_somebody_else(void **state)
{
	(void)state;
	unit_run("mkdir %s && chown %d %s", lock_path, NOBODY, lock_path);
	assert_int_equal(pins_lock(pins, &error), -EPERM);
	assert_contains(error.text, "/lock belongs to uid 65534, expected 0 or 0");
	unit_run("chown 0 %s && chmod 777 %s", lock_path, lock_path);
	assert_int_equal(pins_lock(pins, &error), -EPERM);
	assert_contains(error.text, "others may write to ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_holder),
		TEST(test_second_one_is_refused),
		TEST(test_closing_gives_it_back),
		TEST(test_goes_with_a_killed_holder),
		TEST(test_other_namespace_has_its_own),
		TEST(test_no_user_can_hold_it),
		TEST(test_what_was_removed_is_taken_anew),
		TEST(test_goes_with_the_namespace),
		TEST(test_a_place_of_somebody_else),
	};
	int failed;

	unit_enter_namespace();
	unit_bpffs_begin();
	failed = cmocka_run_group_tests_name("pin_lock", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
