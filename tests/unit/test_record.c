/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record beside the counter map, in a real bpffs. */
#include "unit.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/util.h"
#include "source/record.h"
#include "source/source.h"

static struct pins *pins;
static struct reason error;

static int setup(void **state)
{
	char directory[128];

	(void)state;
	reason_clear(&error);
	snprintf(directory, sizeof(directory), "%s/pins", unit_bpffs);
	return pins_open(&pins, directory, true, &error);
}

static int teardown(void **state)
{
	(void)state;
	pins_close(pins);
	unit_run("rm -rf %s/pins", unit_bpffs);
	return 0;
}

/* Every octet is another one, and the version and the name are right. */
static struct record sample(unsigned char first)
{
	unsigned char octets[sizeof(struct record)] = { 0 };
	struct record state;

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)(first + i);
	memcpy(&state, octets, sizeof(state));
	state.version = RECORD_VERSION;
	memset(state.name, 0, sizeof(state.name));
	memcpy(state.name, "eth0", 4);
	return state;
}

/* The caller owns the descriptor. */
static int create(const struct record *record)
{
	int fd = record_create(record, pins, 3, &error);

	if (fd < 0)
		fail_msg("%s", &error);
	return fd;
}

static void assert_pinned(const struct record *expected)
{
	struct record found;
	_cleanup_close_ int fd = record_open(&found, pins, 3, &error);

	if (fd < 0)
		fail_msg("%s", &error);
	assert_memory_equal(&found, expected, sizeof(found));
}

/* It outlives its descriptor. */
static void test_creates_and_opens(void **state)
{
	struct record record = sample(1);

	(void)state;
	close(create(&record));
	assert_pinned(&record);
}

static void test_writes(void **state)
{
	struct record record = sample(1), next = sample(77);
	_cleanup_close_ int fd = create(&record);
	struct record opened;
	_cleanup_close_ int again = record_open(&opened, pins, 3, &error);

	(void)state;
	assert_int_equal(record_write(fd, &next), 0);
	assert_pinned(&next);
	assert_int_equal(record_write(again, &record), 0);
	assert_pinned(&record);
	assert_true(record_write(-1, &record) < 0);
}

static void test_there_is_none(void **state)
{
	struct record record = sample(1), untouched = record;

	(void)state;
	assert_int_equal(record_open(&record, pins, 3, &error), -ENOENT);
	assert_contains(error.text, pins_path(pins, 3, PIN_STATE));
	assert_memory_equal(&record, &untouched, sizeof(record));
}

static void test_there_is_one_already(void **state)
{
	struct record record = sample(1), other = sample(2);

	(void)state;
	close(create(&record));
	assert_int_equal(record_create(&other, pins, 3, &error), -EEXIST);
	assert_contains(error.text, pins_path(pins, 3, PIN_STATE));
	assert_pinned(&record);
}

/* A record that has to be refused, with this in the message, and still be there. */
static void assert_refused(const char *words)
{
	struct record record = sample(1), untouched = record;

	reason_clear(&error);
	assert_int_equal(record_open(&record, pins, 3, &error), -EINVAL);
	assert_contains(error.text, pins_path(pins, 3, PIN_STATE));
	assert_contains(error.text, " is left alone: ");
	assert_contains(error.text, words);
	assert_memory_equal(&record, &untouched, sizeof(record));
	assert_int_equal(access(pins_path(pins, 3, PIN_STATE), F_OK), 0);
}

static void test_wrong_maps_are_refused(void **state)
{
	static const struct {
		enum bpf_map_type type;
		unsigned int key, value, entries;
	} wrong[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, sizeof(struct record) - 8, 1 },
		{ BPF_MAP_TYPE_ARRAY, 4, sizeof(struct record) + 8, 1 },
		{ BPF_MAP_TYPE_ARRAY, 4, sizeof(struct record), 2 },
		{ BPF_MAP_TYPE_HASH, 4, sizeof(struct record), 1 },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct record), 1 },
		{ BPF_MAP_TYPE_HASH, 8, sizeof(struct record), 1 },
	};
	char words[128];

	(void)state;
	snprintf(words, sizeof(words),
		 "it is no state record; expected an array of one value of %zu octets",
		 sizeof(struct record));
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		_cleanup_close_ int fd = bpf_map_create(wrong[i].type, "wrong", wrong[i].key,
							wrong[i].value, wrong[i].entries, NULL);

		assert_true(fd >= 0);
		assert_int_equal(pins_put(pins, 3, PIN_STATE, fd, &error), 0);
		assert_refused(words);
		assert_true(pins_remove(pins, 3, PIN_STATE));
	}
}

