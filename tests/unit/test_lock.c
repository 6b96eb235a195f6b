/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lock.h"
#include "lib/log.h"
#include "lib/util.h"

#define UNTOUCHED 12345

static int clear_log(void **state)
{
	(void)state;
	unit_log_clear();
	return 0;
}

static void test_holder(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(lock_holder(), 0);
	assert_int_equal(lock_open(&fd), 0);
	assert_int_equal(lock_holder(), getpid());
	close(fd);
	assert_int_equal(lock_holder(), 0);
	assert_string_equal(unit_logged, "");
}

static void test_second_one_is_refused(void **state)
{
	_cleanup_close_ int first = -1;
	int second = UNTOUCHED;
	char pid[32];

	(void)state;
	assert_int_equal(lock_open(&first), 0);
	assert_true(fcntl(first, F_GETFD) & FD_CLOEXEC);
	assert_string_equal(unit_logged, "");

	assert_int_equal(lock_open(&second), -EADDRINUSE);
	assert_int_equal(second, UNTOUCHED);
	snprintf(pid, sizeof(pid), "(pid %d)", (int)getpid());
	assert_contains(unit_logged, "err: another " PACKAGE_NAME);
	assert_contains(unit_logged, pid);
}

/* The holder accepts no connection; those who ask who it is must not wait for that. */
static void test_many_are_refused_in_turn(void **state)
{
	_cleanup_close_ int first = -1;
	int fd, status;
	pid_t child;

	(void)state;
	assert_int_equal(lock_open(&first), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		alarm(10);
		for (int i = 0; i < 10; i++)
			if (lock_open(&fd) != -EADDRINUSE || lock_holder() != getppid())
				_exit(EXIT_FAILURE);
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0); /* not killed by the alarm */
}

static void test_closing_gives_it_back(void **state)
{
	int fd;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lock_open(&fd), 0);
		close(fd);
	}
}

/* Forks a holder of the lock and returns when it has it. */
static pid_t fork_holder(bool elsewhere)
{
	int ready[2], fd;
	char byte = 0;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		alarm(20);
		if (elsewhere)
			unit_enter_namespace();
		byte = lock_open(&fd) ? 'n' : 'y';
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(EXIT_FAILURE);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	assert_int_equal(byte, 'y');
	return child;
}

static void test_goes_with_a_killed_holder(void **state)
{
	pid_t holder = fork_holder(false);
	char pid[32];
	int fd;

	(void)state;
	snprintf(pid, sizeof(pid), "(pid %d)", (int)holder);
	assert_int_equal(lock_holder(), holder);
	assert_int_equal(lock_open(&fd), -EADDRINUSE);
	assert_contains(unit_logged, pid);

	kill(holder, SIGKILL);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	assert_int_equal(lock_open(&fd), 0);
	close(fd);
}

static void test_other_namespace_has_its_own(void **state)
{
	pid_t holder = fork_holder(true);
	pid_t here = lock_holder();
	int fd, err = lock_open(&fd);

	(void)state;
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	assert_int_equal(here, 0);
	assert_int_equal(err, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_holder, clear_log),
		cmocka_unit_test_setup(test_second_one_is_refused, clear_log),
		cmocka_unit_test_setup(test_closing_gives_it_back, clear_log),
		cmocka_unit_test_setup(test_goes_with_a_killed_holder, clear_log),
		cmocka_unit_test_setup(test_other_namespace_has_its_own, clear_log),
		cmocka_unit_test_setup(test_many_are_refused_in_turn, clear_log),
	};

	unit_enter_namespace();
	log_set_sink(unit_log);
	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