static void test_wrong_versions_are_refused(void **state)
{
	static const uint32_t versions[] = { 0, 1, RECORD_VERSION + 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < LENGTH(versions); i++) {
		struct record record = sample(1);
		char words[128];

		record.version = versions[i];
		close(create(&record));
		snprintf(words, sizeof(words), "its layout has version %u, expected %d",
			 versions[i], RECORD_VERSION);
		assert_refused(words);
		assert_true(pins_remove(pins, 3, PIN_STATE));
	}
}

/* That of version 1 has no kind, and counters by it must not be mistaken for ours. */
static void test_version_1_is_refused(void **state)
{
	unsigned char record[288] = { 1 };
	const uint32_t key = 0;
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_stats_state", sizeof(key),
						sizeof(record), 1, NULL);

	(void)state;
	assert_int_equal(bpf_map_update_elem(fd, &key, record, BPF_ANY), 0);
	assert_int_equal(pins_put(pins, 3, PIN_STATE, fd, &error), 0);
	assert_refused("it is no state record; expected an array of one value of 296 octets");
}

static void test_kind_is_kept(void **state)
{
	static const enum source_kind kinds[] = { 0, SOURCE_COUNT, SOURCE_OBSERVE, SOURCE_MAP };
	struct record record = sample(1);
	_cleanup_close_ int fd = create(&record);

	(void)state;
	assert_int_equal(offsetof(struct record, kind), 48);
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		record.kind = kinds[i];
		assert_int_equal(record_write(fd, &record), 0);
		assert_pinned(&record);
	}
}

/* Whose map it is stands where a record of before had nothing but zeros. */
static void test_foreign_is_kept(void **state)
{
	struct record record = sample(1);
	_cleanup_close_ int fd = create(&record);

	(void)state;
	assert_int_equal(offsetof(struct record, foreign), 52);
	for (uint32_t foreign = 0; foreign < 2; foreign++) {
		record.foreign = foreign;
		assert_int_equal(record_write(fd, &record), 0);
		assert_pinned(&record);
	}
}

static struct netdev link_of(const char *name, uint64_t address)
{
	struct netdev netdev = { .ifindex = 3, .address = address };

	snprintf(netdev.name, sizeof(netdev.name), "%s", name);
	return netdev;
}

static void test_whose_it_is(void **state)
{
	const struct netdev eth0 = link_of("eth0", 7), renamed = link_of("eth1", 7),
			    other = link_of("eth0", 8);
	struct record record = sample(1), named = record;

	(void)state;
	record.address = 7;
	assert_true(record_is_of(&record, &eth0));
	assert_false(record_is_of(&record, &renamed));
	assert_false(record_is_of(&record, &other));

	record_set_name(&named, &renamed);
	assert_true(record_is_of(&named, &renamed));
	assert_false(record_is_of(&named, &eth0));
	record_set_name(&named, &eth0); /* which has left nothing else behind */
	assert_memory_equal(&named, &record, sizeof(record));
}

/* Whoever wrote it, the name has an end. */
static void test_name_is_terminated(void **state)
{
	struct record record = sample(1);

	(void)state;
	memset(record.name, 'x', sizeof(record.name));
	close(create(&record));
	record.name[sizeof(record.name) - 1] = '\0';
	assert_pinned(&record);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_creates_and_opens),      TEST(test_writes),
		TEST(test_there_is_none),          TEST(test_there_is_one_already),
		TEST(test_wrong_maps_are_refused), TEST(test_wrong_versions_are_refused),
		TEST(test_version_1_is_refused),   TEST(test_kind_is_kept),
		TEST(test_foreign_is_kept),        TEST(test_whose_it_is),
		TEST(test_name_is_terminated),
	};
	int failed;

	unit_enter_namespace();
	unit_bpffs_begin();
	failed = cmocka_run_group_tests_name("source_state", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}
